/** Pieces of SQL text. Names come from the declaration, where only plain identifiers pass. */

/** A quoted identifier. */
export function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A quoted literal; backslashes have no meaning under standard_conforming_strings. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Mark on every role that pgkeep made; what carries it and is no longer declared loses its login. */
export const MANAGED = "managed by pgkeep";

/** Attributes that no role of ours has; stated each time, so that a right given by hand is taken back. */
const NEVER = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS";

/** What a role is. */
export interface RoleAttributes {
  readonly login: boolean;
  readonly replication?: boolean;
  readonly inherit?: boolean;
  /** @default none */
  readonly connectionLimit?: number;
  /** SCRAM verifier. @default no password */
  readonly verifier?: string;
}

/** Creates a role when it is missing and gives it exactly these attributes. */
export function ensureRole(name: string, attributes: RoleAttributes): string[] {
  const { login, replication = false, inherit = true, connectionLimit = -1, verifier } = attributes;
  const words = [
    login ? "LOGIN" : "NOLOGIN",
    NEVER,
    replication ? "REPLICATION" : "NOREPLICATION",
    inherit ? "INHERIT" : "NOINHERIT",
    `CONNECTION LIMIT ${connectionLimit}`,
    `PASSWORD ${verifier === undefined ? "NULL" : literal(verifier)}`,
  ];
  return [
    `SELECT ${literal(`CREATE ROLE ${ident(name)}`)} WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(name)}) \\gexec`,
    `ALTER ROLE ${ident(name)} WITH ${words.join(" ")};`,
    `COMMENT ON ROLE ${ident(name)} IS ${literal(MANAGED)};`,
  ];
}

/** Settings that a role has in every database, or in one; all others that it had there are reset. */
export function roleSettings(
  name: string,
  values: Readonly<Record<string, string>>,
  database?: string,
): string[] {
  const where = database === undefined ? "" : ` IN DATABASE ${ident(database)}`;
  return [
    `ALTER ROLE ${ident(name)}${where} RESET ALL;`,
    ...Object.entries(values).map(
      ([setting, value]) => `ALTER ROLE ${ident(name)}${where} SET ${setting} = ${value};`,
    ),
  ];
}
