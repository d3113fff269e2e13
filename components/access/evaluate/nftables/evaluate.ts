import { isV6 } from "../addresses.js";
import { CannotJudge, type Judgement } from "../judgement.js";
import type { NftPacket } from "./rule.js";
import type { NftChain, NftTable } from "./ruleset.js";

/**
 * What the kernel does with a packet at a hook (nft(8), "CHAINS" and "VERDICT STATEMENTS"): base chains of all tables by
 * priority; accept ends the base chain that says it, and the next one is asked; drop ends everything at once.
 */
export function evaluateNftables(
  tables: readonly NftTable[],
  hook: "input" | "output" | "forward",
  packet: NftPacket,
): Judgement {
  const chains = tables
    .filter(({ family }) => family === "inet" || (family === "ip6") === isV6(packet.from))
    .flatMap((table) => table.chains.map((chain) => ({ table, chain, base: chain.base })))
    .flatMap(({ table, chain, base }) => (base?.hook === hook ? [{ table, chain, base }] : []))
    .toSorted((a, b) => a.base.priority - b.base.priority);
  let last: Judgement = { verdict: "accept", by: `no chain stands at ${hook}` };
  for (const { table, chain } of chains) {
    const ruled = walk(table, chain, packet, 0);
    last =
      ruled === undefined || ruled === "return"
        ? { verdict: chain.policy, by: `the policy of chain ${chain.name}` }
        : ruled;
    if (last.verdict === "drop") return last;
  }
  return last;
}

/** Undefined when the chain ends without a verdict. */
function walk(
  table: NftTable,
  chain: NftChain,
  packet: NftPacket,
  depth: number,
): Judgement | "return" | undefined {
  if (depth > 16) throw new CannotJudge(`nftables: chain ${chain.name} jumps without end`);
  for (const { matches, verdict, comment, text } of chain.rules) {
    if (verdict === undefined || !matches(packet)) continue;
    if (verdict.kind === "accept" || verdict.kind === "drop")
      return { verdict: verdict.kind, by: comment ?? text };
    if (verdict.kind === "return") return "return";
    if (verdict.kind !== "jump" && verdict.kind !== "goto") continue;
    const target = table.chains.find(({ name }) => name === verdict.chain);
    if (target === undefined) throw new CannotJudge(`nftables: there is no chain ${verdict.chain}`);
    const ruled = walk(table, target, packet, depth + 1);
    if (ruled !== undefined && ruled !== "return") return ruled;
    // After goto the calling chain is not gone on with.
    if (verdict.kind === "goto") return undefined;
  }
  return undefined;
}
