import assert from "node:assert/strict";
import {
  compileNwFilter,
  filterParameters,
  guestRules,
  type GuardedRule,
} from "../../components/access/index.js";
import { parseEnvironment, type KvmEnvironmentInput } from "../../components/declaration/index.js";
import { stableUuid } from "../../components/libvirt/text/uuid.js";
import { PORTS } from "../../components/postgres/index.js";
import { recoveryPlan } from "../../components/recovery/index.js";
import { kvmEnvironment } from "../fixtures/environment.js";

const compile = (rules: readonly GuardedRule[]): string => compileNwFilter({ name: "f", uuid: "u", rules });

function rulesOf(
  purpose: "client" | "replication" | "management",
  change: (input: KvmEnvironmentInput) => void = () => undefined,
): readonly GuardedRule[] {
  const input = kvmEnvironment();
  change(input);
  return guestRules(recoveryPlan(parseEnvironment(input)), purpose, PORTS);
}

describe("filters at a guest's interface", () => {
  it("end with a drop of both families in both directions and begin with anti-spoofing", () => {
    const xml = compile([]);
    assert.match(
      xml,
      /<uuid>u<\/uuid>\n {2}<filterref filter='no-mac-spoofing'\/>\n {2}<filterref filter='no-arp-spoofing'\/>/,
    );
    assert.match(
      xml,
      /<rule action='drop' direction='inout' priority='1000'><all\/><\/rule>\n {2}<rule action='drop' direction='inout' priority='1000'><all-ipv6\/><\/rule>\n<\/filter>\n$/,
    );
  });

  it("give each network a rule of its family", () => {
    const xml = compile([
      { direction: "in", protocol: "tcp", peers: ["10.0.0.0/24", "2001:db8::/64"], port: 5432, reason: "x" },
    ]);
    assert.ok(xml.includes("<tcp srcipaddr='10.0.0.0' srcipmask='24' dstportstart='5432'/>"));
    assert.ok(xml.includes("<tcp-ipv6 srcipaddr='2001:db8::' srcipmask='64' dstportstart='5432'/>"));
    const out = compile([
      { direction: "out", protocol: "udp", peers: ["192.0.2.1/32"], port: 123, reason: "x" },
    ]);
    assert.ok(out.includes("<udp dstipaddr='192.0.2.1' dstipmask='32' dstportstart='123'/>"));
  });

  it("let exactly the declared groups reach PostgreSQL on the client network", () => {
    const tcp = rulesOf("client").filter(({ protocol }) => protocol === "tcp");
    assert.deepEqual(
      tcp.map(({ direction, peers, port }) => [direction, peers, port]),
      [
        ["in", ["10.77.1.201/32", "10.77.1.202/32"], 5432],
        ["in", ["10.77.1.210/32"], 5432],
      ],
    );
    assert.ok(
      !rulesOf("client").some(({ direction, protocol }) => direction === "out" && protocol !== "icmp"),
    );
  });

  it("let members speak VRRP when an address follows the primary, and only then", () => {
    const vip = rulesOf("client", (input) => {
      input.failover.redirect = { kind: "vip", address: "10.77.1.100" };
    });
    assert.deepEqual(
      vip.filter(({ protocol }) => protocol === "any").map(({ direction, peers }) => [direction, peers]),
      [
        ["in", ["10.77.1.101/32", "10.77.1.102/32"]],
        ["out", ["10.77.1.101/32", "10.77.1.102/32"]],
      ],
    );
    assert.ok(!rulesOf("client").some(({ protocol }) => protocol === "any"));
  });

  it("keep replication among the guests", () => {
    const guests = ["10.77.2.101/32", "10.77.2.102/32", "10.77.2.103/32"];
    for (const rule of rulesOf("replication").filter(({ protocol }) => protocol === "tcp"))
      assert.deepEqual(rule.peers, guests);
    const ports = new Set(rulesOf("replication").map(({ port }) => port));
    for (const port of Object.values(PORTS)) assert.ok(ports.has(port), String(port));
  });

  it("let a guest call out over management to hypervisors, DNS and time, and nobody call in", () => {
    const rules = rulesOf("management", (input) => {
      input.hardening = { ntp: ["10.77.0.123"] };
    }).filter(({ protocol }) => protocol !== "icmp");
    assert.ok(rules.every(({ direction }) => direction === "out"));
    assert.deepEqual(
      rules.map(({ protocol, peers, port }) => `${protocol} ${peers.join()} ${port}`),
      [
        "tcp 10.77.0.11/32 22",
        "tcp 10.77.0.12/32 22",
        "tcp 10.77.0.53/32 53",
        "udp 10.77.0.53/32 53",
        "udp 10.77.0.123/32 123",
      ],
    );
  });

  it("open no package archive for a complete image", () => {
    const open = (packages: "image" | "pgdg"): number =>
      rulesOf("client", (input) => {
        input.kvm.image.packages = packages;
      }).filter(({ reason }) => reason === "package archive").length;
    assert.deepEqual([open("image"), open("pgdg")], [0, 2]);
  });

  it("take the guest's own IPv4 addresses as parameters", () => {
    assert.deepEqual(filterParameters(["10.0.0.1", "2001:db8::1", "10.0.0.9"]), [
      { name: "IP", value: "10.0.0.1" },
      { name: "IP", value: "10.0.0.9" },
    ]);
  });

  it("keep their UUID by name", () => {
    assert.equal(stableUuid("nwfilter", "a", "b"), stableUuid("nwfilter", "a", "b"));
    assert.notEqual(stableUuid("nwfilter", "a", "b"), stableUuid("nwfilter", "ab", ""));
    assert.match(stableUuid("x"), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
