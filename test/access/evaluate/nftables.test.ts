import assert from "node:assert/strict";
import {
  CannotJudge,
  evaluateNftables,
  parseNftables,
  type NftPacket,
} from "../../../components/access/index.js";

/** What a configuration does with a packet at input, and by which rule. */
function judge(text: string, packet: Partial<NftPacket> = {}, hook: "input" | "output" = "input"): string {
  const { verdict, by } = evaluateNftables(parseNftables(text), hook, {
    ...{ from: "192.0.2.1", to: "198.51.100.1", protocol: "tcp", port: 5432, iif: "eth0", state: "new" },
    ...packet,
  });
  return `${verdict} ${by}`;
}

/** A chain at input with these lines. */
const input = (lines: string, policy = "drop"): string =>
  `table inet t {\n chain c {\n type filter hook input priority filter; policy ${policy};\n${lines}\n }\n}\n`;

describe("evaluator of nftables", () => {
  it("takes the first rule with a verdict, and the policy when there is none", () => {
    const text = input(
      'tcp dport 22 accept\ncounter\ntcp dport 5432 accept comment "first"\ntcp dport 5432 drop',
    );
    assert.equal(judge(text), "accept first");
    assert.equal(judge(text, { port: 22 }), "accept tcp dport 22 accept");
    assert.equal(judge(text, { port: 23 }), "drop the policy of chain c");
    assert.equal(judge(text, { protocol: "udp" }), "drop the policy of chain c");
    assert.equal(judge(input("", "accept")), "accept the policy of chain c");
    assert.equal(judge(text, {}, "output"), "accept no chain stands at output");
  });

  it("asks every base chain of the hook by priority: one drop is enough, an accept is not", () => {
    const chain = (name: string, priority: string, rule: string): string =>
      `table inet ${name} { chain ${name} { type filter hook input priority ${priority}; policy accept; ${rule}; }; }\n`;
    const accept = 'accept comment "early"';
    const drop = 'drop comment "late"';
    assert.equal(judge(chain("a", "filter - 5", accept) + chain("b", "0", drop)), "drop late");
    assert.equal(judge(chain("b", "security", drop) + chain("a", "filter", accept)), "drop late");
    assert.equal(
      judge(chain("a", "-10", accept) + chain("b", "raw", 'accept comment "raw"')),
      "accept early",
    );
  });

  it("goes into chains and comes back, except after goto", () => {
    const text = (jump: string): string =>
      `table ip t {
        chain known { ip saddr 192.0.2.9 accept comment "nine"; tcp dport 22 return; tcp dport 5432 accept comment "inner" }
        chain c { type filter hook input priority 0; policy drop
          ${jump} known
          tcp dport { 22, 23 } accept comment "after" } }`;
    assert.equal(judge(text("jump")), "accept inner");
    assert.equal(judge(text("jump"), { port: 22 }), "accept after");
    assert.equal(judge(text("jump"), { port: 23 }), "accept after");
    assert.equal(judge(text("goto"), { port: 23 }), "drop the policy of chain c");
    // A table of IPv4 never sees IPv6.
    const v6 = { from: "2001:db8::1", to: "2001:db8::2" };
    assert.equal(judge(text("jump"), v6), "accept no chain stands at input");
  });

  it("compares addresses, ports, interfaces, protocols, states; with sets, ranges, prefixes and !=", () => {
    const yes = (line: string, packet?: Partial<NftPacket>): boolean =>
      judge(input(`${line} accept`), packet).startsWith("accept");
    const v6 = { from: "2001:db8::1", to: "2001:db8::2" };
    assert.deepEqual(
      [
        yes("ip saddr 192.0.2.0/31"),
        yes("ip saddr { 10.0.0.0/8, 192.0.2.0-192.0.2.1 }"),
        yes("ip saddr != 192.0.2.0/24"),
        yes("ip saddr != 10.0.0.0/8"),
        yes("ip saddr != 10.0.0.0/8", v6),
        yes("ip6 daddr 2001:db8::/64", v6),
        yes("ip6 daddr 2001:db8::/64"),
        yes("tcp dport 5000-6000"),
        yes("tcp dport != { 22, 5432 }"),
        yes("th dport 5432", { protocol: "udp" }),
        yes("meta l4proto { tcp, udp } th dport 53"),
        yes('iifname "eth0"'),
        yes('iifname != "eth0"'),
        yes("meta l4proto vrrp", { protocol: "vrrp" }),
        yes("icmp type echo-request", { protocol: "icmp" }),
        yes("icmpv6 type echo-request", { protocol: "icmp" }),
        yes("icmpv6 type { nd-neighbor-solicit, echo-request }", { ...v6, protocol: "icmp" }),
        yes("meta nfproto ipv6", v6),
        yes("ct state established,related", { state: "established" }),
        yes("ct state { established, related }"),
      ],
      [
        true,
        true,
        false,
        true,
        false,
        true,
        false,
        true,
        false,
        true,
        false,
        true,
        false,
        true,
        true,
        false,
        true,
        true,
        true,
        false,
      ],
    );
  });

  it("reads sets by name, comments, continued lines, logs, and files that replace their table", () => {
    const text = `#!/usr/sbin/nft -f
table inet t { chain c { type filter hook input priority 0; policy accept; } }
delete table inet t
table inet t {
  set apps { type ipv4_addr; flags interval; elements = { 192.0.2.0/28,
      198.51.100.0/24 } } # those that may
  chain c {
    type filter hook input priority filter; policy drop;
    ip saddr @apps tcp \\
      dport 5432 log prefix "drop; { accept" level info accept comment "apps"
    limit rate 10/minute burst 5 packets log prefix "denied " flags all
    counter packets 0 bytes 0 reject with icmpx type port-unreachable
  }
}`;
    assert.equal(judge(text), "accept apps");
    assert.match(judge(text, { from: "192.0.2.16" }), /^drop counter packets 0 bytes 0 reject/);
  });

  it("does not guess: what it does not know is said", () => {
    for (const line of [
      "ip dscp cs1 accept",
      "tcp sport 5432 accept",
      "tcp dport ssh accept",
      "limit rate 5/second accept",
      "ip saddr @missing accept",
      "jump missing",
      "tcp dport 5432 queue",
      "meta mark 1 accept",
    ])
      assert.throws(() => judge(input(line)), CannotJudge, line);
    assert.throws(() => parseNftables("add rule inet t c accept"), CannotJudge);
    assert.throws(() => parseNftables("table inet t { chain c {"), CannotJudge);
  });
});
