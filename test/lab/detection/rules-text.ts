import { parse } from "yaml";

/** A file of Falco's rules. */
export interface RulesText {
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly macros: ReadonlyMap<string, string>;
  readonly rules: readonly { readonly rule: string; readonly condition: string; readonly output: string }[];
}

export function readRules(text: string): RulesText {
  const items = parse(text) as readonly Readonly<Record<string, unknown>>[];
  const of = (key: string): Readonly<Record<string, unknown>>[] => items.filter((item) => key in item);
  return {
    lists: new Map(of("list").map(({ list, items: all }) => [String(list), (all as unknown[]).map(String)])),
    macros: new Map(of("macro").map(({ macro, condition }) => [String(macro), String(condition)])),
    rules: of("rule").map(({ rule, condition, output }) => ({
      rule: String(rule),
      condition: String(condition),
      output: String(output),
    })),
  };
}

/** A condition with its macros and lists put in, as Falco compiles it: outside quotes, a whole word at a time. */
export function expanded(condition: string, { lists, macros }: RulesText): string {
  return condition
    .split(/("[^"]*"|'[^']*')/)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part.replaceAll(/(?<![\w./-])[A-Za-z_]\w*(?![\w./-])/g, (word) => {
            const macro = macros.get(word);
            if (macro !== undefined) return `(${expanded(macro, { lists, macros, rules: [] })})`;
            return lists.get(word)?.join(", ") ?? word;
          }),
    )
    .join("");
}

/** The parts of a condition that must all hold: split at each `and` outside parentheses and quotes. */
export function conjuncts(condition: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (const word of condition.split(/("[^"]*"|'[^']*'|[()]|\s+)/)) {
    if (word === "(") depth += 1;
    if (word === ")") depth -= 1;
    if (word === "and" && depth === 0) {
      parts.push(part.trim());
      part = "";
    } else part += word;
  }
  return [...parts, part.trim()];
}
