import type { AccessChange } from "../../components/access/index.js";
import type { AccessComparison } from "../preview.js";
import { code, escaped } from "./escape.js";

const KINDS: readonly { readonly kind: AccessChange["kind"]; readonly title: string }[] = [
  { kind: "opens", title: "Opens" },
  { kind: "closes", title: "Closes" },
  { kind: "login-opens", title: "Admits" },
  { kind: "login-closes", title: "Bars" },
];

/** What a change opens and closes, in words. */
export function accessSection({ base, changes }: AccessComparison): string {
  const head = `### Access, against ${code(base)}`;
  if (changes.length === 0) return `${head}\n\nNothing is opened and nothing is closed.`;
  const parts = KINDS.flatMap(({ kind, title }) => {
    const those = changes.filter((change) => change.kind === kind);
    return those.length === 0 ? [] : [`**${title}**`, those.map(changeLine).join("\n")];
  });
  return [head, ...parts].join("\n\n");
}

function changeLine({ from, to, what, rule, description }: AccessChange): string {
  const names = (list: readonly string[]): string => list.map(code).join(", ");
  const meaning = description === "" ? "" : `: ${escaped(description)}`;
  return `- ${names(from)} → ${names(to)}: **${escaped(what)}**, by ${code(rule)}${meaning}`;
}

/** The same in a few words. */
export function accessSummary({ base, changes }: AccessComparison): string {
  const count = (kind: AccessChange["kind"]): number =>
    changes.filter((change) => change.kind === kind).length;
  const parts = KINDS.filter(({ kind }) => count(kind) > 0).map(
    ({ kind, title }) => `${title.toLowerCase()} ${count(kind)}`,
  );
  return `${parts.join(", ") || "nothing changes"}, against ${code(base)}`;
}
