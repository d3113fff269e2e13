/** Name of the map in pg_ident.conf. */
export const IDENT_MAP = "pgkeep";

/** Which account of the operating system may act as which role over the socket. */
const MAPPINGS: readonly (readonly [account: string, role: string])[] = [
  // pgBackRest and Patroni run as postgres; the less they may do there, the better.
  ["postgres", "backup"],
  ["postgres", "maint"],
  ["postgres", "replicator"],
  // The guest agent runs as root: checkpoints and the like need no superuser.
  ["root", "maint"],
];

/** Records of pg_ident.conf. */
export function identRules(): readonly string[] {
  return MAPPINGS.map(([account, role]) => `${IDENT_MAP} ${account} ${role}`);
}

/** The file pg_ident.conf. */
export function renderPgIdent(): string {
  return `# Generated from the declaration; changes here are lost.\n${identRules().join("\n")}\n`;
}
