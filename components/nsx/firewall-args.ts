import type * as pulumi from "@pulumi/pulumi";

/** An NSX Manager, or the virtual address of a cluster of them. User and password are never named here. */
export interface NsxManagerArgs {
  /** Name or address; the certificate must be for it. */
  address: string;
  /** @default 443 */
  port?: number;
  /** Authorities to trust, PEM; nothing else is trusted then. @default those that Node.js trusts */
  caCertificate?: pulumi.Input<string>;
  /** How to log in. @default "session" */
  authentication?: "session" | "basic";
  /** User and password are read from the environment variables `<credentials>_USER` and `<credentials>_PASSWORD`. @default "PGKEEP_NSX" */
  credentials?: string;
}

/** Members of a group; exactly one kind. A group's entries add up. */
export type GroupMemberArgs =
  /** Addresses, networks and ranges of one family. */
  | { addresses: readonly pulumi.Input<string>[] }
  /** VMs with this tag. */
  | { tag: string; scope: string }
  /** Segments, segment ports and groups, by policy path. */
  | { paths: readonly pulumi.Input<string>[] }
  /** VMs by external id. */
  | { virtualMachines: readonly pulumi.Input<string>[] };

/** A group that rules name. In NSX its id is `<policyId>-<id>`. */
export interface FirewallGroupArgs {
  id: string;
  /** @default the id */
  displayName?: string;
  /** @default "" */
  description?: string;
  members: readonly GroupMemberArgs[];
}

/** Ports of one protocol. */
export interface ServiceEntryArgs {
  id: string;
  /** @default "TCP" */
  protocol?: "TCP" | "UDP";
  /** Destination ports and ranges such as `"5432"` or `"8000-8010"`. At most 15 per entry, a range counts as two. */
  ports: readonly string[];
  /** Source ports, counted together with `ports`. @default any */
  sourcePorts?: readonly string[];
}

/** A service that rules name. In NSX its id is `<policyId>-<id>`. */
export interface FirewallServiceArgs {
  id: string;
  /** @default the id */
  displayName?: string;
  entries: readonly ServiceEntryArgs[];
}

/** What is allowed. Always logged. */
export interface FirewallRuleArgs {
  id: string;
  /** @default the id */
  displayName?: string;
  /** Ids of groups declared here, or paths such as `/infra/domains/default/groups/orders`. */
  sources: readonly string[];
  /** As sources. Sources or destinations must hold an isolated group, or a path. */
  destinations: readonly string[];
  /** Ids of services declared here, or paths such as `/infra/services/DNS-UDP`. */
  services: readonly string[];
  /** @default "IN_OUT" */
  direction?: "IN" | "OUT" | "IN_OUT";
  /** @default "IPV4_IPV6" */
  ipProtocol?: "IPV4" | "IPV6" | "IPV4_IPV6";
  /** Order of evaluation, 0 to 999998. @default ten times the rule's place in the list, from 10 */
  sequenceNumber?: number;
  /** Text in the firewall's log, at most 32 characters. @default the id, cut at 32 */
  label?: string;
  /** @default "" */
  notes?: string;
}

/** The last rule: everything that no rule allows. It cannot be left out, and is always logged. */
export interface FirewallDenyArgs {
  /** @default "deny-everything-else" */
  id?: string;
  /** @default "DROP" */
  action?: "DROP" | "REJECT";
  /** `IN` lets isolated VMs open connections to anywhere. @default "IN_OUT" */
  direction?: "IN" | "IN_OUT";
  /** Text in the firewall's log, at most 32 characters. @default the id, cut at 32 */
  label?: string;
}

export interface DistributedFirewallArgs {
  manager: NsxManagerArgs;
  /** Id of the security policy, and what ids of its groups and services begin with. Another id replaces everything. */
  policyId: string;
  /** Another domain replaces everything. @default "default" */
  domain?: string;
  /** @default policyId */
  displayName?: string;
  /** NSX evaluates Emergency, Infrastructure, Environment, Application in this order. @default "Application" */
  category?: "Emergency" | "Infrastructure" | "Environment" | "Application";
  /** Order among the policies of the category, 0 to 999999. @default 10 */
  sequenceNumber?: number;
  /** Ids of the groups whose VMs are isolated: the policy applies to them and to nothing else. */
  isolate: readonly string[];
  groups: readonly FirewallGroupArgs[];
  services: readonly FirewallServiceArgs[];
  rules: readonly FirewallRuleArgs[];
  /** @default drop, both directions */
  deny?: FirewallDenyArgs;
  /** Seconds to wait until NSX has realized a change. @default 300 */
  realizationTimeout?: number;
}
