/** Quotes a text as an SQL literal. */
export function literal(text: string): string {
  return text.includes("\\")
    ? `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;
}

/** Quotes an SQL identifier. */
export function quoteIdentifier(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
