import { chooseRetention, type Copy } from "../../components/recovery/index.js";
import type { Retention } from "../../components/declaration/index.js";
import type { Context } from "../context.js";

/** Names of copies, from old to new. */
export interface Pruned {
  readonly kept: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Removes the copies that the declaration does not keep, one after the other, the oldest first. It ends at the first that cannot be removed.
 *
 * @param copies copies of ours alone
 * @param remove removes one, so that dying in it leaves no half copy that looks whole
 */
export async function applyRetention<C extends Copy>(
  { clock, output, dryRun }: Pick<Context, "clock" | "output" | "dryRun">,
  copies: readonly C[],
  retention: Retention,
  remove: (copy: C, kept: readonly C[]) => Promise<void>,
): Promise<Pruned> {
  const choice = chooseRetention(copies, retention, clock.now().getTime());
  for (const copy of choice.remove) {
    output.info(`${dryRun ? "would remove" : "removing"} ${copy.name}`);
    if (!dryRun) await remove(copy, choice.keep);
  }
  return { kept: choice.keep.map(({ name }) => name), removed: choice.remove.map(({ name }) => name) };
}
