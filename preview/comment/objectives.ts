import { formatDuration } from "../../components/declaration/index.js";
import type { ObjectiveRow, Preview } from "../preview.js";
import { escaped, table } from "./escape.js";

/** Objectives, what the declaration achieves at worst, and how that adds up. */
export function objectivesSection({ rows, availability, unmet }: Preview["objectives"]): string {
  const expected =
    availability.expected === undefined ? "out of reach" : `${availability.expected.toFixed(4)} %`;
  return [
    "### Recovery objectives",
    table(
      ["failure", "brought back by", "RPO: objective, at worst", "RTO: objective, at worst", ""],
      rows.map(objectiveCells),
    ),
    `Availability: ${expected} expected, ${availability.wanted} % asked for (${escaped(availability.text)}).`,
    ...(unmet.length === 0 ? [] : [unmet.map((text) => `- **missed**: ${escaped(text)}`).join("\n")]),
  ].join("\n\n");
}

function objectiveCells({ what, achieved, rpo, rto, kept }: ObjectiveRow): string[] {
  const cell = (wanted: number, value: number | undefined, reason: string): string => {
    const shown = value === undefined ? "out of reach" : formatDuration(value);
    const sum = reason === shown ? "" : `<br>${escaped(reason.replace(`${shown}: `, ""))}`;
    return `${formatDuration(wanted)}, **${shown}**${sum}`;
  };
  return [
    what,
    achieved.automatic || achieved.by === "nothing" ? achieved.by : `${achieved.by}, started by a person`,
    cell(rpo, achieved.rpo, achieved.rpoReason),
    cell(rto, achieved.rto, achieved.rtoReason),
    kept ? "kept" : "**missed**",
  ];
}
