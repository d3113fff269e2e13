import type { Machine } from "./machine.js";
import type { Judged } from "./pack.js";
import { packTable } from "./pack-table.js";
import { ratio, spread } from "./cells.js";
import { median } from "./statistics.js";

/** Times of one kind of run, in milliseconds, in the order in which they were taken. */
export interface Series {
  readonly label: string;
  readonly resources: number;
  /** Processor time of all processes, which other work on the machine disturbs least. */
  readonly processor: readonly number[];
  /** Elapsed time of a command; programs on mocks have none. */
  readonly elapsed?: readonly number[];
}

/** The same resources through the components and declared flat. */
export interface Comparison {
  readonly clusters: number;
  readonly components: Series;
  readonly flat: Series;
  /** Component resources in addition to the resources of providers. */
  readonly wrappers: number;
}

/** So many clusters through the components alone. */
export interface Sized extends Series {
  readonly clusters: number;
  /** Component resources in addition to the resources of providers. */
  readonly wrappers: number;
}

/** Everything that one run of the benchmark found. */
export interface Findings {
  readonly date: string;
  readonly machine: Machine;
  readonly fixed: readonly Series[];
  /** `pgkeep preview`, without an engine. */
  readonly preview: readonly Series[];
  /** The policy pack beside another checker. */
  readonly pack: readonly Judged[];
  readonly mocks: readonly Comparison[];
  /** Clusters on vSphere, on mocks. */
  readonly vmware: readonly Sized[];
  readonly engine: readonly Comparison[];
}

/** The page with the figures. */
export function page(findings: Findings): string {
  const { date, machine, fixed, preview, pack, mocks, vmware, engine } = findings;
  const base = fixed[0];
  const lines = [
    "# What pgkeep costs",
    "",
    "Written by `make benchmark` (`npm run benchmark`): do not edit, repeat it. No test depends on a time.",
    "",
    `- Measured ${date} on ${machine.cores} × ${machine.processor}, ${Math.round(machine.memory / 2 ** 30)} GiB,`,
    `  ${machine.system}, Node ${machine.node}, engine ${machine.engine}.`,
    `- Load average of the machine just before: ${machine.load.toFixed(1)} (${machine.cores} is fully busy). Elapsed time suffers from it,`,
    "  processor time hardly: ratios are those of processor time, of all processes that take part.",
    "- All figures of a table come from one run of the command, the kinds taking turns: median (smallest to largest).",
    "",
    "## Fixed cost of a preview",
    "",
    "`pulumi preview` of a complete environment (two members, witness, recovery jobs) against an empty compiled program:",
    "start to exit, real engine, real plugins, file backend, no existing state.",
    "",
    "| program | resources | runs | processor, s | against empty | elapsed, s |",
    "| --- | ---: | ---: | --- | ---: | --- |",
    ...fixed.map(
      (series) =>
        `| ${series.label} | ${series.resources} | ${series.processor.length} | ${spread(series.processor)} | ` +
        `${base === undefined ? "" : ratio(series, base)} | ${spread(series.elapsed)} |`,
    ),
    "",
    "## Preview without credentials",
    "",
    "`pgkeep preview` of each stack of this repository, with exemptions and comparison, start to exit, against the command that",
    "does nothing.",
    "",
    "| command | resources | runs | processor, s | elapsed, s |",
    "| --- | ---: | ---: | --- | --- |",
    ...preview.map(
      (series) =>
        `| ${series.label} | ${series.resources} | ${series.processor.length} | ${spread(series.processor)} | ${spread(series.elapsed)} |`,
    ),
    "",
    "## Cost of the policy pack",
    "",
    ...packTable(pack),
    "",
    "## Cost of the components",
    "",
    "Clusters through the components against the same resources declared flat: one by one, from a recorded list that",
    "holds the finished inputs, so that the difference is all that the components compute, render and check.",
    "",
    "### Program alone, on Pulumi mocks",
    "",
    "From the first declaration to the last answer, without the start of the process.",
    "",
    ...table(mocks),
    "",
    ...linearity(mocks.map(({ clusters, components }) => ({ ...components, clusters }))),
    "",
    "The same clusters on vSphere, with port groups, roles and permissions; the components alone.",
    "",
    "| clusters | resources | + components | runs | processor, s |",
    "| ---: | ---: | ---: | ---: | --- |",
    ...vmware.map(
      (each) =>
        `| ${each.clusters} | ${each.resources} | ${each.wrappers} | ${each.processor.length} | ${spread(each.processor)} |`,
    ),
    "",
    ...linearity(vmware),
    "",
    "### Preview by the real engine",
    "",
    "The whole command, start to exit.",
    "",
    ...(engine.length === 0 ? ["Not measured in this run (`--no-engine`)."] : table(engine)),
    "",
    "## How to repeat",
    "",
    "    make benchmark                                  # everything; root, and libvirtd for the previews' endpoint",
    "    npm run benchmark -- --runs 3 --clusters 10     # fewer previews, one size on mocks",
    "    npm run benchmark -- --engine-clusters 10 --engine-runs 3",
    "    npm run benchmark -- --no-engine                # mocks only: no root, no toolchain; writes no page",
    "",
    "A preview connects to the hypervisors; here every libvirt provider is sent to one local daemon with libvirt's test",
    "driver, so that the figure holds no network. The raw times are in `reports/benchmark.json`.",
    "",
  ];
  return lines.join("\n");
}

function table(comparisons: readonly Comparison[]): string[] {
  const elapsed = comparisons.some(({ flat }) => flat.elapsed !== undefined);
  return [
    `| clusters | resources | + components | runs | components: processor, s | flat: processor, s | ratio | ms a cluster more |${elapsed ? " elapsed, s |" : ""}`,
    `| ---: | ---: | ---: | ---: | --- | --- | ---: | ---: |${elapsed ? " --- |" : ""}`,
    ...comparisons.map(({ clusters, components, flat, wrappers }) => {
      const more = (median(components.processor) - median(flat.processor)) / clusters;
      return (
        `| ${clusters} | ${flat.resources} | ${wrappers} | ${flat.processor.length} | ${spread(components.processor)} | ` +
        `${spread(flat.processor)} | ${ratio(components, flat)} | ${more.toFixed(0)} |` +
        (elapsed ? ` ${spread(components.elapsed)}; flat ${spread(flat.elapsed)} |` : "")
      );
    }),
  ];
}

/** Time a cluster at the largest size against the smallest: 1.0 is exactly linear. */
function linearity(sizes: readonly (Series & { readonly clusters: number })[]): string[] {
  const first = sizes[0];
  const last = sizes.at(-1);
  if (first === undefined || last === undefined || first === last) {
    return [];
  }
  const each = ({ processor, clusters }: (typeof sizes)[number]): number => median(processor) / clusters;
  return [
    `Time a cluster: ${each(first).toFixed(0)} ms at ${first.clusters}, ${each(last).toFixed(0)} ms at ` +
      `${last.clusters} clusters (factor ${(each(last) / each(first)).toFixed(2)}; 1 is linear).`,
  ];
}
