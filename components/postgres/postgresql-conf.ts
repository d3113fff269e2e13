import type { Settings } from "./sizing.js";

/** One value as postgresql.conf takes it: booleans as words, numbers bare, everything else quoted. */
export function renderValue(value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number") return String(value);
  return quote(value);
}

/**
 * Quotes a text for postgresql.conf. The server reads backslash escapes inside quotes and ends a string at a line break,
 * so both are escaped.
 *
 * @throws RangeError for a NUL byte, which no escape can carry
 */
export function quote(text: string): string {
  if (text.includes("\0")) throw new RangeError("a setting cannot hold a NUL byte; remove it");
  const escapes: Readonly<Record<string, string>> = {
    "'": "''",
    "\\": "\\\\",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
  };
  return `'${text.replace(/['\\\n\r\t]/g, (letter) => escapes[letter] ?? letter)}'`;
}

/** The file `postgresql.conf`, complete: nothing is left to what initdb wrote. */
export function renderPostgresqlConf(all: Settings): string {
  const lines = [...all].map(([name, value]) => `${name} = ${renderValue(value)}`);
  return `# Generated from the declaration; changes here are lost.\n${lines.join("\n")}\n`;
}
