import type { RestClient } from "../../rest/client.js";
import { ApiError } from "../../rest/errors.js";
import { isObject, type Json } from "../../rest/json.js";
import { pause } from "../../rest/timing.js";
import { pathOf } from "./site-client.js";

/** A task as SRM and vSphere Replication show it. */
export interface Task {
  readonly id: string;
  readonly description: string;
  readonly status: "QUEUED" | "RUNNING" | "SUCCESS" | "ERROR" | "CANCELLED";
  /** Percent. */
  readonly progress: number;
  /** What went wrong. */
  readonly error: string;
  readonly result: Json | undefined;
}

const STATUSES = ["QUEUED", "RUNNING", "SUCCESS", "ERROR", "CANCELLED"] as const;

/** @throws ApiError when there is no such task */
export async function readTask(client: RestClient, id: string): Promise<Task> {
  const found = await client.get(pathOf("tasks", id));
  const status = STATUSES.find((one) => one === found?.["status"]);
  if (found === undefined || status === undefined)
    throw new ApiError("not-found", `task ${id} is not known any more`);
  const { description, progress, error, result } = found;
  const texts = isObject(error) ? [error["message"], error["details"]] : [];
  return {
    id,
    description: typeof description === "string" ? description : "a task",
    status,
    progress: typeof progress === "number" ? progress : 0,
    error: client.hide(texts.filter((one) => typeof one === "string" && one !== "").join(": ")),
    result,
  };
}

/** How long a task is waited for, and who is told how far it is. */
export interface Patience {
  readonly seconds: number;
  readonly progress?: (task: Task) => void;
}

/**
 * Waits until a task has ended well.
 *
 * @throws ApiError with what the task says, or when it takes too long
 */
export async function awaitTask(client: RestClient, id: string, patience: Patience): Promise<Task> {
  const end = Date.now() + patience.seconds * 1000;
  for (;;) {
    const task = await readTask(client, id);
    if (task.status === "SUCCESS") return task;
    if (task.status === "ERROR" || task.status === "CANCELLED")
      throw new ApiError(
        "not-realized",
        `"${client.hide(task.description)}" ended with ${task.status}: ${task.error === "" ? "no reason is given" : task.error}`,
      );
    patience.progress?.(task);
    if (Date.now() >= end)
      throw new ApiError(
        "not-realized",
        `"${client.hide(task.description)}" has not ended within ${patience.seconds} s: ${task.status}, ${task.progress} %`,
      );
    await pause(client.timing.poll);
  }
}
