import assert from "node:assert/strict";
import { renderNftables } from "../../components/postgres/index.js";
import { planOf, withVip } from "./build.js";

describe("nftables.conf", () => {
  const plan = planOf((input) => (input.hardening = { ntp: ["10.77.0.1"] }));
  const rules = (name: string, of = plan): string[] => {
    const guest = of.guests.find((candidate) => candidate.name === name);
    assert.ok(guest);
    return renderNftables(of, guest)
      .split("\n")
      .map((line) => line.trim());
  };
  const accepting = (name: string, of = plan): string[] =>
    rules(name, of).filter((line) => / accept comment /.test(line));

  it("drops by default in every direction and logs with a limit", () => {
    for (const name of ["pg-a1", "pg-b1", "w1"]) {
      const lines = rules(name);
      assert.equal(lines.filter((line) => /hook (input|forward|output) .*policy drop;/.test(line)).length, 3);
      assert.equal(lines.filter((line) => /^limit rate .* log prefix/.test(line)).length, 2);
    }
  });

  it("opens no port without interface, addresses and protocol", () => {
    for (const name of ["pg-a1", "pg-b1", "w1"])
      for (const line of accepting(name)) {
        assert.match(line, /^(iifname|oifname) "(mgmt0|client0|repl0)" ip6? [sd]addr \{ [^}]+ \} /);
        assert.match(line, /(tcp|udp) dport|th dport|l4proto vrrp/);
        assert.doesNotMatch(line, /0\.0\.0\.0\/0|::\/0/);
      }
  });

  it("lets clients reach PostgreSQL and nothing else", () => {
    const client = accepting("pg-a1").filter((line) => line.includes("client0"));
    assert.deepEqual(client, [
      'iifname "client0" ip saddr { 10.77.1.201/32, 10.77.1.202/32 } tcp dport 5432 accept comment "access group app"',
      'iifname "client0" ip saddr { 10.77.1.210/32 } tcp dport 5432 accept comment "access group monitoring"',
    ]);
    assert.deepEqual(
      accepting("w1").filter((line) => line.includes("client0")),
      [],
    );
  });

  it("opens on the replication network what each pair of guests needs", () => {
    const incoming = (name: string): string[] =>
      accepting(name).filter((line) => line.startsWith("iifname") && line.includes("repl0"));
    assert.deepEqual(incoming("pg-a1"), [
      'iifname "repl0" ip saddr { 10.77.2.102 } tcp dport { 2379, 2380, 5432, 8008 } accept comment "from pg-b1"',
      'iifname "repl0" ip saddr { 10.77.2.103 } tcp dport { 2379, 2380, 8432 } accept comment "from w1"',
    ]);
    assert.deepEqual(incoming("w1"), [
      'iifname "repl0" ip saddr { 10.77.2.101 } tcp dport { 2379, 2380, 8432 } accept comment "from pg-a1"',
      'iifname "repl0" ip saddr { 10.77.2.102 } tcp dport { 2379, 2380, 8432 } accept comment "from pg-b1"',
    ]);
  });

  it("only calls out over the management network: fencing, DNS update, time", () => {
    const management = (name: string): string[] => accepting(name).filter((line) => line.includes("mgmt0"));
    assert.deepEqual(management("pg-a1"), [
      'oifname "mgmt0" ip daddr { 10.77.0.12 } tcp dport 22 accept comment "fencing of pg-b1"',
      'oifname "mgmt0" ip daddr { 10.77.0.53 } meta l4proto { tcp, udp } th dport 53 accept comment "DNS update"',
      'oifname "mgmt0" ip daddr { 10.77.0.1 } udp dport 123 accept comment "time"',
    ]);
    assert.deepEqual(management("w1"), [
      'oifname "mgmt0" ip daddr { 10.77.0.1 } udp dport 123 accept comment "time"',
    ]);
  });

  it("lets members speak VRRP to one another when an address follows the primary", () => {
    const vrrp = accepting("pg-a1", planOf(withVip)).filter((line) => line.includes("vrrp"));
    assert.equal(vrrp.length, 2);
    for (const line of vrrp) assert.match(line, /"client0" ip [sd]addr \{ 10\.77\.1\.102 \}/);
  });

  it("writes IPv6 networks in their own rule", () => {
    const both = planOf((input) => {
      input.kvm.gateway = "10.77.1.1";
      input.access = {
        groups: [
          { name: "app", networks: ["10.77.1.201/32", "2001:db8:1::/64"] },
          { name: "mon", networks: ["10.77.1.210/32"] },
        ],
        rules: [
          { from: "app", roles: ["shop_app", "shop_ro"], description: "both families" },
          { from: "mon", roles: ["metrics"], description: "metrics" },
        ],
      };
    });
    assert.ok(accepting("pg-a1", both).some((line) => line.includes("ip6 saddr { 2001:db8:1::/64 }")));
  });
});
