import assert from "node:assert/strict";
import {
  CannotJudge,
  evaluateCalico,
  evaluateNetworkPolicy,
  type Endpoint,
  type Packet,
} from "../../../components/access/index.js";
import { selectorTest } from "../../../components/access/evaluate/selector.js";

const POD: Endpoint = { address: "10.9.0.5", pod: { namespace: "default", labels: { role: "db" } } };
const web = (namespace: string, labels: Record<string, string> = {}, address = "10.9.0.6"): Endpoint => ({
  address,
  pod: { namespace, labels },
});
const tcp = (from: Endpoint, to: Endpoint, port = 6379): Packet => ({ from, to, protocol: "tcp", port });

describe("evaluator of NetworkPolicy", () => {
  /** The example of the Kubernetes documentation, "The NetworkPolicy resource". */
  const example = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "test-network-policy", namespace: "default" },
    spec: {
      podSelector: { matchLabels: { role: "db" } },
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        {
          from: [
            { ipBlock: { cidr: "172.17.0.0/16", except: ["172.17.1.0/24"] } },
            { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "myproject" } } },
            { podSelector: { matchLabels: { role: "frontend" } } },
          ],
          ports: [{ protocol: "TCP", port: 6379 }],
        },
      ],
      egress: [
        {
          to: [{ ipBlock: { cidr: "10.0.0.0/24" } }],
          ports: [{ protocol: "TCP", port: 5978, endPort: 5980 }],
        },
      ],
    },
  };
  const judge = (packet: Packet, ...policies: unknown[]): string =>
    evaluateNetworkPolicy(policies, packet).verdict;

  it("does what the documentation says of its example", () => {
    assert.deepEqual(
      [
        judge(tcp({ address: "172.17.0.9" }, POD), example),
        judge(tcp({ address: "172.17.1.9" }, POD), example),
        judge(tcp(web("myproject"), POD), example),
        judge(tcp(web("default", { role: "frontend" }), POD), example),
        judge(tcp(web("other", { role: "frontend" }), POD), example),
        judge(tcp(web("myproject"), POD, 6380), example),
        judge(tcp(POD, { address: "10.0.0.7" }, 5980), example),
        judge(tcp(POD, { address: "10.0.0.7" }, 5981), example),
        judge(tcp(POD, { address: "10.0.1.7" }, 5978), example),
        judge(tcp({ address: "203.0.113.1" }, web("default")), example),
      ],
      ["accept", "drop", "accept", "accept", "drop", "drop", "accept", "drop", "drop", "accept"],
    );
  });

  it("adds policies up, isolates by type, and takes empty lists for everybody", () => {
    const open = {
      ...example,
      metadata: { name: "open", namespace: "default" },
      spec: { podSelector: {}, ingress: [{}] },
    };
    const stranger = { address: "203.0.113.1" };
    assert.equal(judge(tcp(stranger, POD, 1), example, open), "accept");
    // No policyTypes and no egress rules: egress is not isolated by this one.
    assert.equal(judge(tcp(POD, stranger, 1), open), "accept");
    const shut = { ...open, spec: { podSelector: {}, policyTypes: ["Egress"] } };
    assert.equal(judge(tcp(POD, stranger, 1), shut), "drop");
    assert.equal(judge(tcp(stranger, POD, 1), shut), "accept");
    const expression = (operator: string) => ({
      ...shut,
      spec: { ...shut.spec, podSelector: { matchExpressions: [{ key: "role", operator, values: ["db"] }] } },
    });
    assert.deepEqual(
      ["In", "NotIn", "Exists", "DoesNotExist"].map((operator) =>
        judge(tcp(POD, stranger, 1), expression(operator)),
      ),
      ["drop", "accept", "drop", "accept"],
    );
    assert.throws(() => judge(tcp(POD, stranger), { ...example, kind: "Other" }), CannotJudge);
  });
});

describe("evaluator of Calico's policies", () => {
  const policy = (name: string, order: number | undefined, spec: object, kind = "GlobalNetworkPolicy") => ({
    apiVersion: "projectcalico.org/v3",
    kind,
    metadata: { name, namespace: "default" },
    spec: {
      selector: "role == 'db'",
      types: ["Ingress"],
      ...(order === undefined ? {} : { order }),
      ...spec,
    },
  });
  const judge = (packet: Packet, ...policies: unknown[]): string => {
    const { verdict, by } = evaluateCalico(policies, packet);
    return `${verdict} ${by}`;
  };
  const stranger = { address: "203.0.113.1" };
  const allow = { ingress: [{ action: "Allow" }] };
  const deny = { ingress: [{ action: "Deny" }] };

  it("takes policies by order, then name, the one without order last", () => {
    const packet = tcp(stranger, POD);
    assert.equal(judge(packet, policy("z", 1, allow), policy("a", 2, deny)), "accept z");
    assert.equal(judge(packet, policy("z", 1, allow), policy("a", 1, deny)), "drop a");
    assert.equal(judge(packet, policy("a", undefined, deny), policy("z", 9, allow)), "accept z");
  });

  it("goes on after Log and after a policy without a verdict, and denies at the end", () => {
    const packet = tcp(stranger, POD);
    const log = { ingress: [{ action: "Log" }] };
    const other = { ingress: [{ action: "Allow", protocol: "TCP", destination: { ports: ["1:9"] } }] };
    assert.equal(judge(packet, policy("a", 1, log), policy("b", 2, allow)), "accept b");
    assert.equal(judge(packet, policy("a", 1, log), policy("b", 2, other)), "drop the end of the tier");
    assert.equal(
      judge(packet, policy("a", 1, { ingress: [{ action: "Pass" }] }), policy("b", 2, deny)),
      "accept a (passed on)",
    );
    assert.equal(
      judge(tcp(stranger, web("default")), policy("a", 1, deny)),
      "accept no policy selects the pod",
    );
    assert.equal(judge(tcp(POD, stranger), policy("a", 1, deny)), "accept no policy selects the pod");
    assert.equal(
      judge(packet, policy("a", 1, deny, "StagedGlobalNetworkPolicy")),
      "accept no policy selects the pod",
    );
  });

  it("compares networks, ports, protocols, labels, namespaces and accounts", () => {
    const rule = (match: object, packet: Packet, kind?: string): boolean =>
      judge(packet, policy("p", 1, { ingress: [{ action: "Allow", ...match }] }, kind)).startsWith("accept");
    const from = (source: object, at: Endpoint, kind?: string): boolean =>
      rule({ source }, tcp(at, POD), kind);
    const account = { address: "10.9.0.7", pod: { namespace: "shop", labels: {}, serviceAccount: "runner" } };
    assert.deepEqual(
      [
        from({ nets: ["203.0.113.0/24"] }, stranger),
        from({ notNets: ["203.0.113.0/24"] }, stranger),
        from({ selector: "role == 'web'" }, web("shop", { role: "web" })),
        from({ selector: "role == 'web'" }, stranger),
        from({ selector: "role == 'web'" }, web("shop", { role: "web" }), "NetworkPolicy"),
        from({ namespaceSelector: "projectcalico.org/name == 'shop'" }, web("shop")),
        from({ serviceAccounts: { names: ["runner"] } }, account),
        from({ selector: "projectcalico.org/serviceaccount == 'runner'" }, account),
        rule({ protocol: "UDP" }, tcp(stranger, POD)),
        rule({ notProtocol: "UDP" }, tcp(stranger, POD)),
        rule({ protocol: 112 }, { from: stranger, to: POD, protocol: "vrrp" }),
        rule({ protocol: "TCP", destination: { notPorts: [6379] } }, tcp(stranger, POD)),
        rule({ ipVersion: 6 }, tcp(stranger, POD)),
      ],
      [true, false, true, false, false, true, true, true, false, true, true, false, false],
    );
    assert.throws(() => rule({ http: {} }, tcp(stranger, POD)), CannotJudge);
  });

  it("reads selectors", () => {
    const labels = { app: "pg", "projectcalico.org/namespace": "db" };
    for (const [selector, wanted] of [
      ["app == 'pg'", true],
      ['app != "pg"', false],
      ["tier != 'x'", true],
      ["app in {'pg', 'web'} && has(app)", true],
      ["tier not in {'x'}", true],
      ["!has(tier)", true],
      ["app == 'x' || app == 'pg' && !(app == 'y')", true],
      ["(app == 'pg' || has(tier)) && has(tier)", false],
      ["projectcalico.org/namespace == 'db'", true],
      ["all()", true],
    ] as const)
      assert.equal(selectorTest(selector)(labels), wanted, selector);
    for (const wrong of ["app = 'pg'", "app == 'pg' app", "(app == 'pg'", "app contains 'x'", ""])
      assert.throws(() => selectorTest(wrong), CannotJudge, wrong);
  });
});
