import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Achieved, Failure } from "../../../components/recovery/index.js";
import type { Context } from "../../context.js";
import {
  CONTROLS,
  EvidenceStore,
  type EvidenceBody,
  type EvidenceKind,
  type EvidenceRecord,
} from "../../evidence/index.js";
import type { Output } from "../../output.js";
import type { Recorder } from "./recorder.js";

/** What a job adds to the record beyond what every record has. */
export type RecordDetails = Partial<
  Pick<
    EvidenceBody,
    "systemIdentifier" | "versions" | "backup" | "target" | "outage" | "measured" | "objectives" | "computed"
  >
>;

/** What a record is about, and how long records are kept. */
export interface EvidenceSubject {
  readonly output: Output;
  readonly environment: string;
  readonly cluster: string;
  /** Seconds. */
  readonly retention: number;
}

/** Writes the record of a job and removes records past their declared age. Never throws away a failed drill. */
export function writeEvidence(
  { output, plan: { environment } }: Context,
  path: string,
  kind: EvidenceKind,
  recorder: Recorder,
  details: RecordDetails,
): Promise<EvidenceRecord> {
  const subject: EvidenceSubject = {
    output,
    environment: environment.name,
    cluster: environment.cluster.name,
    retention: environment.drills.evidence.retention,
  };
  return writeRecord(subject, path, kind, recorder, details);
}

/** The same for a subject that no plan of this host describes. */
export async function writeRecord(
  subject: EvidenceSubject,
  path: string,
  kind: EvidenceKind,
  recorder: Recorder,
  details: RecordDetails & Partial<Pick<EvidenceBody, "id" | "started" | "finished">>,
): Promise<EvidenceRecord> {
  const store = new EvidenceStore(path);
  const finished = recorder.at(recorder.elapsed());
  const body: EvidenceBody = {
    ...identity(subject, kind, recorder.started),
    versions: {},
    measured: {},
    started: recorder.started.toISOString(),
    finished: finished.toISOString(),
    ...details,
    steps: recorder.steps,
    verdict: recorder.verdict,
    findings: recorder.findings,
  };
  const { record, healed } = await store.append(body);
  for (const text of healed) subject.output.warn(text);
  const keep = subject.retention;
  const removed = await store.prune(new Date(finished.getTime() - keep * 1000), (last) => ({
    ...identity(subject, "retention", finished),
    versions: {},
    measured: {},
    started: finished.toISOString(),
    finished: finished.toISOString(),
    steps: [],
    verdict: "passed",
    findings: [`${last.count} records older than the declared ${Math.round(keep / 86400)} days were removed`],
    removed: last,
  }));
  if (removed > 0) subject.output.info(`${removed} records past their declared age were removed`);
  return record;
}

function identity(
  { environment, cluster }: EvidenceSubject,
  kind: EvidenceKind,
  at: Date,
): Pick<EvidenceBody, "id" | "kind" | "trigger" | "environment" | "cluster" | "controls" | "code"> {
  const moment = at.toISOString().replace(/[-:]|\.\d+/g, "");
  return {
    id: `${kind}-${moment}-${randomBytes(2).toString("hex")}`,
    kind,
    // systemd gives every start of a unit an id; a person's shell has none.
    trigger: process.env["INVOCATION_ID"] === undefined ? "manual" : "schedule",
    environment,
    cluster,
    controls: CONTROLS[kind],
    code: codeVersion(),
  };
}

/** Version of this program, and the commit when it runs from a checkout. */
export function codeVersion(from: string = __dirname): EvidenceBody["code"] {
  for (let directory = from; directory !== dirname(directory); directory = dirname(directory)) {
    const file = join(directory, "package.json");
    if (!existsSync(file)) continue;
    const { version = "unknown" } = JSON.parse(readFileSync(file, "utf8")) as { version?: string };
    const commit = commitOf(directory);
    return { version, ...(commit === undefined ? {} : { commit }) };
  }
  return { version: "unknown" };
}

function commitOf(directory: string): string | undefined {
  try {
    const head = readFileSync(join(directory, ".git", "HEAD"), "utf8").trim();
    const reference = /^ref: (.+)$/.exec(head)?.[1];
    const commit =
      reference === undefined ? head : readFileSync(join(directory, ".git", reference), "utf8").trim();
    return /^[0-9a-f]{40,64}$/.test(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** The computed worst case of a failure, as it goes into a record. */
export function computedFor(achieved: readonly Achieved[], failure: Failure): EvidenceBody["computed"] {
  const entry = achieved.find((candidate) => candidate.failure === failure);
  if (entry === undefined) return undefined;
  return {
    rtoSeconds: entry.rto,
    rpoSeconds: entry.rpo,
    reason: `${failure}, by ${entry.by}; RPO: ${entry.rpoReason}; RTO: ${entry.rtoReason}`,
  };
}
