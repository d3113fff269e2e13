import assert from "node:assert/strict";
import { CannotJudge, evaluateNsx, parseNsx, type Packet } from "../../../components/access/index.js";

interface PolicyInput {
  readonly id: string;
  readonly category?: string;
  readonly sequence_number?: number;
  readonly scope?: readonly string[];
  readonly rules: readonly object[];
}

const GROUP = "/infra/domains/default/groups";
const tag = (value: string) => ({
  ...{ resource_type: "Condition", member_type: "VirtualMachine", key: "Tag", operator: "EQUALS" },
  value: `role|${value}`,
});
const or = { resource_type: "ConjunctionOperator", conjunction_operator: "OR" };
const addresses = {
  resource_type: "IPAddressExpression",
  ip_addresses: ["192.0.2.0/24", "203.0.113.1-203.0.113.9"],
};

function body(...policies: readonly PolicyInput[]): unknown {
  const group = (id: string, ...expression: object[]) => ({
    resource_type: "ChildGroup",
    Group: { resource_type: "Group", id, expression },
  });
  return {
    resource_type: "Infra",
    children: [
      {
        resource_type: "ChildService",
        Service: {
          id: "pg",
          service_entries: [
            {
              resource_type: "L4PortSetServiceEntry",
              l4_protocol: "TCP",
              destination_ports: ["5432", "6000-6009"],
            },
          ],
        },
      },
      {
        resource_type: "ChildResourceReference",
        id: "default",
        target_type: "Domain",
        children: [
          group("db", tag("db")),
          group("app", tag("app"), or, addresses),
          ...policies.map(({ rules, ...policy }) => ({
            resource_type: "ChildSecurityPolicy",
            SecurityPolicy: {
              category: "Application",
              ...policy,
              children: rules.map((rule, i) => ({
                resource_type: "ChildRule",
                Rule: {
                  ...{ id: `${policy.id}${i + 1}`, sequence_number: i, source_groups: ["ANY"] },
                  ...{ destination_groups: ["ANY"], services: ["ANY"], action: "ALLOW" },
                  ...rule,
                },
              })),
            },
          })),
        ],
      },
    ],
  };
}

const DB = { address: "198.51.100.5", tags: ["role|db"] };
const tcp = (from: string, port = 5432): Packet => ({
  from: { address: from },
  to: DB,
  protocol: "tcp",
  port,
});

function judge(packet: Packet, ...policies: readonly PolicyInput[]): string {
  const { verdict, by } = evaluateNsx(parseNsx(body(...policies)), packet);
  return `${verdict} ${by}`;
}

describe("evaluator of NSX's distributed firewall", () => {
  const drop = { action: "DROP" };

  it("takes categories, then policies, then rules by number, and the default rule allows", () => {
    assert.equal(
      judge(
        tcp("192.0.2.1"),
        { id: "app", rules: [drop] },
        { id: "env", category: "Environment", rules: [{}] },
      ),
      "accept env1",
    );
    assert.equal(
      judge(
        tcp("192.0.2.1"),
        { id: "a", sequence_number: 2, rules: [drop] },
        { id: "b", sequence_number: 1, rules: [{}] },
      ),
      "accept b1",
    );
    assert.equal(
      judge(tcp("192.0.2.1"), { id: "a", rules: [{ sequence_number: 9, ...drop }, { sequence_number: 3 }] }),
      "accept a2",
    );
    assert.equal(
      judge(tcp("192.0.2.1"), {
        id: "a",
        rules: [{ ...drop, services: [`/infra/services/pg`], source_groups: [`${GROUP}/db`] }],
      }),
      "accept no interface is protected",
    );
    assert.throws(
      () => judge(tcp("192.0.2.1"), { id: "a", rules: [{ sequence_number: 1 }, { sequence_number: 1 }] }),
      CannotJudge,
    );
    assert.throws(() => judge(tcp("192.0.2.1"), { id: "a", rules: [] }, { id: "b", rules: [] }), CannotJudge);
  });

  it("compares groups, services, direction and family, and stands only where it is applied", () => {
    const fits = (rule: object, packet = tcp("192.0.2.1"), scope?: readonly string[]): boolean =>
      judge(packet, { id: "p", ...(scope === undefined ? {} : { scope }), rules: [{ ...rule, ...drop }] }) ===
      "drop p1";
    assert.deepEqual(
      [
        fits({ source_groups: [`${GROUP}/app`] }),
        fits({ source_groups: [`${GROUP}/app`] }, tcp("203.0.113.9")),
        fits({ source_groups: [`${GROUP}/app`] }, tcp("203.0.113.10")),
        fits({ source_groups: [`${GROUP}/app`], sources_excluded: true }),
        fits({ source_groups: ["192.0.2.1"], destination_groups: [`${GROUP}/db`] }),
        fits({ services: ["/infra/services/pg"] }, tcp("192.0.2.1", 6009)),
        fits({ services: ["/infra/services/pg"] }, tcp("192.0.2.1", 6010)),
        fits({ direction: "IN" }),
        fits({ direction: "OUT" }),
        fits({ ip_protocol: "IPV6" }),
        fits({ disabled: true }),
        fits({}, tcp("192.0.2.1"), [`${GROUP}/db`]),
        fits({ scope: ["ANY"] }, tcp("192.0.2.1"), [`${GROUP}/app`]),
      ],
      [true, true, false, false, true, true, false, true, false, false, false, true, false],
    );
  });

  it("asks both interfaces, and jumps from the environment to the applications", () => {
    const app = { address: "198.51.100.9", tags: ["role|app"] };
    const packet: Packet = { from: app, to: DB, protocol: "tcp", port: 5432 };
    const scope = [`${GROUP}/app`, `${GROUP}/db`];
    assert.equal(
      judge(packet, { id: "p", scope, rules: [{ direction: "IN" }, { ...drop, direction: "OUT" }] }),
      "drop p2",
    );
    assert.equal(judge(packet, { id: "p", scope, rules: [{}] }), "accept p1");
    const jump: PolicyInput = {
      id: "e",
      category: "Environment",
      rules: [{ action: "JUMP_TO_APPLICATION" }, drop],
    };
    assert.equal(judge(packet, jump, { id: "a", rules: [{}] }), "accept a1");
  });

  it("does not guess", () => {
    assert.throws(() => judge(tcp("192.0.2.1"), { id: "p", category: "Ethernet", rules: [] }), CannotJudge);
    assert.throws(
      () => judge(tcp("192.0.2.1"), { id: "p", rules: [{ source_groups: [`${GROUP}/none`] }] }),
      CannotJudge,
    );
    assert.throws(
      () => judge(tcp("192.0.2.1"), { id: "p", rules: [{ profiles: ["/infra/context-profiles/x"] }] }),
      CannotJudge,
    );
    assert.throws(() => parseNsx({ children: [{ resource_type: "ChildTier0" }] }), CannotJudge);
  });
});
