import assert from "node:assert/strict";
import { request } from "node:https";
import { SrmEndpoint, type SiteIndex } from "../../lab/endpoints/srm/index.js";
import { at, CREDENTIALS, makeAll, startEndpoint, VCENTERS, VM_A } from "./samples.js";

type Body = Record<string, unknown>;
interface Answered {
  readonly status: number;
  readonly body: Body;
}

/** A call as somebody else would make it, by what is published alone. */
function call(
  endpoint: SrmEndpoint,
  site: SiteIndex,
  method: string,
  path: string,
  options: { readonly headers?: Record<string, string>; readonly body?: unknown } = {},
): Promise<Answered> {
  const { port, authority } = endpoint.sites[site];
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: "127.0.0.1",
        port,
        method,
        path: `/api/rest${path}`,
        ca: authority,
        agent: false,
        headers: { ...options.headers },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => (text += part));
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, body: (text === "" ? {} : JSON.parse(text)) as Body });
        });
      },
    );
    sent.on("error", reject);
    sent.end(options.body === undefined ? undefined : JSON.stringify(options.body));
  });
}

const basic = (site: SiteIndex): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${CREDENTIALS[site].user}:${CREDENTIALS[site].password}`).toString("base64")}`,
});

async function logIn(endpoint: SrmEndpoint, remote = true, service = "srm"): Promise<Record<string, string>> {
  const { body } = await call(endpoint, 1, "POST", `/${service}/v2/session`, { headers: basic(1) });
  const headers = { "x-dr-session": String(body["session_id"]) };
  const pairing = service === "srm" ? endpoint.world.pairing : endpoint.world.replicationPairing;
  if (remote)
    await call(endpoint, 1, "POST", `/${service}/v2/pairings/${pairing}/remote-session`, {
      headers: { ...headers, ...basic(0) },
    });
  return headers;
}

describe("SRM endpoint", function () {
  this.timeout(60_000);

  let endpoint: SrmEndpoint;
  const below = (path: string): string => `/srm/v2/pairings/${endpoint.world.pairing}${path}`;

  beforeEach(async () => {
    endpoint = await startEndpoint();
  });
  afterEach(() => endpoint.close());

  it("has no credentials of its own, and knows one site's at that site alone", async () => {
    await assert.rejects(
      SrmEndpoint.start({
        sites: [
          { name: "a", vcenter: VCENTERS[0], accounts: [{ user: "", password: "" }] },
          { name: "b", vcenter: VCENTERS[1], accounts: [] },
        ],
        virtualMachines: [],
      }),
      TypeError,
    );
    assert.equal((await call(endpoint, 1, "POST", "/srm/v2/session", { headers: basic(0) })).status, 401);
    assert.equal((await call(endpoint, 1, "GET", "/srm/v2/pairings")).status, 401);
    assert.equal(
      (await call(endpoint, 1, "GET", "/srm/v2/pairings", { headers: { "x-dr-session": "x" } })).status,
      401,
    );
  });

  it("does nothing that touches the other site without a session there", async () => {
    const local = await logIn(endpoint, false);
    const body = {
      name: "g",
      replication_type: "HBR",
      protected_vc_guid: VCENTERS[0],
      hbr_spec: { vms: [] },
    };
    const path = below("/protection-management/groups");
    assert.equal((await call(endpoint, 1, "POST", path, { headers: local, body })).status, 401);
    const both = await logIn(endpoint);
    assert.equal((await call(endpoint, 1, "POST", path, { headers: both, body })).status, 202);
    endpoint.takeDown(0);
    const answer = await call(endpoint, 1, "POST", path, { headers: both, body });
    assert.deepEqual([answer.status, answer.body["error_code"]], [500, "SERVER_DOWN"]);
  });

  const wrong: Record<string, [string, Body]> = {
    "an unknown field": ["/recovery-management/plans", { name: "p", protected_vc_guid: VCENTERS[0], x: 1 }],
    "a missing field": ["/recovery-management/plans", { name: "p" }],
    "a name that is too long": [
      "/protection-management/groups",
      {
        name: "x".repeat(81),
        replication_type: "HBR",
        protected_vc_guid: VCENTERS[0],
        hbr_spec: { vms: [] },
      },
    ],
    "an unknown field within": [
      "/protection-management/groups",
      { name: "g", replication_type: "HBR", protected_vc_guid: VCENTERS[0], hbr_spec: { vms: [], rpo: 5 } },
    ],
    "a specification of another kind": [
      "/protection-management/groups",
      { name: "g", replication_type: "ABR", protected_vc_guid: VCENTERS[0], hbr_spec: { vms: [] } },
    ],
    "a vCenter that is not paired": ["/recovery-management/plans", { name: "p", protected_vc_guid: "x" }],
  };
  for (const [what, [path, body]] of Object.entries(wrong))
    it(`refuses ${what} with 400, and makes nothing`, async () => {
      const { status, body: answer } = await call(endpoint, 1, "POST", below(path), {
        headers: await logIn(endpoint),
        body,
      });
      assert.equal(status, 400);
      assert.deepEqual(Object.keys(answer).toSorted(), ["error_code", "message", "op_id"]);
      assert.deepEqual([endpoint.world.plans.size, endpoint.world.groups.size], [0, 0]);
    });

  it("takes its time for a task, and says in it what went wrong", async () => {
    const slow = await startEndpoint({ taskDuration: 60 });
    try {
      const headers = await logIn(slow);
      const path = `/srm/v2/pairings/${slow.world.pairing}/protection-management/groups`;
      const body = {
        name: "g",
        replication_type: "HBR",
        protected_vc_guid: VCENTERS[0],
        hbr_spec: { vms: [VM_A] },
      };
      const { body: task } = await call(slow, 1, "POST", path, { headers, body });
      assert.deepEqual([task["status"], slow.world.groups.size], ["RUNNING", 0]);
      slow.world.settle(Date.now() + 1000);
      const { body: ended } = await call(slow, 1, "GET", `/srm/v2/tasks/${String(task["id"])}`, { headers });
      assert.deepEqual(
        [ended["status"], (ended["error"] as Body)["message"]],
        ["ERROR", "VM pg-a1 is not replicated"],
      );
    } finally {
      await slow.close();
    }
  });

  it("allows an operation in the published states alone, at the recovery site, one at a time", async () => {
    await makeAll(endpoint);
    const [plan] = endpoint.world.plans.values();
    assert.ok(plan !== undefined);
    const headers = await logIn(endpoint);
    const run = (operation: string, body: Body = {}): Promise<Answered> =>
      call(
        endpoint,
        1,
        "POST",
        below(`/recovery-management/plans/${encodeURIComponent(plan.id)}/actions/${operation}`),
        {
          headers,
          body,
        },
      );
    assert.equal((await run("cleanup")).status, 400, "nothing to clean up");
    assert.equal((await run("reprotect")).status, 400, "nothing recovered");
    assert.equal((await run("recovery", { skip_protection_site_operations: true })).status, 400);
    assert.equal((await run("test")).status, 202);
    assert.equal((await run("test")).status, 400);
    assert.equal((await run("recovery", { planned_failover: true })).status, 400, "the test is still up");
    assert.equal((await run("cleanup")).status, 202);
    endpoint.world.settle(Date.now() + 1000);
    assert.equal((await run("recovery", { planned_failover: true })).status, 202);
    endpoint.world.settle(Date.now() + 1000);
    assert.equal((await run("reprotect")).status, 202);
    endpoint.world.settle(Date.now() + 1000);
    const wrongSite = await run("test");
    assert.deepEqual(
      [wrongSite.status, wrongSite.body["error_code"]],
      [400, "WRONG_SITE"],
      "it has turned round",
    );
  });

  it("puts a callout before the step of the given number, and says which place that is", async () => {
    await makeAll(endpoint, { callouts: [] });
    const [plan] = endpoint.world.plans.values();
    assert.ok(plan !== undefined);
    const headers = await logIn(endpoint);
    const path = below(`/recovery-management/plans/${encodeURIComponent(plan.id)}/recovery-steps/recovery`);
    const add = (name: string, position: number): Promise<Answered> =>
      call(endpoint, 1, "POST", path, {
        headers,
        body: { name, content: "/x", callout_type: "RUN_ON_SRM_SERVER", timeout_seconds: 1, position },
      });
    for (const [name, position] of [
      ["first", 0],
      ["second", 1],
      ["end", 99],
    ] as const) {
      const { status } = await add(name, position);
      assert.equal(status, name === "end" ? 400 : 202);
      endpoint.world.settle(Date.now() + 1);
    }
    const { body } = await call(endpoint, 1, "GET", path, { headers });
    const steps = (body["list"] as Body[])
      .slice(0, 3)
      .map((step) => [
        step["title"],
        (step["plan_callout_position_spec"] as Body | undefined)?.["position_spec_index"],
      ]);
    assert.deepEqual(steps, [
      ["first", 0],
      ["second", 1],
      ["Pre-synchronize storage", undefined],
    ]);
  });

  it("refuses replications that vSphere Replication would", async () => {
    const headers = await logIn(endpoint, true, "vr");
    const path = `/vr/v2/pairings/${endpoint.world.replicationPairing}/replications`;
    const spec = {
      vm_id: VM_A,
      target_vc_id: VCENTERS[1],
      rpo: 15,
      auto_replicate_new_disks: true,
      lwd_encryption_enabled: false,
      mpit_enabled: false,
      network_compression_enabled: true,
      disks: [
        {
          vm_disk: { vm_id: VM_A, device_key: 2000 },
          enabled_for_replication: true,
          destination_datastore_id: at(1, "Datastore", "ds"),
          destination_disk_format: "THIN",
        },
      ],
    };
    for (const change of [
      { rpo: 4 },
      { rpo: 1441 },
      { x: 1 },
      { target_vc_id: VCENTERS[0] },
      { disks: [{}] },
    ])
      assert.equal(
        (await call(endpoint, 1, "POST", path, { headers, body: [{ ...spec, ...change }] })).status,
        400,
        JSON.stringify(change),
      );
    const { status, body } = await call(endpoint, 1, "POST", path, { headers, body: [spec] });
    assert.deepEqual([status, (body["list"] as unknown[]).length], [202, 1]);
  });
});
