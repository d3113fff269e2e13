import { mustRun } from "../../../lab/subprocess.js";
import { within } from "../postgres/sandbox.js";
import type { Sent } from "./sender.js";

/** Where packets are looked at: before the rules under test and behind them. */
export interface Point {
  readonly family: "inet" | "bridge";
  /** Chains of one direction: before and behind the rules under test, with what only first packets fit. */
  readonly chains: readonly {
    readonly set: "arrived" | "passed";
    readonly at: string;
    readonly first: string;
  }[];
}

/** In a host: around nft's priority `filter`, at both hooks. Answers belong to a connection and are not looked at. */
export const HOST: Point = {
  family: "inet",
  chains: (["input", "output"] as const).flatMap((hook) =>
    (["arrived", "passed"] as const).map((set) => ({
      set,
      at: `hook ${hook} priority filter ${set === "arrived" ? "-" : "+"} 10`,
      first: "ct state new",
    })),
  ),
};

/**
 * The text that makes an empty observer. A packet is remembered by its number when it comes to the rules, and once more when it
 * leaves them: so that one is dropped is seen, not concluded from silence.
 */
export function observerText({ family, chains }: Point): string {
  const sets = (["arrived", "passed"] as const).flatMap((name) => [
    `  set ${name} { type inet_service; flags dynamic; size 65535; }`,
    `  set ${name}_echo { typeof icmp id; flags dynamic; size 65535; }`,
  ]);
  return [
    `table ${family} observer`,
    `delete table ${family} observer`,
    `table ${family} observer {`,
    ...sets,
    ...chains.flatMap(({ set, at, first }, i) => [
      `  chain c${i} {`,
      `    type filter ${at}; policy accept;`,
      `    ${first} meta l4proto { tcp, udp, vrrp } add @${set} { th sport }`,
      `    ${first} icmp type echo-request add @${set}_echo { icmp id }`,
      `    ${first} icmpv6 type echo-request add @${set}_echo { icmpv6 id }`,
      "  }",
    ]),
    "}",
    "",
  ].join("\n");
}

/**
 * Waits until all packets have come to the rules.
 *
 * @param net process that holds the network
 * @returns the numbers of those that the rules let through
 */
export async function passed(
  net: number,
  { family }: Point,
  sent: readonly Sent[],
): Promise<ReadonlySet<number>> {
  let seen = await observed(net, family);
  const missing = (): Sent[] => sent.filter(({ id }) => !seen.arrived.has(id));
  await within(20, async () => {
    if (missing().length === 0) return true;
    seen = await observed(net, family);
    return missing().length === 0 ? true : undefined;
  }).catch(() => {
    throw new Error(`packets that never came to the rules: ${JSON.stringify(missing().slice(0, 3))}`);
  });
  // Read again: what had come when the last one was looked for is decided by now.
  return (await observed(net, family)).passed;
}

interface ListedSet {
  readonly set?: { readonly name: string; readonly elem?: readonly (number | { elem: { val: number } })[] };
}

async function observed(
  net: number,
  family: string,
): Promise<{ readonly arrived: ReadonlySet<number>; readonly passed: ReadonlySet<number> }> {
  const list = ["nft", "-j", "-nn", "list", "table", family, "observer"];
  const text = await mustRun("nsenter", [`--net=/proc/${net}/ns/net`, ...list]);
  const { nftables } = JSON.parse(text) as { nftables: readonly ListedSet[] };
  const numbers = (name: string): ReadonlySet<number> =>
    new Set(
      nftables.flatMap(({ set }) =>
        set?.name === name || set?.name === `${name}_echo`
          ? (set.elem ?? []).map((each) => (typeof each === "number" ? each : each.elem.val))
          : [],
      ),
    );
  return { arrived: numbers("arrived"), passed: numbers("passed") };
}
