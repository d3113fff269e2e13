import { formatDuration, type Environment } from "../declaration/index.js";
import { ASSUMPTIONS } from "./assumptions.js";
import { achieved } from "./objectives.js";
import type { Achieved, Failure } from "./outcome.js";

/** An objective that the declaration does not achieve. */
export interface Unmet {
  readonly objective: "rpo" | "rto" | "availability";
  /** The failure after which it is missed; absent for availability, which is about a year. */
  readonly failure?: Failure | undefined;
  /** Seconds, or per cent for availability. */
  readonly wanted: number;
  /** Seconds, or per cent; undefined when nothing recovers. */
  readonly achieved?: number | undefined;
  /** One sentence with the arithmetic. */
  readonly text: string;
}

const YEAR = 365 * 86400;

/** The objectives that bind a failure: those of `objectives.restore` where a backup has to come back. */
export function objectiveOf(
  { objectives }: Environment,
  failure: Failure,
): { readonly rpo: number; readonly rto: number; readonly path: string } {
  return failure === "operatorError" || failure === "corruption"
    ? { ...objectives.restore, path: "objectives.restore" }
    : { rpo: objectives.rpo, rto: objectives.rto, path: "objectives" };
}

/** Every objective that is not achieved, in the order of the failures; empty when all are. */
export function unmet(environment: Environment): readonly Unmet[] {
  const rows = achieved(environment);
  return [...rows.flatMap((row) => missed(environment, row)), ...availability(environment, rows)];
}

function missed(environment: Environment, row: Achieved): Unmet[] {
  const wanted = objectiveOf(environment, row.failure);
  return (["rpo", "rto"] as const).flatMap((objective) => {
    const value = row[objective];
    if (value !== undefined && value <= wanted[objective]) return [];
    const reason = objective === "rpo" ? row.rpoReason : row.rtoReason;
    const shown = value === undefined ? "is out of reach" : `is ${formatDuration(value)} at worst`;
    return [
      {
        objective,
        failure: row.failure,
        wanted: wanted[objective],
        achieved: value,
        text: `${objective.toUpperCase()} after ${failureWords(environment, row.failure)} ${shown}, ${wanted.path}.${objective} asks for ${formatDuration(wanted[objective])}: ${reason}`,
      },
    ];
  });
}

/** How a failure is called in a sentence. */
export const FAILURE_WORDS: Readonly<Record<Failure, string>> = {
  process: "a crash of the server process",
  vm: "a failure of the VM",
  host: "the loss of the hypervisor",
  site: "the loss of the site",
  operatorError: "an operator's error",
  corruption: "corruption",
};

/** What is lost on Kubernetes, where it is called otherwise. */
const CLUSTER_WORDS: Readonly<Partial<Record<Failure, string>>> = {
  vm: "the loss of the pod",
  host: "the loss of the node",
  site: "the loss of the cluster",
};

/** The same on the platform of an environment. */
export function failureWords({ platform }: Pick<Environment, "platform">, failure: Failure): string {
  return (platform === "kubernetes" ? CLUSTER_WORDS[failure] : undefined) ?? FAILURE_WORDS[failure];
}

const RATES = [
  ["process", ASSUMPTIONS.processFailures.value],
  ["vm", ASSUMPTIONS.vmFailures.value],
  ["host", ASSUMPTIONS.hostFailures.value],
  ["site", ASSUMPTIONS.siteFailures.value],
] as const;

/** Per cent of a year that the assumed failures leave; undefined when one of them is never recovered. */
export function expectedAvailability(rows: readonly Achieved[]): {
  readonly percent?: number | undefined;
  readonly text: string;
} {
  let down = 0;
  const parts: string[] = [];
  for (const [failure, rate] of RATES) {
    const rto = rows.find((row) => row.failure === failure)?.rto;
    if (rto === undefined) return { text: `nothing brings the service back after ${FAILURE_WORDS[failure]}` };
    down += rate * rto;
    parts.push(`${failure} ${rate} x ${formatDuration(rto)}`);
  }
  const percent = 100 * (1 - down / YEAR);
  return { percent, text: `${parts.join(" + ")} = ${formatDuration(Math.round(down))} down a year` };
}

function availability({ objectives }: Environment, rows: readonly Achieved[]): Unmet[] {
  const { percent, text } = expectedAvailability(rows);
  if (percent !== undefined && percent >= objectives.availability) return [];
  const shown = percent === undefined ? "is out of reach" : `is ${percent.toFixed(4)} % as expected`;
  return [
    {
      objective: "availability",
      wanted: objectives.availability,
      achieved: percent,
      text: `availability ${shown}, objectives.availability asks for ${objectives.availability} %: ${text}`,
    },
  ];
}
