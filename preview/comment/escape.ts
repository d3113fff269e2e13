/*
 * Names, descriptions and reasons come from whoever opened the change. In the comment they are text and nothing else: no
 * markup, no mention that notifies somebody, no link, no second marker.
 */

const SPECIAL = /[\\`*_[\]|~$]/g;
/** Where a line begins these make headings, lists and quotations. */
const AT_START = /^(\d+)?([-+#.)=])/;
// eslint-disable-next-line no-control-regex -- These are what must not get through.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g;
/** Breaks up what a forge would make a mention, a reference or a link of. */
const JOINER = "\u2060";

/** A text within a line or a table's cell. */
export function escaped(text: string): string {
  return text
    .replace(CONTROL, " ")
    .trim()
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(SPECIAL, (character) => `\\${character}`)
    .replace(AT_START, "$1\\$2")
    .replace(/[@#!%](?=\S)/g, (sign) => `${sign}${JOINER}`)
    .replace(/(?<=\w)(?=:\/\/)/g, JOINER)
    .replace(/www\./gi, (start) => `${start.slice(0, -1)}${JOINER}.`);
}

/** A name, path or id as code, in which nothing is markup; what a table could not hold that way stays plain. */
export function code(text: string): string {
  const plain = text.replace(CONTROL, " ").trim();
  if (plain === "") return "(empty)";
  if (/[|\\]/.test(plain)) return escaped(plain);
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = plain.startsWith("`") || plain.endsWith("`") ? " " : "";
  return `${fence}${pad}${plain}${pad}${fence}`;
}

/** A table; cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A section that is shown when somebody opens it. */
export function folded(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}
