import { longestInterval, type Environment } from "../../../components/declaration/index.js";
import { OperationError } from "../../errors.js";
import type { BaseBackup, Repository } from "../../ports/index.js";

/** Slack on the age of the newest backup: a backup takes its time, a timer may be a little late. */
const AGE_SLACK = 2 * 3600;

/** What the operator asked for. */
interface Choice {
  readonly target: Date | "latest";
  readonly label?: string | undefined;
}

/**
 * The newest good backup that ended before the target, or the one asked for by its label.
 *
 * @throws OperationError when the repository is not sound or no backup reaches the target; it names those there are
 */
export function chooseBackup(repository: Repository, { label, target }: Choice): BaseBackup {
  if (repository.state !== "ok")
    throw new OperationError(
      `the repository is ${repository.state}: ${repository.detail}`,
      repository.state === "broken" ? "a wrong passphrase looks like this" : "`pgkeep backup full`",
    );
  const usable = repository.backups.filter(
    ({ error, stopped }) => !error && (target === "latest" || stopped <= target),
  );
  const found = label === undefined ? usable.at(-1) : usable.find((candidate) => candidate.label === label);
  if (found !== undefined) return found;
  const known = repository.backups
    .map((entry) => `${entry.label} (ended ${entry.stopped.toISOString()})`)
    .join(", ");
  throw new OperationError(
    label === undefined
      ? "no good backup ended before the target"
      : `backup ${label} is not one that reaches the target`,
    `one of ${known || "none"}`,
  );
}

/**
 * How old the backup is, in words.
 *
 * @throws OperationError when nobody chose it or the moment, and it is older than the declared schedules allow
 */
export function ageOfBackup(
  { stopped }: BaseBackup,
  { base }: Environment["backup"],
  now: Date,
  { target, label }: Choice,
): string {
  const seconds = Math.round((now.getTime() - stopped.getTime()) / 1000);
  if (target !== "latest" || label !== undefined) return `${seconds} s old`;
  const { full, differential, incremental } = base ?? {};
  const schedules = [full, differential, incremental].flatMap((level) =>
    level === undefined ? [] : [level.schedule],
  );
  const limit = Math.min(...schedules.map((schedule) => longestInterval(schedule))) + AGE_SLACK;
  if (seconds > limit)
    throw new OperationError(
      `the newest backup is ${seconds} s old; by the declared schedule at most ${limit} s`,
    );
  return `${seconds} s old, at most ${limit} s by schedule`;
}
