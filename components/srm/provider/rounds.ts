import { ApiError } from "../../rest/errors.js";
import { retrying } from "../../rest/timing.js";
import { awaitTask } from "../client/tasks.js";
import type { SiteClient } from "../client/site-client.js";
import type { Declaration, Progress, Work } from "./kind.js";

/**
 * Reads, plans and writes, again when a connection broke on the way: calls that start something are never sent twice, so what became
 * of one is read. A second attempt may meet what the first one started; then the task's complaint is followed by another look, too.
 */
export function inRounds<T>(client: SiteClient, round: () => Promise<T>): Promise<T> {
  let broken = false;
  const again = ({ reason }: ApiError): boolean => {
    broken ||= reason === "unreachable";
    return reason === "unreachable" || (broken && reason === "not-realized");
  };
  return retrying(client.timing, again, round);
}

/** Starts tasks and waits for their end. Once they are started, something may be there, whatever goes wrong with the waiting. */
export async function carryOut<D extends Declaration, F>(
  { progress, declared }: Work<D, F>,
  client: SiteClient,
  start: () => Promise<string | readonly string[]>,
): Promise<void> {
  const tasks = [await noting(progress, start)].flat();
  for (const task of tasks) await awaitTask(client, task, { seconds: declared.timeout });
}

/** Notes that something may have been written; takes it back when SRM refused it. */
export async function noting<T>(progress: Progress, write: () => Promise<T>): Promise<T> {
  const before = progress.mayHaveWritten;
  progress.mayHaveWritten = true;
  try {
    return await write();
  } catch (error) {
    if (error instanceof ApiError && ["refused", "credentials"].includes(error.reason))
      progress.mayHaveWritten = before;
    throw error;
  }
}
