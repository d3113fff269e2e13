import assert from "node:assert/strict";
import {
  accessModel,
  compileCalico,
  compileNetworkPolicy,
  compileNftables,
  compileNsx,
  compileNwFilterOf,
  compilePgHba,
  readModel,
  type AccessModel,
  type Compiled,
  type Manifest,
} from "../../../components/access/index.js";
import { sampleModel } from "../model/input.js";

type Sample = ReturnType<typeof sampleModel>;

const PLACE = { name: "pg", endpoints: [{ address: "198.51.100.5" }, { address: "2001:db8:2::5" }] };
const FILTER = { name: "pg", uuid: "b3a0f9a2-0000-4000-8000-000000000000", at: PLACE };

function modelOf(change: (input: Sample) => void = () => undefined): AccessModel {
  const input = sampleModel();
  change(input);
  return readModel(input);
}

/** The sample with the database as tagged virtual machine and as pod. */
function everywhere(input: Sample): void {
  const pg = input.groups.find(({ name }) => name === "pg");
  assert.ok(pg !== undefined);
  pg.tags = [{ scope: "role", tag: "pg" }];
  pg.pods = [{ namespace: "data", labels: { app: "pg" } }];
}

function output<T>(compiled: Compiled<T>): T {
  assert.ok(compiled.output !== undefined, JSON.stringify(compiled));
  return compiled.output;
}

/** What a compiler says about a model, as `effect subject: words`. */
function limits(compiled: Compiled<unknown>): string[] {
  const refused = "refused" in compiled ? compiled.refused : [];
  return [
    ...refused.map(({ rule, group, what }) => `refused ${rule ?? group ?? "-"}: ${what}`),
    ...compiled.reported.map(({ effect, rule, group, what }) => `${effect} ${rule ?? group ?? "-"}: ${what}`),
  ];
}

const ENDS = "none clients: does not know the end of a rule; the check refuses it after 2027-06-30";

describe("compilers of the access model", () => {
  it("nftables: rules in order, families apart, logs and comments; own addresses only where they differ", () => {
    const compiled = compileNftables(accessModel(sampleModel()), PLACE);
    const text = output(compiled);
    const rules = text.split("\n").filter((line) => line.includes("comment"));
    assert.deepEqual(
      rules.map((line) => line.trim()),
      [
        'ip saddr { 192.0.2.7/32 } tcp dport { 5432 } log prefix "pgkeep-no-intruder " drop comment "no-intruder"',
        'ip saddr { 192.0.2.0/28 } tcp dport { 5432 } accept comment "clients"',
        'ip6 saddr { 2001:db8:1::/64 } tcp dport { 5432 } accept comment "clients"',
        'meta nfproto ipv4 meta l4proto icmp accept comment "reachability"',
        'meta nfproto ipv6 meta l4proto ipv6-icmp accept comment "reachability"',
        'ip daddr { 203.0.113.9/32 } tcp dport { 8432-8433 } accept comment "archive"',
        'meta nfproto ipv4 meta l4proto icmp accept comment "reachability"',
        'meta nfproto ipv6 meta l4proto ipv6-icmp accept comment "reachability"',
      ],
    );
    assert.deepEqual(limits(compiled), [ENDS]);
    const more = { name: "pg", endpoints: [...PLACE.endpoints, { address: "198.51.100.6" }] };
    const wider = modelOf((input) => {
      input.groups.push({ name: "spare", networks: ["198.51.100.6/32"], enforced: true });
    });
    assert.match(
      output(compileNftables(wider, more)),
      /ip saddr \{ 192\.0\.2\.0\/28 \} ip daddr \{ 198\.51\.100\.5 \} tcp dport/,
    );
  });

  it("nwfilter: priorities in order, no log, no VRRP", () => {
    const compiled = compileNwFilterOf(accessModel(sampleModel()), FILTER);
    assert.deepEqual(
      output(compiled)
        .split("\n")
        .filter((line) => line.includes("dstport")),
      [
        "  <rule action='drop' direction='in' priority='200'><tcp srcipaddr='192.0.2.7' srcipmask='32' dstportstart='5432' state='NEW'/></rule>",
        "  <rule action='accept' direction='in' priority='201'><tcp srcipaddr='192.0.2.0' srcipmask='28' dstportstart='5432'/></rule>",
        "  <rule action='accept' direction='in' priority='202'><tcp-ipv6 srcipaddr='2001:db8:1::' srcipmask='64' dstportstart='5432'/></rule>",
        "  <rule action='accept' direction='out' priority='203'><tcp dstipaddr='203.0.113.9' dstipmask='32' dstportstart='8432' dstportend='8433'/></rule>",
      ],
    );
    assert.deepEqual(limits(compiled), [
      "none no-intruder: cannot log",
      ENDS,
      "none -: cannot log the final deny",
    ]);
    const vrrp = (action: "allow" | "deny") =>
      compileNwFilterOf(
        modelOf((input) => {
          input.services.push({ name: "vrrp", protocol: "vrrp" });
          input.rules.push({
            ...{ name: "v", from: ["app"], to: ["pg"], services: ["vrrp"], action, description: "vrrp" },
          });
        }),
        FILTER,
      );
    assert.ok(limits(vrrp("allow")).includes("stricter v: has no word for vrrp"));
    assert.ok(limits(vrrp("deny")).includes("refused v: has no word for vrrp"));
  });

  it("refuses a place that nothing enforces, and more rules than there are priorities", () => {
    const elsewhere = { name: "elsewhere", endpoints: [{ address: "192.0.2.99" }] };
    const said = "refused -: stands at elsewhere, which no enforced group holds";
    const model = modelOf();
    assert.ok(limits(compileNftables(model, elsewhere)).includes(said));
    assert.ok(limits(compileNwFilterOf(model, { ...FILTER, at: elsewhere })).includes(said));
    assert.ok(limits(compilePgHba(model, { at: elsewhere })).includes(said));
    const many = modelOf((input) => {
      input.services.push({
        name: "many",
        protocol: "tcp",
        ports: Array.from({ length: 801 }, (_, i) => 2 * i + 1),
      });
      input.rules.push({
        ...{ name: "m", from: ["app"], to: ["pg"], services: ["many"], action: "allow", description: "many" },
      });
    });
    assert.match(
      limits(compileNwFilterOf(many, FILTER))[0] ?? "",
      /^refused -: has priorities for 800 rules, and 1\d{3} are needed$/,
    );
  });

  it("NSX: one body with services, groups of one family an expression, rules in order, and the deny last", () => {
    const compiled = compileNsx(modelOf(everywhere), { policy: "orders" });
    const text = JSON.stringify(output(compiled));
    const numbers = [
      ...text.matchAll(/"id":"([a-z-]+)","display_name":"[a-z-]+","notes":.*?"sequence_number":(\d+)/g),
    ];
    assert.deepEqual(
      numbers.map(([, id, number]) => `${id} ${number}`),
      ["no-intruder 10", "clients 20", "archive 30", "reachability 40", "final-deny 999999"],
    );
    assert.match(text, /"ip_addresses":\["192\.0\.2\.0\/28"\]\},\{"resource_type":"ConjunctionOperator"/);
    assert.match(text, /"scope":\["\/infra\/domains\/default\/groups\/pg"\]/);
    assert.deepEqual(limits(compiled), [
      ENDS,
      "elsewhere pg: stands only at virtual machines with a tag, not at networks or pods",
    ]);
    assert.deepEqual(limits(compileNsx(modelOf(), { policy: "orders" })).slice(0, 1), [
      "refused -: needs an enforced group of tagged virtual machines",
    ]);
  });

  it("NSX: splits ports into entries of 15 values, of which a range takes two", () => {
    const model = modelOf((input) => {
      everywhere(input);
      input.services[0] = {
        name: "postgresql",
        protocol: "tcp",
        ports: [...Array.from({ length: 14 }, (_, i) => 6000 + 2 * i), { first: 7000, last: 7001 }, 9000],
      };
    });
    const text = JSON.stringify(output(compileNsx(model, { policy: "orders" })));
    const entries = [...text.matchAll(/"destination_ports":\[([^\]]*)\]/g)].map(([, ports = ""]) => ports);
    assert.deepEqual(
      entries.map((ports) => ports.split(",").length),
      [14, 2, 1],
    );
    assert.equal(entries[1], '"7000-7001","9000"');
  });

  it("Calico: a policy a rule and direction in the order of the model, families apart, Log before the verdict", () => {
    const policies = output(compileCalico(modelOf(everywhere), { prefix: "orders" }));
    assert.deepEqual(
      policies.map(({ metadata, spec }) => `${metadata.name} ${String(spec["order"])}`),
      [
        "orders-1-no-intruder-ingress 10",
        "orders-2-clients-ingress 20",
        "orders-3-archive-egress 30",
        "orders-4-reachability-ingress 40",
        "orders-4-reachability-egress 40",
        "orders-final-deny 50",
      ],
    );
    const rules = (policy: Manifest | undefined): string[] =>
      (policy?.spec["ingress"] as { action: string; protocol?: string }[]).map(
        ({ action, protocol = "-" }) => `${action} ${protocol}`,
      );
    assert.deepEqual(rules(policies[0]), ["Log TCP", "Deny TCP"]);
    assert.deepEqual(rules(policies[1]), ["Allow TCP", "Allow TCP"]);
    assert.deepEqual(rules(policies[3]), ["Allow ICMP", "Allow ICMPv6"]);
    assert.deepEqual(rules(policies[5]), ["Log -", "Deny -"]);
    assert.equal(policies[1]?.spec["selector"], "projectcalico.org/namespace == 'data' && app == 'pg'");
  });

  it("NetworkPolicy: denials carved out of what is allowed, or refused", () => {
    const compiled = compileNetworkPolicy(modelOf(everywhere), { prefix: "orders" });
    const [policy] = output(compiled);
    assert.deepEqual(policy?.spec["ingress"], [
      {
        from: [
          { ipBlock: { cidr: "192.0.2.0/28", except: ["192.0.2.7/32"] } },
          { ipBlock: { cidr: "2001:db8:1::/64" } },
        ],
        ports: [{ protocol: "TCP", port: 5432 }],
      },
    ]);
    assert.deepEqual(policy?.spec["policyTypes"], ["Ingress", "Egress"]);
    assert.ok(limits(compiled).includes("stricter reachability: has no word for icmp"));
    const narrower = modelOf((input) => {
      everywhere(input);
      input.services[0] = { name: "postgresql", protocol: "tcp", ports: [{ first: 5432, last: 5433 }] };
      input.services.push({ name: "one", protocol: "tcp", ports: [5432] });
      const [denial] = input.rules;
      assert.ok(denial !== undefined);
      denial.services = ["one"];
    });
    assert.ok(
      limits(compileNetworkPolicy(narrower, { prefix: "orders" })).includes(
        "refused no-intruder: knows no denial, and clients allows some of it",
      ),
    );
  });

  it("pg_hba: one record a login, quoted, refusals for databases and replication, everybody last", () => {
    const model = modelOf((input) => {
      input.rules[1] = {
        name: "clients",
        from: ["app"],
        to: ["pg"],
        services: ["postgresql"],
        action: "allow",
        description: "clients",
        logins: [
          { database: "all", role: 'x"y' },
          { role: "replicator", certificate: true },
        ],
      };
    });
    const records = output(compilePgHba(model, { at: PLACE }))
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.replace(/ +/g, " "));
    assert.deepEqual(records, [
      "host all all 192.0.2.7/32 reject",
      "host replication all 192.0.2.7/32 reject",
      'hostssl "all" "x""y" 192.0.2.0/28 scram-sha-256',
      'hostssl "all" "x""y" 2001:db8:1::/64 scram-sha-256',
      'hostssl replication "replicator" 192.0.2.0/28 scram-sha-256 clientcert=verify-ca',
      'hostssl replication "replicator" 2001:db8:1::/64 scram-sha-256 clientcert=verify-ca',
      "host all all 0.0.0.0/0 reject",
      "host all all ::/0 reject",
      "host replication all 0.0.0.0/0 reject",
      "host replication all ::/0 reject",
    ]);
  });

  it("makes the fewest networks of a group, and the same text each time", () => {
    const change = (input: Sample): void => {
      everywhere(input);
      const [app] = input.groups;
      assert.ok(app !== undefined);
      app.networks = ["192.0.2.8/29", "192.0.2.3/32", "192.0.2.0/29"];
    };
    const compile = (): unknown[] => [
      compileNftables(modelOf(change), PLACE).output,
      compileNsx(modelOf(change), { policy: "orders" }).output,
      compileCalico(modelOf(change), { prefix: "orders" }).output,
    ];
    assert.match(String(compile()[0]), /saddr \{ 192\.0\.2\.0\/28 \} tcp/);
    assert.deepEqual(compile(), compile());
  });
});
