import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";
import { peersOf } from "./guests.js";
import { IDENT_MAP } from "./ident.js";
import { hostCidr } from "./layout.js";

/** One record of pg_hba.conf. */
export interface HbaRule {
  readonly type: "local" | "hostssl" | "host";
  readonly database: string;
  readonly user: string;
  /** CIDR; absent for local. */
  readonly address?: string;
  readonly method: string;
  readonly comment?: string;
}

/** Certificate of the environment's authority required of servers that connect to servers, besides the password. */
const MUTUAL_TLS = "scram-sha-256 clientcert=verify-ca";

/**
 * Who may connect, first match wins: operating system accounts over the socket, the other members for streaming and
 * rewind, declared rules, and nobody else. A superuser never comes over the network.
 */
export function hbaRules(plan: RecoveryPlan, guest: PlanGuest): readonly HbaRule[] {
  return [
    ...localRules(),
    ...peersOf(plan, guest).flatMap(({ name, addresses }) =>
      peerRules(hostCidr(addresses.replication), name),
    ),
    ...declaredRules(plan),
    ...REST,
  ];
}

/** Accounts of the operating system, over the socket. */
export function localRules(): readonly HbaRule[] {
  const map = `peer map=${IDENT_MAP}`;
  return [
    { type: "local", database: "all", user: "postgres", method: "peer" },
    { type: "local", database: "postgres", user: quoted("backup"), method: map },
    { type: "local", database: "all", user: quoted("maint"), method: map },
    { type: "local", database: "replication", user: quoted("replicator"), method: map },
    { type: "local", database: "all", user: "all", method: "reject" },
  ];
}

/** Streaming and rewind from where members are. */
export function peerRules(address: string, from: string): readonly HbaRule[] {
  return [
    {
      type: "hostssl",
      database: "replication",
      user: quoted("replicator"),
      address,
      method: MUTUAL_TLS,
      comment: `streaming from ${from}`,
    },
    { type: "hostssl", database: quoted("postgres"), user: quoted("rewind"), address, method: MUTUAL_TLS },
  ];
}

/** What `access.rules` declares. */
export function declaredRules({ environment: { access, cluster } }: RecoveryPlan): readonly HbaRule[] {
  const rules: HbaRule[] = [];
  for (const rule of access.rules) {
    const networks = access.groups.find(({ name }) => name === rule.from)?.networks ?? [];
    for (const name of rule.roles) {
      const role = cluster.roles.find((candidate) => candidate.name === name);
      if (role === undefined) continue;
      const databases = role.kind === "monitor" ? ["postgres"] : role.databases;
      for (const database of databases)
        for (const address of networks)
          rules.push({
            type: "hostssl",
            database: quoted(database),
            user: quoted(name),
            address,
            method: "scram-sha-256",
            comment: rule.description,
          });
    }
  }
  return rules;
}

/** Nobody else. */
export const REST: readonly HbaRule[] = [
  { type: "host", database: "all", user: "all", address: "0.0.0.0/0", method: "reject" },
  { type: "host", database: "all", user: "all", address: "::/0", method: "reject" },
  // "all" does not stand for replication.
  { type: "host", database: "replication", user: "all", address: "0.0.0.0/0", method: "reject" },
  { type: "host", database: "replication", user: "all", address: "::/0", method: "reject" },
];

/** Quotes take the special meaning from names such as all, replication or sameuser. */
function quoted(name: string): string {
  return `"${name}"`;
}

/** One record as a line, without its comment. */
export function renderHbaRule({ type, database, user, address = "", method }: HbaRule): string {
  return `${type.padEnd(8)}${database.padEnd(16)} ${user.padEnd(16)} ${address.padEnd(22)} ${method}`;
}

/** The file pg_hba.conf. */
export function renderPgHba(plan: RecoveryPlan, guest: PlanGuest): string {
  return renderHbaRules(hbaRules(plan, guest));
}

/** The same of any records. */
export function renderHbaRules(rules: readonly HbaRule[]): string {
  const lines = rules.flatMap((rule) => [
    ...(rule.comment === undefined ? [] : [`# ${rule.comment}`]),
    renderHbaRule(rule),
  ]);
  return `# Generated from the declaration; changes here are lost.\n${lines.join("\n")}\n`;
}
