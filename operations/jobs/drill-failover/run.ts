import type { PlanGuest } from "../../../components/recovery/index.js";
import type { Context } from "../../context.js";
import { OperationError } from "../../errors.js";
import type { WritingClient } from "../../ports/index.js";
import type { MemberState } from "../recovery/members.js";
import type { Recorder } from "../recovery/recorder.js";
import type { ClientFiles } from "./clients.js";
import type { LossKind } from "./loss-of-primary.js";
import type { Loss } from "./loss.js";

export interface FailoverDrillOptions {
  readonly loss: LossKind;
  readonly files: ClientFiles;
  /** Member to a command that starts `pgkeep` near it; others are probed from here. */
  readonly probes: Readonly<Record<string, string>>;
  /** Bring everything back to the declared state. @default true */
  readonly failback: boolean;
  readonly evidence: string;
}

/** One failover drill: what a step finds and a later one needs stands in its fields. */
export interface Run {
  readonly context: Context;
  readonly options: FailoverDrillOptions;
  readonly recorder: Recorder;
  /** Prefix of the clients' names. */
  readonly name: string;
  /** The primary that is lost. */
  readonly old: PlanGuest;
  /** What it said before. */
  readonly before: MemberState;
  /** Follows the redirect, as applications do. */
  main: WritingClient | undefined;
  /** By member: writes to that member's own address. */
  readonly probes: Map<string, WritingClient>;
  /** Milliseconds since 1970. */
  lostAt: number;
  /** The new primary. */
  next: MemberState | undefined;
  loss: Loss | undefined;
  lostRows: number;
  lostSeconds: number;
}

/** Polls until it is so. @throws OperationError after `limit` seconds */
export async function until(
  run: Run,
  limit: number,
  complaint: () => string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const { clock, output } = run.context;
  const began = clock.monotonic();
  while (!(await condition())) {
    const waited = clock.monotonic() - began;
    if (waited > limit) throw new OperationError(complaint());
    output.progress("waiting", Math.min(0.99, waited / limit));
    await clock.sleep(0.5);
  }
}

/** Why the newest failed write failed. */
export function lastFailure(client: WritingClient | undefined): string {
  const failure = client?.events().findLast((event) => event.kind === "fail");
  return failure?.kind === "fail" ? failure.reason : "no attempt failed";
}
