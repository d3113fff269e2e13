import type { Command } from "commander";
import { seconds } from "../../components/declaration/units.js";
import type { Context } from "../context.js";
import { EXIT, UsageError, type ExitCode } from "../errors.js";
import { status, waitForLive, type Status } from "../jobs/status/status.js";
import type { Age } from "../jobs/status/age.js";
import { run } from "./run.js";
import { age, bytes, table } from "./text.js";

export function register(program: Command): void {
  program
    .command("status")
    .description(
      "Shows guests, roles, lags and the age of every copy; exit code 1 when something is not as declared.",
    )
    .option(
      "--wait <duration>",
      "wait until guests, servers and etcd are as declared, such as 10min",
      duration,
    )
    .action(run(show));
}

async function show(context: Context, { wait }: { readonly wait?: number }): Promise<ExitCode> {
  const live = wait === undefined ? undefined : await waitForLive(context, wait);
  const found = await status(context, live);
  context.output.result(found, describe(found));
  // With --wait, only what was waited for counts: copies are made afterwards.
  return found.ok || wait !== undefined ? EXIT.ok : EXIT.failed;
}

function describe(found: Status): string {
  const guests = found.guests.map(({ guest, host, state, agent, role, timeline, replayLag, copies }) => [
    guest,
    host,
    state,
    agent ? "yes" : "NO",
    role,
    timeline === undefined ? "" : String(timeline),
    replayLag === undefined ? "" : bytes(replayLag),
    ...["snapshot", "replica"].map((what) => cell(copies.find((copy) => copy.what === what))),
  ]);
  const head = ["guest", "host", "state", "agent", "role", "timeline", "lag", "snapshot", "replica"];
  const rest = found.cluster.map((item) => [item.what, cell(item)]);
  const verdict = found.ok
    ? "everything is as declared"
    : `not as declared:\n${found.problems.map((problem) => `  ${problem}`).join("\n")}`;
  return [
    table(head, guests),
    ...(rest.length === 0 ? [] : ["", table(["copies and proofs", "age"], rest)]),
    "",
    verdict,
  ].join("\n");
}

function cell(item: Age | undefined): string {
  if (item === undefined) return "-";
  const text = item.age === undefined ? "none" : age(item.age * 1000);
  if (item.overdue) return `${text} OVERDUE`;
  return item.problem === undefined ? text : `${text} PROBLEM`;
}

function duration(text: string): number {
  try {
    return seconds(text);
  } catch (error) {
    throw new UsageError(`--wait: ${error instanceof Error ? error.message : text}`);
  }
}
