import assert from "node:assert/strict";
import { connectSrm } from "../../operations/adapters/srm.js";
import { createAuthority } from "../../operations/secrets/authority.js";
import { kinds, SrmProvider } from "../../components/srm/provider/index.js";
import type { SrmEndpoint } from "../../lab/endpoints/srm/index.js";
import { assertNoneIn, plantedForms, refusedPassword } from "../endpoints/planted.js";
import {
  CREDENTIALS,
  ENVIRONMENT,
  FAST,
  failure,
  groupArgs,
  inputs,
  makeAll,
  mappingsArgs,
  provider,
  runbookOf,
  sitesOf,
  startEndpoint,
} from "./samples.js";

const PLANTED = CREDENTIALS.flatMap(plantedForms);
const assertClean = (text: string, what: string): void => {
  assertNoneIn(PLANTED, text, what);
};

describe("credentials of SRM and trust", function () {
  this.timeout(300_000);

  let endpoint: SrmEndpoint;

  beforeEach(async () => {
    endpoint = await startEndpoint();
  });
  afterEach(() => endpoint.close());

  const textOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await failure<unknown>(work);
    return `${error.message} ${error.stack ?? ""} ${JSON.stringify(error.properties ?? {})}`;
  };

  it("logs in once for all calls, here and at the other site", async () => {
    await provider.mappings().create(inputs.mappings(mappingsArgs(endpoint)));
    const logIns = endpoint.sites[1].calls.filter(({ url }) => /session$/.test(url) && !url.includes("vr"));
    assert.deepEqual(
      logIns.map(({ method, url }) => `${method} ${url.replace(/pairings\/[^/]+/, "pairings/p")}`),
      [
        "POST /api/rest/srm/v2/session",
        "POST /api/rest/srm/v2/pairings/p/remote-session",
        "DELETE /api/rest/srm/v2/session",
      ],
    );
    assert.equal(endpoint.sites[0].calls.length, 0, "one server is asked");
  });

  it("names the variables and the site that are wrong, and tries a refused log-in once", async () => {
    const cases: [Record<string, string>, RegExp, number][] = [
      [
        { SRM_B_PASSWORD: "wrong" },
        /refused the log-in at site-b with 401.*SRM_B_USER and SRM_B_PASSWORD/,
        1,
      ],
      [
        { SRM_A_PASSWORD: "wrong" },
        /refused the log-in at site-a with 401.*SRM_A_USER and SRM_A_PASSWORD/,
        4,
      ],
      [{ SRM_A_USER: "" }, /SRM_A_USER is not set; give user and password of SRM at site-a/, 0],
    ];
    for (const [change, expected, calls] of cases) {
      const before = endpoint.sites[1].calls.length;
      const wrong = new SrmProvider(kinds.mappings, { ...ENVIRONMENT, ...change }, FAST);
      const text = await textOf(
        Promise.resolve().then(() => wrong.create(inputs.mappings(mappingsArgs(endpoint)))),
      );
      assert.match(text, expected);
      assertClean(text, "an error");
      assert.ok(endpoint.sites[1].calls.length - before <= calls, text);
    }
  });

  it("keeps them out of states, runbooks, recorded calls and errors, also when SRM repeats what it was sent", async () => {
    const made = await makeAll(endpoint);
    assertClean(JSON.stringify(made), "a state");
    assertClean(JSON.stringify(runbookOf(endpoint)), "the runbook");
    assertClean(JSON.stringify(endpoint.sites.map(({ calls }) => calls)), "a recorded call");
    for (const secret of PLANTED) {
      endpoint.sites[1].inject({
        method: "GET",
        path: /plans$/,
        fault: { kind: "status", status: 400, text: `refused ${secret}` },
      });
      const manager = connectSrm(runbookOf(endpoint), { environment: ENVIRONMENT, timing: FAST });
      assertClean(await textOf(manager), "an error of the command");
    }
    endpoint.world.tasks.failNext(/^Edit/, `about ${PLANTED.join(" ")}`);
    const text = await textOf(
      provider.group().update("x", made.group, inputs.group(groupArgs(endpoint, { description: "new" }))),
    );
    assert.match(text, /about \(hidden\)/);
    assertClean(text, "the error of a task");
  });

  it("refuses credentials as inputs, without showing them", async () => {
    const sites = sitesOf(endpoint);
    const given = {
      ...groupArgs(endpoint),
      sites: { ...sites, recovery: { ...sites.recovery, password: CREDENTIALS[1].password } },
    };
    const news = { declared: given, owner: "x" } as never;
    const { failures = [] } = await provider.group().check(news, news);
    assert.deepEqual(failures, [refusedPassword("sites.recovery.password", "docs/srm.md")]);
  });

  it("trusts no certificate that it was not told to", async () => {
    const stranger = await createAuthority("somebody", new Date());
    const sites = sitesOf(endpoint);
    const server = { ...sites.recovery.server, caCertificate: stranger.certificate };
    const args = mappingsArgs(endpoint, { sites: { ...sites, recovery: { ...sites.recovery, server } } });
    await assert.rejects(
      provider.mappings().create(inputs.mappings(args)),
      /certificate of 127\.0\.0\.1:\d+ is not trusted: [A-Z_]+; give the authority that signed it in sites\.recovery\.server\.caCertificate/,
    );
    assert.equal(endpoint.sites[1].calls.length, 0, "no credential was sent");
  });
});
