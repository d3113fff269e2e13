import { connectionLimit, kubernetesOf, ownerOf, type Role } from "../../declaration/index.js";
import type { RecoveryPlan } from "../../recovery/plan.js";
import { EXTENSION_SCHEMA, ensureExtension, rightsInside, SESSION } from "../roles/database.js";
import { ident, literal, MANAGED, roleSettings } from "../roles/statements.js";
import { MEMBERSHIPS, RESERVED_GROUP } from "../roles/system.js";

/** An entry of spec.managed.roles: the operator keeps it so; its password stands in a Secret. */
export interface CnpgRole {
  readonly name: string;
  readonly comment: string;
  readonly ensure: "present";
  readonly login: boolean;
  readonly inherit: boolean;
  readonly inRoles: readonly string[];
  readonly connectionLimit?: number;
  readonly passwordSecret?: { readonly name: string };
  readonly disablePassword?: true;
}

const entry = { comment: MANAGED, ensure: "present", inherit: true } as const;

/** The declared roles, the owner, which nobody logs in as, and maint, which comes over the socket alone. */
export function cnpgRoles(plan: RecoveryPlan): readonly CnpgRole[] {
  const { cluster, kubernetes } = kubernetesOf(plan.environment);
  const prefix = kubernetes.cnpg?.secrets.passwords ?? cluster.name;
  return [
    ...cluster.databases.map((database) => ({
      ...entry,
      name: ownerOf(database),
      login: false,
      inRoles: [],
    })),
    {
      ...entry,
      name: "maint",
      login: true,
      inRoles: MEMBERSHIPS.maint,
      connectionLimit: 10,
      disablePassword: true,
    },
    ...cluster.roles.map((role) => ({
      ...entry,
      name: role.name,
      login: true,
      inherit: role.kind !== "migration",
      // What is not in the list is taken away again.
      inRoles: groupsOf(plan, role),
      connectionLimit: connectionLimit(role, cluster),
      passwordSecret: { name: `${prefix}-${role.name.replaceAll("_", "-")}` },
    })),
  ];
}

function groupsOf({ environment: { cluster } }: RecoveryPlan, { kind, databases }: Role): readonly string[] {
  if (kind === "monitor") return ["pg_monitor", RESERVED_GROUP];
  if (kind !== "migration") return [];
  return cluster.databases.filter(({ name }) => databases.includes(name)).map(ownerOf);
}

/**
 * Statements that run once in database postgres, before the declared one is made: roles without a login yet, which rights are granted to,
 * and what belongs to a role for good. Passwords and logins are the operator's, by {@link cnpgRoles}.
 */
export function cnpgServerSql(plan: RecoveryPlan): string {
  const { cluster } = plan.environment;
  const owners = cluster.databases.map(ownerOf);
  const schema = ident(EXTENSION_SCHEMA);
  return joined([
    ...SESSION,
    // The operator has made the owner, with a login.
    ...owners.map((name) => `ALTER ROLE ${ident(name)} NOLOGIN;`),
    ...["maint", ...cluster.roles.map(({ name }) => name)].map(
      (name) => `CREATE ROLE ${ident(name)} NOLOGIN;`,
    ),
    ...cluster.roles.flatMap(({ name, kind, statementTimeout }) =>
      roleSettings(name, {
        statement_timeout: literal(`${statementTimeout}s`),
        ...(kind === "readonly" ? { default_transaction_read_only: "on" } : {}),
      }),
    ),
    `CREATE SCHEMA ${schema};`,
    `GRANT USAGE ON SCHEMA ${schema} TO pg_monitor;`,
    ...["pgaudit", "pg_stat_statements"].flatMap(ensureExtension),
    ...cluster.roles
      .filter(({ kind }) => kind === "monitor")
      .flatMap(({ name }) => [
        `GRANT CONNECT ON DATABASE postgres TO ${ident(name)};`,
        ...roleSettings(name, { search_path: schema }, "postgres"),
      ]),
  ]);
}

/** Statements that run once in the declared database: who may do what there. */
export function cnpgDatabaseSql(plan: RecoveryPlan): string {
  return joined(plan.environment.cluster.databases.slice(0, 1).flatMap((each) => rightsInside(plan, each)));
}

/** One text: a transaction must not be cut into statements of different sessions. */
function joined(statements: readonly string[]): string {
  return `${statements.join("\n")}\n`;
}
