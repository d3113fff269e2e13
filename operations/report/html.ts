import { CONTROL_TEXTS, type EvidenceRecord, type Verification } from "../evidence/index.js";
import { escapeHtml as e, humanSeconds, humanTime } from "./format.js";
import { STYLE } from "./style.js";
import { summarise, TITLES, type Comparison, type SummaryRow } from "./summary.js";
import { renderTimeline } from "./timeline.js";

/** What the page is about. */
export interface ReportInput {
  readonly environment: string;
  readonly cluster: string;
  readonly made: Date;
  readonly verification: Verification;
  /** Most records in the history. @default 200 */
  readonly history?: number;
}

/** One self-contained page: no script, no external resource; every value from a record is escaped. */
export function renderHtml(input: ReportInput): string {
  const { records } = input.verification;
  const rows = summarise(records);
  const title = `Disaster recovery of ${input.cluster}`;
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return [
    "<!DOCTYPE html>",
    `<html lang="en"><head><meta charset="utf-8"><title>${e(title)}</title>`,
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head><body>`,
    `<header><h1>${e(title)}</h1><p class="meta">Environment ${e(input.environment)}, made ${e(humanTime(input.made.toISOString()))}</p></header><main>`,
    chainStatus(input.verification),
    objectiveTable(rows),
    ...rows.map(drill),
    history(records, input.history ?? 200),
    controls(records),
    "</main></body></html>",
    "",
  ].join("\n");
}

function chainStatus({ intact, problems, records, head }: Verification): string {
  const text = intact
    ? `<strong>The chain of evidence is intact:</strong> ${records.length} records, newest number ${head.sequence}, hash <code>${e(head.hash)}</code>. Keep this hash elsewhere to prove later that nothing before it was changed.`
    : `<strong>The chain of evidence is broken.</strong> ${problems.map(e).join("; ")}`;
  return `<p class="status ${intact ? "good" : "bad"}" role="status">${text}</p>`;
}

function objectiveTable(rows: readonly SummaryRow[]): string {
  if (rows.length === 0)
    return `<section><h2>Objectives</h2><p>No drill has been recorded yet.</p></section>`;
  const body = rows.flatMap(({ record, title, rto, rpo, rows: lost }) => [
    `<tr><th scope="row" rowspan="2">${e(title)}<br><small>${e(humanTime(record.finished))}</small></th><td>RTO</td>${cells(rto)}` +
      `<td rowspan="2">${verdict(record)}</td></tr>`,
    `<tr><td>RPO</td>${cells(rpo, lost)}</tr>`,
  ]);
  return (
    `<section><h2>Objectives</h2><div class="scroll"><table><caption>The newest drill of each kind. RTO: time without the service. RPO: acknowledged data that was lost, as time.</caption>` +
    `<thead><tr><th scope="col">Drill</th><th scope="col"></th><th scope="col">Objective</th><th scope="col">Computed worst case</th><th scope="col">Measured</th><th scope="col">Verdict</th></tr></thead>` +
    `<tbody>${body.join("")}</tbody></table></div></section>`
  );
}

function cells({ objective, computed, measured, met }: Comparison, lost?: number): string {
  const rows = lost === undefined ? "" : ` <small>(${lost} rows)</small>`;
  const word = met === undefined ? "" : met ? " – met" : " – missed";
  const style = met === undefined ? "" : ` class="${met ? "good" : "bad"}"`;
  return (
    `<td>${e(humanSeconds(objective))}</td><td>${e(humanSeconds(computed))}</td>` +
    `<td${style}>${e(humanSeconds(measured))}${rows}${word}</td>`
  );
}

function verdict({ verdict: value }: EvidenceRecord): string {
  return value === "passed" ? `<span class="good">passed</span>` : `<span class="bad">failed</span>`;
}

function drill({ record, title }: SummaryRow): string {
  const facts = [
    `number ${record.sequence}, <code>${e(record.id)}</code>, by ${record.trigger === "schedule" ? "schedule" : "hand"}`,
    record.systemIdentifier === undefined ? "" : `system identifier ${e(record.systemIdentifier)}`,
    ...Object.entries(record.versions).map(([name, version]) => `${e(name)} ${e(version)}`),
    record.backup === undefined ? "" : `backup <code>${e(record.backup.label)}</code>`,
    record.target === undefined ? "" : `target ${e(record.target)}`,
    record.computed === undefined ? "" : `computed: ${e(record.computed.reason)}`,
  ].filter((fact) => fact !== "");
  const steps = record.steps.map(
    (step) =>
      `<tr><th scope="row">${e(step.id)}</th><td>${e(step.name)}</td><td>${e(humanSeconds(step.duration))}</td>` +
      `<td class="${step.outcome === "failed" || step.outcome === "refused" ? "bad" : ""}">${e(step.outcome)}</td><td>${e(step.detail)}</td></tr>`,
  );
  const findings =
    record.findings.length === 0
      ? ""
      : `<ul>${record.findings.map((text) => `<li>${e(text)}</li>`).join("")}</ul>`;
  return (
    `<section><h2>${e(title)}: ${verdict(record)}</h2><p class="meta">${facts.join("; ")}</p>${findings}` +
    `<div class="scroll">${renderTimeline(record)}</div><details open><summary>Steps</summary><div class="scroll"><table>` +
    `<thead><tr><th scope="col">Id</th><th scope="col">Step</th><th scope="col">Took</th><th scope="col">Outcome</th><th scope="col">Seen</th></tr></thead>` +
    `<tbody>${steps.join("")}</tbody></table></div></details></section>`
  );
}

function history(records: readonly EvidenceRecord[], most: number): string {
  const shown = records.slice(-most).reverse();
  const rows = shown.map(
    (record) =>
      `<tr><th scope="row">${record.sequence}</th><td>${e(humanTime(record.finished))}</td><td>${e(TITLES[record.kind])}</td><td>${verdict(record)}</td>` +
      `<td>${e(humanSeconds(record.measured.rtoSeconds))}</td><td>${e(humanSeconds(record.measured.rpoSeconds))}</td><td><code>${e(record.hash.slice(0, 16))}</code></td></tr>`,
  );
  const note =
    records.length > shown.length
      ? `The newest ${shown.length} of ${records.length} records.`
      : "All records.";
  return (
    `<section><h2>History</h2><div class="scroll"><table><caption>${note}</caption><thead><tr><th scope="col">Number</th><th scope="col">Ended</th><th scope="col">What</th>` +
    `<th scope="col">Verdict</th><th scope="col">RTO</th><th scope="col">RPO</th><th scope="col">Hash</th></tr></thead><tbody>${rows.join("")}</tbody></table></div></section>`
  );
}

function controls(records: readonly EvidenceRecord[]): string {
  const rows = Object.entries(CONTROL_TEXTS).map(([control, text]) => {
    const newest = records.findLast(
      (record) => record.controls.includes(control) && record.verdict === "passed",
    );
    const seen =
      newest === undefined
        ? `<span class="bad">no passed record</span>`
        : `number ${newest.sequence}, ${e(TITLES[newest.kind])}, ${e(humanTime(newest.finished))}`;
    return `<tr><th scope="row">${e(control)}</th><td>${e(text)}</td><td>${seen}</td></tr>`;
  });
  return (
    `<section><h2>Controls</h2><div class="scroll"><table><caption>The newest passed record that supports each control.</caption>` +
    `<thead><tr><th scope="col">Control</th><th scope="col">Asks for</th><th scope="col">Evidence</th></tr></thead><tbody>${rows.join("")}</tbody></table></div></section>`
  );
}
