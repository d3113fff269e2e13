import assert from "node:assert/strict";
import {
  evaluateCalico,
  evaluateNetworkPolicy,
  type Endpoint,
  type Packet,
} from "../../components/access/index.js";
import { AccessPolicies, type AccessPoliciesArgs } from "../../components/kubernetes/index.js";
import { record, type Recorded } from "../libvirt/recorder.js";
import { accessArgs } from "./access-policies-samples.js";
import { judged } from "./judged.js";
import { refusalsOf } from "./refusals.js";

const NATIVE = "kubernetes:networking.k8s.io/v1:NetworkPolicy";

const render = (args: AccessPoliciesArgs): Promise<Recorded[]> =>
  record(() => new AccessPolicies("orders-access", args));

/** Manifests of a target, with apiVersion and kind as the API has them. */
function manifests(resources: readonly Recorded[], target: "native" | "calico"): Record<string, unknown>[] {
  return resources
    .filter(({ type }) => (target === "native" ? type === NATIVE : type.includes(":projectcalico.org/")))
    .map(({ inputs }) => ({ ...inputs }));
}

const pod = (namespace: string, address: string, labels: Readonly<Record<string, string>>): Endpoint => ({
  address,
  pod: { namespace, labels },
});
const database = (address: string): Endpoint =>
  pod("databases", address, {
    "app.kubernetes.io/name": "postgresql",
    "app.kubernetes.io/instance": "orders",
    "statefulset.kubernetes.io/pod-name": "orders-0",
  });
const PRIMARY = database("10.1.0.10");
const STANDBY = database("10.1.0.11");
const POOLER = pod("databases", "10.1.0.12", {
  "app.kubernetes.io/name": "pgbouncer",
  "app.kubernetes.io/instance": "orders",
});
const OTHER_DATABASE = pod("databases", "10.1.0.13", {
  "app.kubernetes.io/name": "postgresql",
  "app.kubernetes.io/instance": "billing",
});
const SHOP = pod("shop", "10.1.1.1", { app: "checkout" });
const SHOP_BATCH = pod("shop", "10.1.1.2", { app: "batch" });
const STRANGER = pod("strangers", "10.1.2.1", { app: "checkout" });
const PROMETHEUS = pod("monitoring", "10.1.3.1", { app: "prometheus" });
const RESOLVER = pod("kube-system", "10.1.4.1", { "k8s-app": "kube-dns" });
const OPERATOR = pod("cnpg-system", "10.1.5.1", { "app.kubernetes.io/name": "cloudnative-pg" });
const at = (address: string): Endpoint => ({ address });

type Row = readonly [
  title: string,
  from: Endpoint,
  to: Endpoint,
  protocol: "tcp" | "udp",
  port: number,
  verdict: "accept" | "drop",
];

/** Worked out by hand from the rules of the sample. */
const MATRIX: readonly Row[] = [
  ["the application reaches the database", SHOP, PRIMARY, "tcp", 5432, "accept"],
  ["the application reaches the pooler", SHOP, POOLER, "tcp", 5432, "accept"],
  ["the application reaches no other port", SHOP, PRIMARY, "tcp", 8000, "drop"],
  ["UDP is not TCP", SHOP, PRIMARY, "udp", 5432, "drop"],
  ["other pods of the application's namespace are denied", SHOP_BATCH, PRIMARY, "tcp", 5432, "drop"],
  ["the application's labels in another namespace are denied", STRANGER, PRIMARY, "tcp", 5432, "drop"],
  ["another database of the namespace is denied", OTHER_DATABASE, PRIMARY, "tcp", 5432, "drop"],
  ["another database of the namespace is closed itself", SHOP, OTHER_DATABASE, "tcp", 5432, "drop"],
  ["another database of the namespace reaches nothing", OTHER_DATABASE, RESOLVER, "udp", 53, "drop"],
  ["a standby streams from the primary", STANDBY, PRIMARY, "tcp", 5432, "accept"],
  ["after a switch, the other way round", PRIMARY, STANDBY, "tcp", 5432, "accept"],
  ["the pooler opens sessions", POOLER, PRIMARY, "tcp", 5432, "accept"],
  ["the database does not call the pooler", PRIMARY, POOLER, "tcp", 5432, "drop"],
  ["a member elsewhere streams from here", at("10.70.1.5"), PRIMARY, "tcp", 5432, "accept"],
  ["a member here streams from elsewhere", STANDBY, at("10.70.1.5"), "tcp", 5432, "accept"],
  ["a neighbour of members elsewhere is denied", at("10.70.2.5"), PRIMARY, "tcp", 5432, "drop"],
  ["DNS by UDP", PRIMARY, RESOLVER, "udp", 53, "accept"],
  ["DNS by TCP", PRIMARY, RESOLVER, "tcp", 53, "accept"],
  ["DNS of the pooler", POOLER, RESOLVER, "udp", 53, "accept"],
  ["DNS by the node's cache", PRIMARY, at("169.254.20.10"), "udp", 53, "accept"],
  ["a neighbour of the node's cache is denied", PRIMARY, at("169.254.20.11"), "udp", 53, "drop"],
  ["DNS of a stranger is denied", PRIMARY, at("203.0.113.53"), "udp", 53, "drop"],
  ["backups go to the store", PRIMARY, at("10.80.0.10"), "tcp", 443, "accept"],
  ["other ports of the store are denied", PRIMARY, at("10.80.0.10"), "tcp", 22, "drop"],
  ["the store does not call", at("10.80.0.10"), PRIMARY, "tcp", 5432, "drop"],
  ["the pooler does not reach the store", POOLER, at("10.80.0.10"), "tcp", 443, "drop"],
  ["the Internet is denied", PRIMARY, at("203.0.113.9"), "tcp", 443, "drop"],
  ["the Internet is denied to come", at("203.0.113.9"), PRIMARY, "tcp", 5432, "drop"],
  ["monitoring scrapes", PROMETHEUS, PRIMARY, "tcp", 9187, "accept"],
  ["monitoring does not log in", PROMETHEUS, PRIMARY, "tcp", 5432, "drop"],
  ["the operator manages", OPERATOR, PRIMARY, "tcp", 8000, "accept"],
  ["managers call the API server", PRIMARY, at("10.0.0.1"), "tcp", 6443, "accept"],
  ["nobody else is called there", PRIMARY, at("10.0.0.2"), "tcp", 6443, "drop"],
  ["the offices report", at("10.60.1.1"), PRIMARY, "tcp", 5432, "accept"],
  ["kiosks are cut out of the offices", at("10.60.7.7"), PRIMARY, "tcp", 5432, "drop"],
  ["the database does not call the application", PRIMARY, SHOP, "tcp", 5432, "drop"],
];

const JUDGES = { native: evaluateNetworkPolicy, calico: evaluateCalico } as const;

describe("AccessPolicies", function () {
  this.timeout(60_000);

  for (const target of ["native", "calico"] as const)
    describe(`packets before the ${target} policies`, () => {
      let texts: Record<string, unknown>[];
      before(async () => {
        texts = manifests(await render(accessArgs()), target);
      });
      for (const [title, from, to, protocol, port, verdict] of MATRIX)
        it(`${verdict}: ${title}`, () => {
          const packet: Packet = { from, to, protocol, port };
          assert.equal(JUDGES[target](texts, packet).verdict, verdict);
        });
    });

  it("gives the policy pack nothing to find, with Calico and without", async () => {
    assert.deepEqual(judged(await render(accessArgs())), []);
    assert.deepEqual(judged(await render(accessArgs({ calico: false }))), []);
  });

  it("always renders the native policies, and Calico's through its public API only", async () => {
    const plain = await render(accessArgs({ calico: false }));
    assert.equal(manifests(plain, "calico").length, 0);
    const both = await render(accessArgs());
    assert.deepEqual(manifests(both, "native"), manifests(plain, "native"));
    for (const { apiVersion } of manifests(both, "calico")) assert.equal(apiVersion, "projectcalico.org/v3");
    assert.ok(manifests(both, "calico").length > 0);
  });

  it("closes the namespace both ways, in Calico after what other native policies open", async () => {
    const resources = await render(accessArgs());
    const last = manifests(resources, "native").find(
      ({ metadata }) => (metadata as { name: string }).name === "orders-access-default-deny",
    );
    assert.deepEqual(last?.["spec"], { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    const calico = manifests(resources, "calico").filter(({ kind }) => kind === "NetworkPolicy");
    assert.equal(calico.length, 1);
    const spec = calico[0]?.["spec"] as { order: number; selector: string; ingress: unknown };
    assert.ok(spec.order > 1000);
    assert.equal(spec.selector, "all()");
    assert.deepEqual(spec.ingress, [{ action: "Deny" }]);
    for (const { kind, spec: each } of manifests(resources, "calico"))
      if (kind === "GlobalNetworkPolicy") assert.ok((each as { order: number }).order < 1000);
  });

  it("passes other labels, ports and resolvers on", async () => {
    const texts = manifests(
      await render(
        accessArgs({
          labels: { "cnpg.io/cluster": "orders" },
          poolers: { labels: { "cnpg.io/poolerName": "orders-rw" } },
          port: 6432,
          dns: {
            namespace: "openshift-dns",
            labels: { "dns.operator.openshift.io/daemonset-dns": "default" },
            ports: [5353],
          },
          backup: { networks: ["10.80.0.10/32"], ports: [9000] },
          monitoring: { networks: ["10.90.0.0/24"], ports: [9188] },
          management: {
            operator: { networks: ["10.91.0.1/32"], ports: [8001] },
            apiServer: { networks: ["10.92.0.1/32"], ports: [443] },
          },
        }),
      ),
      "native",
    );
    const server = pod("databases", "10.1.0.10", { "cnpg.io/cluster": "orders" });
    const pooler = pod("databases", "10.1.0.12", { "cnpg.io/poolerName": "orders-rw" });
    const resolver = pod("openshift-dns", "10.1.4.1", {
      "dns.operator.openshift.io/daemonset-dns": "default",
    });
    const accepted: readonly (readonly [Endpoint, Endpoint, number])[] = [
      [SHOP, server, 6432],
      [SHOP, pooler, 6432],
      [pooler, server, 6432],
      [server, resolver, 5353],
      [server, at("10.80.0.10"), 9000],
      [at("10.90.0.7"), server, 9188],
      [at("10.91.0.1"), server, 8001],
      [server, at("10.92.0.1"), 443],
    ];
    for (const [from, to, port] of accepted) {
      assert.equal(evaluateNetworkPolicy(texts, { from, to, protocol: "tcp", port }).verdict, "accept");
      assert.equal(evaluateNetworkPolicy(texts, { from, to, protocol: "tcp", port: 7 }).verdict, "drop");
    }
  });

  it("leaves out what is none", async () => {
    const texts = manifests(
      await render(
        accessArgs({
          poolers: undefined,
          rules: [{ name: "shop", from: ["shop"], description: "the shop takes orders" }],
          groups: [{ name: "shop", pods: [{ namespace: "shop" }] }],
          replication: "none",
          backup: "none",
          monitoring: "none",
          management: "none",
        }),
      ),
      "native",
    );
    const verdict = (from: Endpoint, to: Endpoint, port: number) =>
      evaluateNetworkPolicy(texts, { from, to, protocol: "tcp", port }).verdict;
    assert.equal(verdict(SHOP_BATCH, PRIMARY, 5432), "accept");
    assert.equal(verdict(STANDBY, PRIMARY, 5432), "accept");
    for (const [from, to, port] of [
      [PRIMARY, at("10.80.0.10"), 443],
      [PROMETHEUS, PRIMARY, 9187],
      [OPERATOR, PRIMARY, 8000],
      [PRIMARY, at("10.0.0.1"), 6443],
      [at("10.70.1.5"), PRIMARY, 5432],
    ] as const)
      assert.equal(verdict(from, to, port), "drop");
  });

  it("reports what a target cannot say", async () => {
    let made: AccessPolicies | undefined;
    await record(() => {
      made = new AccessPolicies(
        "orders-access",
        accessArgs({
          groups: [
            { name: "shop", serviceAccounts: [{ namespace: "shop", name: "checkout" }] },
            { name: "offices", networks: ["10.60.0.0/16"] },
          ],
          rules: [
            {
              name: "shop",
              from: ["shop", "offices"],
              description: "the shop",
              expires: "2027-06-30",
              log: true,
            },
          ],
        }),
      );
    });
    const native = made?.reported["network-policy"] ?? [];
    assert.ok(native.some(({ what, effect }) => what.includes("service accounts") && effect === "stricter"));
    assert.ok(native.some(({ what }) => what === "cannot log"));
    const calico = made?.reported["calico"] ?? [];
    assert.deepEqual(
      calico.map(({ rule, effect }) => [rule, effect]),
      [["shop", "none"]],
    );
  });

  it("refuses a rule whose loss would open something", async () => {
    const lines = await refusalsOf(
      () =>
        new AccessPolicies(
          "orders-access",
          accessArgs({
            groups: [
              { name: "shop", pods: [{ namespace: "shop" }] },
              { name: "batch", pods: [{ namespace: "shop", labels: { app: "batch" } }] },
            ],
            rules: [
              { name: "batch", from: ["batch"], action: "deny", description: "batches are denied" },
              { name: "shop", from: ["shop"], description: "the rest of the shop" },
            ],
          }),
        ),
    );
    assert.deepEqual(lines, [
      "rule batch: network-policy knows no denial, and shop allows some of it; give a set of rules without it",
    ]);
  });

  const rule = { name: "shop", from: ["shop"], description: "the shop takes orders" };
  const BAD: readonly (readonly [change: object, path: string, says: RegExp])[] = [
    [{ namespace: "Databases" }, "namespace", /lower-case/],
    [{ cluster: "" }, "cluster", /lower-case/],
    [{ labels: {} }, "labels", /selects every pod/],
    [{ labels: { app: "no spaces" } }, "labels.app", /a label value/],
    [
      { poolers: { labels: accessArgs().poolers?.labels, size: 3 } },
      "poolers.size",
      /not a known setting|documented/,
    ],
    [
      { labels: { app: "db" }, poolers: { labels: { app: "db" } } },
      "poolers.labels",
      /labels of the database's pods/,
    ],
    [{ poolers: undefined }, "rules[1].to", /there are none/],
    [{ port: 0 }, "port", /1/],
    [{ rules: [] }, "rules", /1/],
    [{ rules: [{ ...rule, from: ["unknown"] }] }, "rules[0].from[0]", /is not a group/],
    [{ rules: [{ ...rule, to: "world" }] }, "rules[0].to", /database/],
    [{ rules: [{ ...rule, description: "" }] }, "rules[0].description", /why/],
    [{ rules: [rule, { ...rule, name: "again" }] }, "rules[1]", /shadowed by shop/],
    [{ rules: [rule, rule] }, "rules[1].name", /name/],
    [
      { rules: [{ ...rule, expires: "2026-01-01" }], today: "2026-11-26" },
      "rules[0].expires",
      /ended before/,
    ],
    [{ rules: [{ ...rule, from: "any" }] }, "rules[0].from", /any|world/],
    [
      { groups: [{ name: "shop", networks: ["0.0.0.0/0"] }], rules: [rule] },
      "groups[0].networks[0]",
      /everybody/,
    ],
    [{ groups: [{ name: "shop" }], rules: [rule] }, "groups[0]", /group of nothing/],
    [
      { groups: [{ name: "shop", networks: ["10.0.0.1/8"] }], rules: [rule] },
      "groups[0].networks[0]",
      /host bits/,
    ],
    [{ replication: ["0.0.0.0/0"] }, "replication[0]", /everybody|none/],
    [{ replication: undefined }, "replication", /none|nothing/],
    [{ backup: { networks: ["::/0"] } }, "backup", /everybody|none/],
    [{ backup: undefined }, "backup", /none|nothing/],
    [{ monitoring: {} }, "monitoring", /nobody|none/],
    [{ monitoring: undefined }, "monitoring", /none|nothing/],
    [{ management: { operator: { networks: ["10.0.0.9/32"] } } }, "management", /none|apiServer/],
    [{ dns: { nodeLocal: ["localhost"] } }, "dns.nodeLocal[0]", /address/],
    [{ dns: { labels: {} } }, "dns.labels", /selects every pod/],
    [{ calico: "v1" }, "calico", /true|false|boolean/],
  ];
  for (const [change, path, says] of BAD)
    it(`refuses ${JSON.stringify(change).slice(0, 70)} at ${path}`, async () => {
      const args = { ...accessArgs(), ...change } as AccessPoliciesArgs;
      const lines = await refusalsOf(() => new AccessPolicies("orders-access", args));
      const line = lines.find((each) => each.startsWith(`${path}: `) || each.startsWith(`${path}.`));
      assert.ok(line !== undefined, lines.join("\n"));
      assert.match(line, says);
    });

  it("says everything that is wrong at once", async () => {
    const lines = await refusalsOf(
      () => new AccessPolicies("orders-access", accessArgs({ namespace: "X", port: 0, dns: { ports: [] } })),
    );
    assert.equal(lines.length, 3);
  });
});
