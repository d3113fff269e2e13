import { kubernetesOf } from "../../declaration/index.js";
import type { RecoveryPlan } from "../../recovery/plan.js";
import { declaredRules, renderHbaRule, type HbaRule } from "../hba.js";

/** Name under which a Cluster knows the addresses of its pooler's pods; `podSelectorRefs` says which they are. */
export const POOLER_SELECTOR = "pooler";

/** Nobody else. The operator's last record would take plain text from everybody who knows a password. */
const REST: readonly HbaRule[] = ["all", "replication"].map((database) => ({
  type: "host",
  database,
  user: "all",
  address: "all",
  method: "reject",
}));

const lines = (rules: readonly HbaRule[]): string[] => rules.map((rule) => compact(renderHbaRule(rule)));

/** Columns are for readers of a file; in a list they are noise. */
function compact(line: string): string {
  return line.replaceAll(/ +/g, " ").trim();
}

/**
 * spec.postgresql.pg_hba: what is declared, and nobody else. Before it stand the operator's own records: the socket, members by their
 * certificates, the pooler's own query.
 */
export function cnpgHba(plan: RecoveryPlan): readonly string[] {
  const { cnpg } = kubernetesOf(plan.environment).kubernetes;
  const declared = declaredRules(plan);
  return lines([...declared, ...(cnpg?.pooler === undefined ? [] : pooled(declared)), ...REST]);
}

/** Who comes through the pooler comes from its pods. */
function pooled(declared: readonly HbaRule[]): readonly HbaRule[] {
  const seen = new Map(
    declared.map(({ database, user, method }) => [
      `${database} ${user}`,
      { type: "hostssl" as const, database, user, address: `\${podselector:${POOLER_SELECTOR}}`, method },
    ]),
  );
  return [...seen.values()];
}

/** spec.pgbouncer.pg_hba: the same clients over TLS; its last records of the operator's would let in everybody in plain text. */
export function cnpgPoolerHba(plan: RecoveryPlan): readonly string[] {
  const rest = ["0.0.0.0/0", "::/0"].map((address): HbaRule => ({
    type: "host",
    database: "all",
    user: "all",
    address,
    method: "reject",
  }));
  return lines([...declaredRules(plan), ...rest]);
}

/** spec.postgresql.pg_ident: whoever is in a pod as the server's account may act as maint, which is no superuser. */
export function cnpgIdent(): readonly string[] {
  return ["local postgres maint"];
}
