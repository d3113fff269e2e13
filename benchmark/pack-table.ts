import { ratio, spread } from "./cells.js";
import type { Judged } from "./pack.js";
import { median } from "./statistics.js";

/** What judging costs, and what it costs beside checkov. */
export function packTable(sizes: readonly Judged[]): string[] {
  if (sizes.length === 0) return ["Not measured in this run (`--no-engine`)."];
  const each = ({ pack }: Judged): number => median(pack.processor) / pack.resources;
  return [
    "`pgkeep policy report` of a stack's export, with all rules, and checkov on the same objects of Kubernetes as manifests: start",
    "to exit, in turns. The objects are those of `lab-kubernetes`, as many times as it takes. checkov knows objects of Kubernetes alone; the pack",
    "has rules about what is missing in the stack as well.",
    "",
    "| objects | runs | pack: processor, s | ms an object | checkov: processor, s | pack against checkov |",
    "| ---: | ---: | --- | ---: | --- | ---: |",
    ...sizes.map(
      (size) =>
        `| ${size.pack.resources} | ${size.pack.processor.length} | ${spread(size.pack.processor)} | ${each(size).toFixed(2)} | ` +
        `${spread(size.checkov.processor)} | ${ratio(size.pack, size.checkov)} |`,
    ),
    "",
    ...linearity(sizes),
  ];
}

/** What each further object costs, from size to size: the start of the command, which all share, is no part of it. */
function linearity(sizes: readonly Judged[]): string[] {
  const steps = sizes.slice(1).map(({ pack }, i) => {
    const before = (sizes[i] as Judged).pack;
    const more = median(pack.processor) - median(before.processor);
    return { from: before.resources, to: pack.resources, each: more / (pack.resources - before.resources) };
  });
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined || first === last) return [];
  return [
    `Each further object under the pack: ${first.each.toFixed(2)} ms from ${first.from} to ${first.to}, ${last.each.toFixed(2)} ms from ` +
      `${last.from} to ${last.to} (factor ${(last.each / first.each).toFixed(2)}; 1 is linear).`,
  ];
}
