import assert from "node:assert/strict";
import { request } from "node:https";
import { NsxEndpoint } from "../../lab/endpoints/nsx/index.js";
import { callAsAdministrator, CREDENTIALS, GROUPS, startEndpoint } from "./samples.js";

const POLICIES = "/infra/domains/default/security-policies";
const OPERATIONS = "/infra/tags/tag-operations";

interface Raw {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
}

describe("NSX endpoint", function () {
  this.timeout(60_000);

  let endpoint: NsxEndpoint;

  beforeEach(async () => {
    endpoint = await startEndpoint({
      virtualMachines: [{ externalId: "vm-1", displayName: "a", computeIds: [], tags: [] }],
    });
  });
  afterEach(() => endpoint.close());

  const call = (method: string, path: string, body?: unknown) =>
    callAsAdministrator(endpoint, method, path, body);
  const status = async (...args: Parameters<typeof call>): Promise<number> => (await call(...args)).status;
  const raw = (method: string, path: string, headers: Record<string, string>, body?: string): Promise<Raw> =>
    new Promise((resolve, reject) => {
      const { port, authority } = endpoint;
      request({ host: "127.0.0.1", port, method, path, headers, ca: authority, agent: false }, (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, headers: response.headers });
      })
        .on("error", reject)
        .end(body);
    });
  const infra = (children: unknown[], inDomain: unknown[] = []) => ({
    resource_type: "Infra",
    children: [
      ...children,
      { resource_type: "ChildResourceReference", id: "default", target_type: "Domain", children: inDomain },
    ],
  });
  const childGroup = (id: string, more: object = {}, wrapper: object = {}) => ({
    resource_type: "ChildGroup",
    Group: { resource_type: "Group", id, ...more },
    ...wrapper,
  });

  it("has no credentials of its own", async () => {
    await assert.rejects(
      NsxEndpoint.start({ credentials: { user: "", password: "" } }),
      /give user and password/,
    );
  });

  it("gives a session with cookie and token, and wants both", async () => {
    const form = (password: string) =>
      new URLSearchParams({ j_username: CREDENTIALS.user, j_password: password }).toString();
    const header = { "content-type": "application/x-www-form-urlencoded" };
    assert.equal((await raw("POST", "/api/session/create", header, form("wrong"))).status, 403);
    const { headers } = await raw("POST", "/api/session/create", header, form(CREDENTIALS.password));
    const cookie = String(headers["set-cookie"]).split(";")[0] ?? "";
    const token = String(headers["x-xsrf-token"]);
    const path = "/policy/api/v1/infra/services";
    assert.equal((await raw("GET", path, { cookie, "x-xsrf-token": token })).status, 200);
    assert.equal((await raw("GET", path, { cookie })).status, 403);
    assert.equal((await raw("GET", path, { "x-xsrf-token": token })).status, 401);
    assert.equal((await raw("POST", "/api/session/destroy", { cookie, "x-xsrf-token": token })).status, 200);
    assert.equal((await raw("GET", path, { cookie, "x-xsrf-token": token })).status, 401);
    assert.equal((await raw("GET", path, { authorization: `Basic ${btoa("a:b")}` })).status, 403);
  });

  it("keeps revisions: PUT needs the current one, PATCH none", async () => {
    const path = `${GROUPS}/g`;
    assert.equal((await call("PUT", path, {})).body["_revision"], 0);
    const missing = await call("PUT", path, {});
    assert.deepEqual([missing.status, missing.body["error_code"]], [400, 500127]);
    assert.equal((await call("PUT", path, { _revision: 0 })).body["_revision"], 1);
    assert.equal(await status("PUT", path, { _revision: 0 }), 412);
    assert.equal(await status("PATCH", path, {}), 200);
    assert.equal((await call("GET", path)).body["_revision"], 2);
    const stale = infra([], [childGroup("g", { _revision: 1 })]);
    assert.equal(await status("PATCH", "/infra?enforce_revision_check=true", stale), 412);
    assert.equal(await status("PATCH", "/infra", stale), 200);
  });

  it("takes a hierarchical call whole or not at all", async () => {
    const before = endpoint.manager.history.length;
    const wrong = infra([], [childGroup("g1"), childGroup("g2", { expression: "x" })]);
    assert.equal(await status("PATCH", "/infra", wrong), 400);
    assert.equal(await status("GET", `${GROUPS}/g1`), 404);
    assert.equal(endpoint.manager.history.length, before);
    assert.equal(await status("PATCH", "/infra", infra([], [childGroup("g1"), childGroup("g2")])), 200);
    assert.equal(await status("GET", `${GROUPS}/g2`), 200);
    const removal = infra([], [childGroup("g1", {}, { marked_for_delete: true })]);
    assert.equal(await status("PATCH", "/infra", removal), 200);
    assert.equal(await status("GET", `${GROUPS}/g1`), 404);
    assert.equal(await status("PATCH", "/infra", removal), 404);
  });

  it("keeps rules that a call leaves out, and removes them with their policy", async () => {
    const policy = (rules: unknown[]) =>
      infra(
        [],
        [
          {
            resource_type: "ChildSecurityPolicy",
            SecurityPolicy: {
              resource_type: "SecurityPolicy",
              id: "p",
              category: "Application",
              children: rules,
            },
          },
        ],
      );
    const rule = (id: string) => ({
      resource_type: "ChildRule",
      Rule: { resource_type: "Rule", id, action: "ALLOW" },
    });
    await call("PATCH", "/infra", policy([rule("a"), rule("b")]));
    await call("PATCH", "/infra", policy([rule("a")]));
    assert.equal((await call("GET", `${POLICIES}/p/rules`)).body["result_count"], 2);
    await call("DELETE", `${POLICIES}/p`);
    assert.equal(endpoint.manager.intent.size, 0);
  });

  it("does not remove what somebody names, nor name what is not there", async () => {
    await call("PUT", `${GROUPS}/g`, {});
    await call("PUT", `${POLICIES}/p`, { category: "Application" });
    const rule = { action: "ALLOW", source_groups: [`${GROUPS}/g`] };
    assert.equal(await status("PUT", `${POLICIES}/p/rules/r`, rule), 200);
    const { status: code, body } = await call("DELETE", `${GROUPS}/g`);
    assert.deepEqual([code, body["error_code"], body["httpStatus"]], [400, 500030, "BAD_REQUEST"]);
    const nowhere = { action: "ALLOW", services: ["/infra/services/nowhere"] };
    assert.equal(await status("PUT", `${POLICIES}/p/rules/s`, nowhere), 400);
    assert.equal(await status("PUT", `${POLICIES}/q/rules/s`, { action: "ALLOW" }), 404);
  });

  const refused: Record<string, [string, object]> = {
    "an unknown field": [`${GROUPS}/g`, { members: [] }],
    "an expression of even length": [`${GROUPS}/g`, { expression: [{}, {}] }],
    "an expression that mixes families": [
      `${GROUPS}/g`,
      { expression: [{ resource_type: "IPAddressExpression", ip_addresses: ["10.0.0.1", "fd00::1"] }] },
    ],
    "six conditions": [
      `${GROUPS}/g`,
      {
        expression: Array.from({ length: 11 }, (_, i) =>
          i % 2 === 1
            ? { resource_type: "ConjunctionOperator", conjunction_operator: "OR" }
            : {
                resource_type: "Condition",
                member_type: "VirtualMachine",
                key: "Tag",
                operator: "EQUALS",
                value: "a|b",
              },
        ),
      },
    ],
    "sixteen ports": [
      "/infra/services/s",
      {
        service_entries: [
          {
            resource_type: "L4PortSetServiceEntry",
            id: "e",
            l4_protocol: "TCP",
            destination_ports: Array.from({ length: 16 }, (_, i) => `${i + 1}`),
          },
        ],
      },
    ],
    "ANY beside others": [
      `${POLICIES}/p/rules/r`,
      { action: "ALLOW", services: ["ANY", "/infra/services/s"] },
    ],
    "a rule without action": [`${POLICIES}/p/rules/r`, {}],
    "an unknown action": [`${POLICIES}/p/rules/r`, { action: "ACCEPT" }],
    "a policy without category": [`${POLICIES}/q`, {}],
    "a sequence number above 999999": [
      `${POLICIES}/q`,
      { category: "Application", sequence_number: 1_000_000 },
    ],
  };
  for (const [what, [path, body]] of Object.entries(refused))
    it(`refuses ${what}`, async () => {
      await call("PUT", `${POLICIES}/p`, { category: "Application" });
      const answer = await call("PUT", path, body);
      assert.equal(answer.status, 400);
      assert.equal(typeof answer.body["error_message"], "string");
      assert.equal(await status("GET", path), 404);
    });

  it("realizes after the intent, and gives alarms when it cannot", async () => {
    const slow = await startEndpoint({ realizationDelay: 3_600_000 });
    try {
      const path = `${GROUPS}/g`;
      const look = async () =>
        (await callAsAdministrator(slow, "GET", `/infra/realized-state/status?intent_path=${path}`)).body;
      await callAsAdministrator(slow, "PUT", path, {});
      assert.equal((await look())["publish_status"], "UNREALIZED");
      slow.manager.realization.settle();
      assert.equal((await look())["publish_status"], "REALIZED");
      slow.manager.realization.fail(path, "too many");
      assert.deepEqual((await look())["consolidated_status"], { consolidated_status: "ERROR" });
      const { body } = await callAsAdministrator(slow, "GET", "/infra/realized-state/alarms");
      assert.match(JSON.stringify(body["results"]), /too many/);
    } finally {
      await slow.close();
    }
    assert.equal(await status("GET", "/infra/realized-state/status"), 400);
    assert.equal(await status("GET", `/infra/realized-state/status?intent_path=${GROUPS}/x`), 404);
  });

  it("tags VMs by operations that add, and replaces the list by update_tags", async () => {
    const tag = { scope: "a", tag: "b" };
    const vms = [{ resource_type: "VirtualMachine", resource_ids: ["vm-1"] }];
    assert.equal(await status("PUT", `${OPERATIONS}/o`, { tag, apply_to: vms }), 200);
    assert.equal((await call("GET", `${OPERATIONS}/o/status`)).body["status"], "Success");
    assert.deepEqual(endpoint.manager.inventory.tagsOf("vm-1"), [tag]);
    assert.equal(await status("PUT", `${OPERATIONS}/o`, { tag, apply_to: vms }), 400);
    assert.equal(await status("PUT", `${OPERATIONS}/p`, { tag }), 400);
    assert.equal(await status("PUT", `${OPERATIONS}/p`, { tag, apply: vms }), 400);
    assert.equal(await status("GET", `${OPERATIONS}/p/status`), 404);
    const path = "/infra/realized-state/enforcement-points/default/virtual-machines?action=update_tags";
    assert.equal(await status("POST", path, { virtual_machine_id: "vm-1", tags: [] }), 204);
    assert.deepEqual(endpoint.manager.inventory.tagsOf("vm-1"), []);
  });

  it("answers 404 and 405 for what there is not", async () => {
    assert.equal(await status("GET", "/infra/segments/s"), 404);
    assert.equal(await status("GET", "/infra/domains/other/groups"), 404);
    assert.equal(await status("POST", `${GROUPS}/g`, {}), 405);
    assert.equal(await status("GET", "/infra"), 405);
  });
});
