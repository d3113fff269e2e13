import { CannotJudge } from "../judgement.js";
import { ruleOf, type NftRule } from "./rule.js";
import { Reader, tokensOf } from "./tokens.js";

export type NftFamily = "inet" | "ip" | "ip6";

/** A chain; a base chain hangs at a hook. */
export interface NftChain {
  readonly name: string;
  readonly base?: { readonly hook: string; readonly priority: number };
  /** What happens at the end of a base chain. */
  readonly policy: "accept" | "drop";
  readonly rules: readonly NftRule[];
}

export interface NftTable {
  readonly family: NftFamily;
  readonly name: string;
  readonly chains: readonly NftChain[];
  readonly sets: ReadonlyMap<string, readonly string[]>;
}

/** Priorities that have a name, for inet, ip and ip6. */
const PRIORITIES: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
};

/**
 * Reads a file as `nft -f` does: commands in order, in one transaction.
 *
 * @throws CannotJudge for what is not known here
 */
export function parseNftables(text: string): readonly NftTable[] {
  const reader = new Reader(tokensOf(text));
  let tables: NftTable[] = [];
  while (!reader.done) {
    if (reader.accept(";")) continue;
    const word = reader.take().text;
    if (word === "table" || (word === "add" && reader.accept("table"))) {
      const { family, name } = tableName(reader);
      const made = reader.accept("{") ? tableOf(reader, family, name) : empty(family, name);
      const known = tables.find((table) => same(table, made));
      tables = [...tables.filter((table) => table !== known), merged(known, made)];
    } else if ((word === "delete" || word === "destroy") && reader.accept("table")) {
      const gone = tableName(reader);
      tables = tables.filter((table) => !same(table, gone));
    } else if (word === "flush" && reader.accept("ruleset")) tables = [];
    else throw new CannotJudge(`nftables: the command "${word}" is not known here`);
  }
  return tables;
}

function tableName(reader: Reader): { family: NftFamily; name: string } {
  const first = reader.take().text;
  if (first === "inet" || first === "ip" || first === "ip6")
    return { family: first, name: reader.take().text };
  if (["arp", "bridge", "netdev"].includes(first))
    throw new CannotJudge(`nftables: tables of the family ${first} are not known here`);
  return { family: "ip", name: first };
}

function same(a: Pick<NftTable, "family" | "name">, b: Pick<NftTable, "family" | "name">): boolean {
  return a.family === b.family && a.name === b.name;
}

function empty(family: NftFamily, name: string): NftTable {
  return { family, name, chains: [], sets: new Map() };
}

/** A table that is named again is added to. */
function merged(known: NftTable | undefined, made: NftTable): NftTable {
  if (known === undefined) return made;
  const chains = [...known.chains];
  for (const chain of made.chains) {
    const i = chains.findIndex(({ name }) => name === chain.name);
    const old = chains[i];
    if (old === undefined) chains.push(chain);
    else chains[i] = { ...old, ...chain, rules: [...old.rules, ...chain.rules] };
  }
  return { ...made, chains, sets: new Map([...known.sets, ...made.sets]) };
}

function tableOf(reader: Reader, family: NftFamily, name: string): NftTable {
  const chains: NftChain[] = [];
  const sets = new Map<string, readonly string[]>();
  while (!reader.accept("}")) {
    if (reader.accept(";")) continue;
    const word = reader.take().text;
    const part = reader.take().text;
    reader.expect("{");
    if (word === "chain") chains.push(chainOf(reader, part, sets));
    else if (word === "set") sets.set(part, setOf(reader));
    else throw new CannotJudge(`nftables: "${word}" in a table is not known here`);
  }
  return { family, name, chains, sets };
}

function setOf(reader: Reader): readonly string[] {
  let elements: string[] = [];
  while (!reader.accept("}")) {
    const words = reader.statement().map(({ text }) => text);
    const [first = ""] = words;
    if (first === "elements")
      elements = words.slice(1).filter((word) => !["=", "{", "}", ","].includes(word));
    else if (!["", "type", "flags", "comment", "auto-merge", "size"].includes(first))
      throw new CannotJudge(`nftables: "${first}" in a set is not known here`);
  }
  return elements;
}

function chainOf(reader: Reader, name: string, sets: ReadonlyMap<string, readonly string[]>): NftChain {
  let base: NftChain["base"];
  let policy: NftChain["policy"] = "accept";
  const rules: NftRule[] = [];
  while (!reader.accept("}")) {
    const tokens = reader.statement();
    const words = tokens.map(({ text }) => text);
    if (words.length === 0) continue;
    if (words[0] === "type") {
      const [, type, , hook = "", , ...priority] = words;
      if (type !== "filter" || words[2] !== "hook" || words[4] !== "priority")
        throw new CannotJudge(`nftables: the chain "${words.join(" ")}" is not known here`);
      base = { hook, priority: priorityOf(priority) };
    } else if (words[0] === "policy") {
      if (words[1] !== "accept" && words[1] !== "drop")
        throw new CannotJudge(`nftables: the policy ${words[1] ?? ""} is not known here`);
      policy = words[1];
    } else if (words[0] !== "comment") rules.push(ruleOf(tokens, sets));
  }
  return { name, ...(base === undefined ? {} : { base }), policy, rules };
}

function priorityOf(words: readonly string[]): number {
  const [first = "", sign, second] = words
    .join(" ")
    .replace(/([+-])\s*(?=\d)/g, " $1 ")
    .trim()
    .split(/\s+/);
  if (first === "-" || first === "+") return Number(`${first}${sign ?? ""}`);
  const start = PRIORITIES[first] ?? Number(first);
  const priority = start + (sign === undefined ? 0 : Number(`${sign}${second ?? ""}`));
  if (Number.isNaN(priority))
    throw new CannotJudge(`nftables: the priority "${words.join(" ")}" is not known here`);
  return priority;
}
