import { termWords, type AccessChange, type TermChange, type Terms } from "../../components/access/index.js";
import type { AccessComparison } from "../preview.js";
import { code, escaped } from "./escape.js";

const KINDS: readonly { readonly kind: AccessChange["kind"]; readonly title: string }[] = [
  { kind: "opens", title: "Opens" },
  { kind: "closes", title: "Closes" },
  { kind: "login-opens", title: "Admits" },
  { kind: "login-closes", title: "Bars" },
];

/** What a change opens and closes, in words. */
export function accessSection({ base, changes, terms }: AccessComparison): string {
  const head = `### Access, against ${code(base)}`;
  const kept = terms.length === 0 ? [] : ["**Keeps, under other terms**", terms.map(termLine).join("\n")];
  if (changes.length === 0) return [head, "Nothing is opened and nothing is closed.", ...kept].join("\n\n");
  const parts = KINDS.flatMap(({ kind, title }) => {
    const those = changes.filter((change) => change.kind === kind);
    return those.length === 0 ? [] : [`**${title}**`, those.map(changeLine).join("\n")];
  });
  return [head, ...parts, ...kept].join("\n\n");
}

function changeLine(change: AccessChange): string {
  const { from, to, what, rule, description } = change;
  const names = (list: readonly string[]): string => list.map(code).join(", ");
  const meaning = description === "" ? "" : `: ${escaped(description)}`;
  return `- ${names(from)} → ${names(to)}: **${escaped(what)}**, by ${code(rule)}${meaning}${bracketed(change)}`;
}

function termLine({ rule, before, after }: TermChange): string {
  const words = (terms: Terms): string => escaped(termWords(terms) || "nobody named, no end");
  return `- ${code(rule)}: before ${words(before)}, now ${words(after)}`;
}

function bracketed(terms: Terms): string {
  const words = termWords(terms);
  return words === "" ? "" : ` (${escaped(words)})`;
}

/** The same in a few words. */
export function accessSummary({ base, changes, terms }: AccessComparison): string {
  const count = (kind: AccessChange["kind"]): number =>
    changes.filter((change) => change.kind === kind).length;
  const parts = KINDS.filter(({ kind }) => count(kind) > 0).map(
    ({ kind, title }) => `${title.toLowerCase()} ${count(kind)}`,
  );
  if (terms.length > 0) parts.push(`other terms for ${terms.length}`);
  return `${parts.join(", ") || "nothing changes"}, against ${code(base)}`;
}
