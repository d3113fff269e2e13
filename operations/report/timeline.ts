import type { EvidenceRecord } from "../evidence/index.js";
import { escapeHtml, humanSeconds } from "./format.js";

const WIDTH = 960;
const LABEL = 250;
const RIGHT = 20;
const ROW = 22;
const TOP = 34;

/**
 * Draws a drill: one bar a step, the time without service as a band behind them, and a line where the objective ends.
 * The drawing has a title and a description, and the same numbers stand in the table below it.
 */
export function renderTimeline(record: EvidenceRecord): string {
  // A time that cannot be read draws at the left edge; the table shows it as it stands.
  const start = Date.parse(record.started) || 0;
  const total = Math.max(1, (Date.parse(record.finished) - start) / 1000 || 0);
  const from = record.outage?.from ?? 0;
  const limit = record.objectives === undefined ? undefined : from + record.objectives.rtoSeconds;
  // A far objective is shown at the edge instead of squeezing the steps into nothing.
  const far = limit !== undefined && limit > total * 3;
  const span = limit === undefined || far ? total * 1.05 : Math.max(total, limit) * 1.05;
  const x = (seconds: number): number =>
    round(LABEL + (Math.max(0, Math.min(seconds, span)) / span) * (WIDTH - LABEL - RIGHT));
  const height = TOP + (record.steps.length + 1) * ROW + 26;
  const bottom = TOP + (record.steps.length + 1) * ROW;
  const parts: string[] = [];
  const id = `timeline-${record.sequence}`;
  for (const tick of ticks(span)) {
    parts.push(
      `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${TOP}" y2="${bottom}"/>`,
      `<text class="tick" x="${x(tick)}" y="${bottom + 16}">${escapeHtml(humanSeconds(tick))}</text>`,
    );
  }
  if (record.outage !== undefined) {
    const to = record.outage.to ?? total;
    const width = Math.max(1, round(x(to) - x(from)));
    parts.push(
      `<rect class="outage" x="${x(from)}" y="${TOP}" width="${width}" height="${bottom - TOP}"/>`,
      `<text class="label" x="${LABEL - 8}" y="${TOP + 15}">service lost</text>`,
      `<rect class="lost" x="${x(from)}" y="${TOP + 5}" width="${width}" height="12"/>`,
    );
  }
  for (const [index, step] of record.steps.entries()) {
    const y = TOP + (index + 1) * ROW;
    const begin = (Date.parse(step.started) - start) / 1000 || 0;
    const width = Math.max(2, round(x(begin + step.duration) - x(begin)));
    const name = `${step.id} ${step.name}`;
    parts.push(
      `<text class="label" x="${LABEL - 8}" y="${y + 15}">${escapeHtml(shorten(name))}</text>`,
      `<rect class="step ${step.outcome}" x="${x(begin)}" y="${y + 4}" width="${width}" height="14" rx="2">` +
        `<title>${escapeHtml(`${name}: ${humanSeconds(step.duration)}, ${step.outcome}`)}</title></rect>`,
    );
  }
  if (limit !== undefined) {
    const at = far ? WIDTH - RIGHT : x(limit);
    const text = `RTO objective ${humanSeconds(record.objectives?.rtoSeconds)}${far ? " (further right)" : ""}`;
    parts.push(
      `<line class="limit" x1="${at}" x2="${at}" y1="${TOP - 8}" y2="${bottom}"/>`,
      `<text class="limit-text" x="${at}" y="${TOP - 14}">${escapeHtml(text)}</text>`,
    );
  }
  const description = `${record.steps.length} steps over ${humanSeconds(total)}; ${
    record.outage === undefined
      ? "no loss of service"
      : `service lost for ${humanSeconds((record.outage.to ?? total) - from)}`
  }`;
  return (
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-t ${id}-d">` +
    `<title id="${id}-t">${escapeHtml(`Time line of ${record.id}`)}</title>` +
    `<desc id="${id}-d">${escapeHtml(description)}</desc>${parts.join("")}</svg>`
  );
}

function ticks(span: number): number[] {
  const rough = span / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const count = Math.floor(span / step);
  return Array.from({ length: count + 1 }, (_, index) => round(index * step));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function shorten(text: string): string {
  return text.length > 36 ? `${text.slice(0, 35)}…` : text;
}
