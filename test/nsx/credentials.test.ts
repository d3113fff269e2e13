import assert from "node:assert/strict";
import { FirewallProvider } from "../../components/nsx/provider/index.js";
import { createAuthority } from "../../operations/secrets/authority.js";
import type { NsxEndpoint } from "../../lab/endpoints/nsx/index.js";
import { assertNoneIn, plantedForms, refusedPassword } from "../endpoints/planted.js";
import {
  CREDENTIALS,
  created,
  ENVIRONMENT,
  FAST,
  inputsFor,
  POLICY,
  provider,
  startEndpoint,
} from "./samples.js";

const { user, password } = CREDENTIALS;
const PLANTED = plantedForms(CREDENTIALS);
const assertClean = (text: string, what: string): void => {
  assertNoneIn(PLANTED, text, what);
};

describe("credentials of NSX and trust", () => {
  let endpoint: NsxEndpoint;

  beforeEach(async () => {
    endpoint = await startEndpoint();
  });
  afterEach(() => endpoint.close());

  const failure = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => assert.fail("it must fail"),
      (reason: unknown) => reason as Error & { properties?: unknown },
    );
    return `${error.message} ${error.stack ?? ""} ${JSON.stringify(error.properties ?? {})}`;
  };
  const manager = (change: object) => ({ ...inputsFor(endpoint).firewall.manager, ...change });
  const logIns = (): number => endpoint.calls.filter(({ url }) => url === "/api/session/create").length;

  it("logs in once for all calls, by session", async () => {
    await created(endpoint);
    assert.equal(logIns(), 1);
    assert.ok(endpoint.calls.length > 8);
  });

  it("works with basic authentication", async () => {
    const inputs = inputsFor(endpoint, { manager: manager({ authentication: "basic" }) });
    await created(endpoint, inputs);
    assert.equal(logIns(), 0);
    assert.equal(endpoint.manager.intent.size, 6);
  });

  it("reads them from the variables that the manager names", async () => {
    const inputs = inputsFor(endpoint, { manager: manager({ credentials: "NSX_SITE_B" }) });
    const environment = { NSX_SITE_B_USER: user, NSX_SITE_B_PASSWORD: password };
    await new FirewallProvider(environment, FAST).create(inputs);
    const text = await failure(
      Promise.resolve().then(() => new FirewallProvider(ENVIRONMENT, FAST).create(inputs)),
    );
    assert.match(
      text,
      /NSX_SITE_B_USER is not set; give user and password of NSX in NSX_SITE_B_USER and NSX_SITE_B_PASSWORD/,
    );
  });

  it("tries a refused log-in once: more would lock the account", async () => {
    for (const authentication of ["session", "basic"] as const) {
      const before = endpoint.calls.length;
      const wrong = { ...ENVIRONMENT, PGKEEP_NSX_PASSWORD: `${password}-wrong` };
      const inputs = inputsFor(endpoint, { manager: manager({ authentication }) });
      const text = await failure(new FirewallProvider(wrong, FAST).create(inputs));
      assert.match(text, /NSX (refused the log-in|answered GET .*) with (status )?403/);
      assert.equal(endpoint.calls.length, before + 1);
      assertClean(text, authentication);
    }
  });

  it("keeps them out of the state and of what is recorded", async () => {
    const state = await created(endpoint);
    assertClean(JSON.stringify(state), "the state");
    assertClean(JSON.stringify(endpoint.calls), "bodies and addresses of calls");
  });

  it("keeps them out of every error, also when NSX repeats what it was sent", async () => {
    const echoes = PLANTED.map((secret) => `refused ${secret} for ${user}`);
    for (const authentication of ["session", "basic"] as const)
      for (const text of echoes) {
        endpoint.inject({ method: "PATCH", fault: { kind: "status", status: 400, text } });
        const inputs = inputsFor(endpoint, { manager: manager({ authentication }) });
        assertClean(await failure(provider().create(inputs)), "an error");
      }
    endpoint.manager.realization.fail(POLICY, `alarm about ${user} ${password}`);
    const text = await failure(provider().create(inputsFor(endpoint)));
    assert.match(text, /alarm about \(hidden\) \(hidden\)/);
    assertClean(text, "an alarm");
  });

  it("refuses credentials as inputs, without showing them", async () => {
    const inputs = inputsFor(endpoint);
    const given = { ...inputs, firewall: { ...inputs.firewall, manager: manager({ password }) } };
    const { failures = [] } = await provider().check(inputs, given);
    assert.deepEqual(failures, [refusedPassword("manager.password", "docs/nsx.md")]);
  });

  it("trusts no certificate that it was not told to, whatever the environment says", async () => {
    const stranger = await createAuthority("somebody", new Date());
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    const { emitWarning } = process;
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    // Node.js warns of the variable whoever ignores it.
    process.emitWarning = () => undefined;
    try {
      for (const caCertificate of [undefined, stranger.certificate]) {
        const inputs = inputsFor(endpoint, { manager: manager({ caCertificate }) });
        const text = await failure(provider().create(inputs));
        assert.match(text, /certificate of 127\.0\.0\.1:\d+ is not trusted: [A-Z_]+; give the authority/);
      }
    } finally {
      process.emitWarning = emitWarning;
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    }
    assert.equal(endpoint.calls.length, 0, "no credential was sent");
  });

  it("does not take a certificate for another name", async () => {
    const other = await startEndpoint({ certifiedAddress: "192.0.2.7" });
    try {
      const text = await failure(provider().create(inputsFor(other)));
      assert.match(
        text,
        /not trusted: ERR_TLS_CERT_ALTNAME_INVALID; give .* the name that the certificate is for/,
      );
      assert.equal(other.calls.length, 0);
    } finally {
      await other.close();
    }
  });
});
