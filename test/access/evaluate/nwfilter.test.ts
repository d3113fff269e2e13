import assert from "node:assert/strict";
import {
  CannotJudge,
  evaluateNwFilter,
  parseNwFilter,
  type FilterPacket,
} from "../../../components/access/index.js";

function judge(rules: string, packet: Partial<FilterPacket> = {}, addresses = ["192.0.2.5"]): string {
  const filter = parseNwFilter(`<filter name='f' chain='root'>${rules}</filter>`);
  const usual: FilterPacket = {
    ...{ from: "198.51.100.1", to: "192.0.2.5", protocol: "tcp", port: 5432, direction: "in" },
  };
  return evaluateNwFilter(filter, { ...usual, ...packet }, addresses).verdict;
}

const ACCEPT =
  "<rule action='accept' direction='in' priority='200'><tcp srcipaddr='198.51.100.0' srcipmask='24' dstportstart='5432'/></rule>";
const DROP =
  "<rule action='drop' direction='inout' priority='1000'><all/></rule><rule action='drop' direction='inout' priority='1000'><all-ipv6/></rule>";

describe("evaluator of libvirt's filters", () => {
  it("takes rules by priority, not by place, and lets through what none fits", () => {
    assert.equal(judge(DROP + ACCEPT), "accept");
    assert.equal(judge(DROP + ACCEPT, { port: 5433 }), "drop");
    assert.equal(judge(ACCEPT, { port: 5433 }), "accept");
    assert.equal(
      judge("<rule action='drop' direction='in'><tcp/></rule>" + ACCEPT.replace("200", "600")),
      "drop",
    );
    assert.equal(judge("<rule action='reject' direction='in' priority='-5'><tcp/></rule>" + ACCEPT), "drop");
  });

  it("tells directions, families, networks in every form and ranges of ports apart", () => {
    const one = (element: string, packet?: Partial<FilterPacket>, direction = "in"): string =>
      judge(`<rule action='accept' direction='${direction}' priority='1'>${element}</rule>${DROP}`, packet);
    const v6 = { from: "2001:db8::1", to: "2001:db8::2" };
    assert.deepEqual(
      [
        one("<tcp/>", {}, "out"),
        one("<tcp/>", {}, "inout"),
        one("<tcp/>", v6),
        one("<tcp-ipv6/>", v6),
        one("<all-ipv6/>", v6),
        one("<all/>", v6),
        one("<udp/>"),
        one("<icmp/>", { protocol: "icmp" }),
        one("<icmpv6/>", { ...v6, protocol: "icmp" }),
        one("<tcp srcipaddr='198.51.100.0' srcipmask='255.255.255.0'/>"),
        one("<tcp srcipfrom='198.51.100.0' srcipto='198.51.100.9'/>"),
        one("<tcp srcipaddr='198.51.100.2'/>"),
        one("<tcp dstipaddr='192.0.2.5'/>"),
        one("<tcp dstportstart='5000' dstportend='5432'/>"),
        one("<tcp dstportstart='5433' dstportend='6000'/>"),
      ],
      [
        "drop",
        "accept",
        "drop",
        "accept",
        "accept",
        "drop",
        "drop",
        "accept",
        "accept",
        "accept",
        "accept",
        "drop",
        "accept",
        "accept",
        "drop",
      ],
    );
  });

  it("lets answers back through a rule that keeps state, and no new connection", () => {
    const back = { from: "192.0.2.5", to: "198.51.100.1", direction: "out", port: undefined } as const;
    assert.equal(judge(ACCEPT + DROP, { ...back, established: true }), "accept");
    assert.equal(judge(ACCEPT + DROP, back), "drop");
    const stateless = ACCEPT.replace("priority", "statematch='false' priority");
    assert.equal(judge(stateless + DROP, { ...back, established: true }), "drop");
  });

  it("drops the way back, too, but not when only new connections are meant", () => {
    const drop = (element: string): string =>
      `<rule action='drop' direction='in' priority='1'>${element}</rule>`;
    const out = { from: "192.0.2.5", to: "198.51.100.1", direction: "out" } as const;
    const peer = "srcipaddr='198.51.100.0' srcipmask='24'";
    assert.equal(judge(drop(`<all ${peer}/>`), out), "drop");
    assert.equal(judge(drop(`<all ${peer} state='NEW'/>`), out), "accept");
    assert.equal(judge(drop(`<all ${peer} state='NEW'/>`)), "drop");
    assert.equal(judge(drop(`<all ${peer} state='NEW'/>`), { established: true }), "accept");
    assert.equal(judge(drop(`<tcp ${peer} dstportstart='5432'/>`), out), "accept");
  });

  it("takes ICMP for an echo", () => {
    const v6 = { from: "2001:db8::1", to: "2001:db8::2", protocol: "icmp" } as const;
    const one = (type: string): string =>
      judge(
        `<rule action='accept' direction='in' priority='1' statematch='false'><icmpv6 type='${type}'/></rule>${DROP}`,
        v6,
      );
    assert.deepEqual([one("135"), one("128")], ["drop", "accept"]);
  });

  it("stops a guest that takes another's address", () => {
    const out = { from: "192.0.2.6", to: "198.51.100.1", direction: "out" } as const;
    assert.equal(judge("<filterref filter='no-ip-spoofing'/>", out), "drop");
    assert.equal(judge("<filterref filter='no-ip-spoofing'/>", { ...out, from: "192.0.2.5" }), "accept");
    assert.equal(judge("<filterref filter='no-mac-spoofing'/>", out), "accept");
  });

  it("does not guess", () => {
    for (const rules of [
      "<filterref filter='mine'/>",
      "<rule action='return' direction='in'><tcp/></rule>",
      "<rule action='accept' direction='in'><igmp/></rule>",
      "<rule action='accept' direction='in'><tcp state='RELATED'/></rule>",
    ])
      assert.throws(() => judge(rules), CannotJudge, rules);
    assert.throws(() => parseNwFilter("<network/>"), CannotJudge);
    assert.throws(() => parseNwFilter("<filter name='f' chain='ipv4'/>"), CannotJudge);
  });
});
