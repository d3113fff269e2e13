import { z } from "zod";
import { give } from "../declaration/remedy.js";
import { managerSchema, objectId } from "./manager-schema.js";

/** The denial comes last: no rule may have a number as high. */
export const DENY_SEQUENCE_NUMBER = 999_999;
/** NSX cuts a rule's log label here. */
const LABEL_LENGTH = 32;

const label = z
  .string()
  .regex(/^[\x21-\x7e]([\x20-\x7e]{0,30}[\x21-\x7e])?$/, give("1 to 32 plain characters"));
const displayName = z.string().min(1).max(255);
const text = z.string().max(1024);

const member = z.union([
  z.strictObject({ addresses: z.array(z.string()).min(1) }),
  z.strictObject({
    tag: z.string().regex(/^[^|]{1,256}$/, give("1 to 256 characters, without |")),
    scope: z.string().regex(/^[^|]{1,128}$/, give("1 to 128 characters, without |")),
  }),
  z.strictObject({
    paths: z
      .array(z.string().regex(/^\/(infra|orgs)\/\S+$/, give("a policy path, such as /infra/segments/web")))
      .min(1),
  }),
  z.strictObject({
    virtualMachines: z.array(z.string().regex(/^[^\s/&]{1,128}$/, give("a VM's external id in NSX"))).min(1),
  }),
]);

const group = z.strictObject({
  id: objectId,
  displayName: displayName.optional(),
  description: text.default(""),
  /** An empty group matches nothing. */
  members: z.array(member).min(1),
});

const port = z
  .string()
  .regex(/^\d{1,5}(-\d{1,5})?$/, give('a port or a range in quotes, such as "5432" or "8000-8010"'));

const service = z.strictObject({
  id: objectId,
  displayName: displayName.optional(),
  entries: z
    .array(
      z.strictObject({
        id: objectId,
        protocol: z.enum(["TCP", "UDP"]).default("TCP"),
        ports: z.array(port).min(1),
        sourcePorts: z.array(port).default([]),
      }),
    )
    .min(1),
});

const reference = z.string().min(1);

const rule = z.strictObject({
  id: objectId,
  displayName: displayName.optional(),
  sources: z.array(reference).min(1),
  destinations: z.array(reference).min(1),
  services: z.array(reference).min(1),
  direction: z.enum(["IN", "OUT", "IN_OUT"]).default("IN_OUT"),
  ipProtocol: z.enum(["IPV4", "IPV6", "IPV4_IPV6"]).default("IPV4_IPV6"),
  sequenceNumber: z
    .number()
    .int()
    .min(0)
    .max(DENY_SEQUENCE_NUMBER - 1)
    .optional(),
  label: label.optional(),
  notes: text.default(""),
});

const deny = z.strictObject({
  id: objectId.default("deny-everything-else"),
  action: z.enum(["DROP", "REJECT"]).default("DROP"),
  direction: z.enum(["IN", "IN_OUT"]).default("IN_OUT"),
  label: label.optional(),
});

/** A distributed firewall as declared, defaults filled in where they do not depend on other fields. */
export const firewallSchema = z.strictObject({
  manager: managerSchema,
  policyId: objectId,
  domain: objectId.default("default"),
  displayName: displayName.optional(),
  category: z.enum(["Emergency", "Infrastructure", "Environment", "Application"]).default("Application"),
  sequenceNumber: z.number().int().min(0).max(999_999).default(10),
  isolate: z.array(reference).min(1),
  groups: z.array(group),
  services: z.array(service),
  rules: z.array(rule),
  deny: deny.prefault({}),
  realizationTimeout: z.number().int().min(1).max(3600).default(300),
});

export type Firewall = z.output<typeof firewallSchema>;
export type FirewallGroup = Firewall["groups"][number];
export type FirewallService = Firewall["services"][number];
export type FirewallRule = Firewall["rules"][number];
export type GroupMember = FirewallGroup["members"][number];

/** The number that a rule is evaluated by. */
export function sequenceNumberOf(rule: FirewallRule, index: number): number {
  return rule.sequenceNumber ?? (index + 1) * 10;
}

/** What the firewall's log names a rule. */
export function labelOf({ id, label: given }: { id: string; label?: string | undefined }): string {
  return given ?? id.slice(0, LABEL_LENGTH);
}
