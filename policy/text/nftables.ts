import { isWorld } from "./networks.js";

const POSTGRES = 5432;

/** A chain, with what is said in it, in order. */
interface Chain {
  readonly name: string;
  readonly statements: string[];
}

/** What is open to everybody in an nftables configuration, a file or commands in a plain text; empty when nothing is. */
export function openingsIn(text: string): string[] {
  if (!/\b(?:[sd]addr|dport)\b/.test(text)) return [];
  return chainsIn(text)
    .filter((chain) => !isOutbound(chain))
    .flatMap((chain) => [
      ...chain.statements.flatMap(openingOf),
      ...(letsInTheRest(chain) ? ["nftables lets in what no rule names"] : []),
    ]);
}

function openingOf(statement: string): string[] {
  if (!/\baccept\b/.test(spoken(statement))) return [];
  const sources = sourcesOf(statement);
  if (sources?.some((source) => isWorld(source)) === true) return ["nftables accepts every source"];
  if (sources !== undefined || isLoopback(statement) || !namesPostgres(statement)) return [];
  return [`nftables accepts port ${POSTGRES} from every source`];
}

/** A chain for arriving packets that speaks of PostgreSQL, and takes what it does not speak of. */
function letsInTheRest({ statements }: Chain): boolean {
  const says = (pattern: RegExp): boolean => statements.some((statement) => pattern.test(statement));
  if (!says(/\btype filter hook (?:input|forward)\b/) || !statements.some(namesPostgres)) return false;
  if (says(/^policy drop\b/)) return false;
  return !statements.some(
    (statement) =>
      /\b(?:drop|reject)\b/.test(spoken(statement)) &&
      sourcesOf(statement) === undefined &&
      (namesPostgres(statement) || isWithoutCondition(statement)),
  );
}

/** Sources that a statement is limited to, written out as far as they are; undefined when everybody is meant. */
function sourcesOf(statement: string): string[] | undefined {
  const [, not, list = ""] = /\bip6? saddr (!= ?)?(\([^)]*\)|\S+)/.exec(statement) ?? [];
  return list === "" || not !== undefined ? undefined : items(list);
}

function namesPostgres(statement: string): boolean {
  const [, not, list = ""] = /\b(?:tcp|th) dport (!= ?)?(\([^)]*\)|\S+)/.exec(statement) ?? [];
  if (list === "") return false;
  const named = items(list).some((item) => {
    const [first = "", last = first] = item.split("-");
    return item === "postgresql" || (Number(first) <= POSTGRES && POSTGRES <= Number(last));
  });
  return named === (not === undefined);
}

function items(list: string): string[] {
  return list
    .replace(/[()]/g, "")
    .split(",")
    .map((item) => item.trim());
}

function isLoopback(statement: string): boolean {
  return /\biif(?:name)? "?lo"?(?= )/.test(statement);
}

function isWithoutCondition(statement: string): boolean {
  return /^(?:counter |log(?: prefix ""| level \w+| flags \w+)* )*(?:drop|reject)\b/.test(spoken(statement));
}

/** Without free text: a comment is no verdict. */
function spoken(statement: string): string {
  return statement.replace(/\b(comment|prefix) "[^"]*"/g, '$1 ""');
}

function isOutbound({ name, statements }: Chain): boolean {
  const hook = statements
    .map((statement) => /\bhook (\w+)/.exec(statement)?.[1])
    .find((each) => each !== undefined);
  // Commands that only add rules do not say the hook.
  return /^(?:output|postrouting|egress)/i.test(hook ?? name);
}

const COMMAND =
  /\b(?:add|insert|replace) rule (?:(?:ip6?|inet|bridge|arp|netdev) )?(\S+) (\S+) (.*)|\b(?:add|create) chain (?:(?:ip6?|inet|bridge|arp|netdev) )?(\S+) (\S+) ?\W?$/;

/** Chains with their statements, each on one line with single spaces; `(1, 2)` stands for a set. */
function chainsIn(text: string): Chain[] {
  const chains = new Map<string, Chain>();
  const chain = (table: string, name: string): Chain => {
    const key = `${table} ${name}`;
    const known = chains.get(key) ?? { name, statements: [] };
    chains.set(key, known);
    return known;
  };
  const around: (Chain | undefined)[] = [];
  let table = "";
  let inside: Chain | undefined;
  for (const [, said = "", end] of withSets(text).matchAll(/([^{};\n]*)([{};\n]|$)/g)) {
    const statement = said.replace(/\s+/g, " ").trim();
    const [, ruleTable, ruleChain = "", rule = "", chainTable, newChain = ""] = COMMAND.exec(statement) ?? [];
    if (ruleTable !== undefined) chain(ruleTable, ruleChain).statements.push(rule);
    else if (end === "{") {
      around.push(inside);
      table = /\btable (?:\w+ )?(\S+)$/.exec(statement)?.[1] ?? table;
      const name = /\bchain (\S+)$/.exec(statement)?.[1];
      if (chainTable !== undefined) inside = chain(chainTable, newChain);
      else if (name !== undefined) inside = chain(table, name);
    } else if (statement !== "") (inside ?? chain("", "")).statements.push(statement);
    if (end === "}") inside = around.pop();
  }
  return [...chains.values()];
}

/** The text without comments, and with sets on one line in round brackets, so that braces are blocks only. */
function withSets(text: string): string {
  return text
    .replace(/(^|\s)#.*$/gm, "$1")
    .replace(/&&|\|\|/g, ";")
    .replace(/\{([^{};]*)\}/g, (all, inner: string) =>
      /\b(?:accept|drop|reject|jump|goto|policy)\b/.test(inner) ? all : `(${inner.replace(/\s+/g, " ")})`,
    );
}
