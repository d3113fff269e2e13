import { randomUUID } from "node:crypto";
import type { Fields } from "../common/answers.js";
import { notFound } from "./answers.js";

/** What a task that did not go well says. */
export interface TaskFailure {
  readonly message: string;
  readonly details?: string;
}

export interface TaskOptions {
  readonly description: string;
  readonly entity?: string;
  /** Milliseconds that it takes; undefined for one that ends when it is told to. */
  readonly duration?: number;
  /** Does the work when the time is over; its result is the task's, what it throws is the task's error. */
  readonly work?: () => unknown;
}

interface Task {
  readonly id: string;
  readonly options: TaskOptions;
  readonly started: number;
  status: "RUNNING" | "SUCCESS" | "ERROR";
  progress: number;
  ended?: number;
  result?: unknown;
  failure?: TaskFailure;
}

/** Tasks, which take time and can fail. Their work is done when their time is over, in the order in which that is. */
export class Tasks {
  private readonly tasks = new Map<string, Task>();
  private failing: { readonly description: RegExp; readonly message: string; left: number }[] = [];

  start(options: TaskOptions): string {
    const id = `task-${randomUUID()}`;
    this.tasks.set(id, { id, options, started: Date.now(), status: "RUNNING", progress: 0 });
    return id;
  }

  /** Lets the next tasks of this kind fail. */
  failNext(description: RegExp, message: string, times = 1): void {
    this.failing.push({ description, message, left: times });
  }

  /** Does the work of all tasks whose time is over. */
  settle(now: number): void {
    const due = (task: Task): number => task.started + (task.options.duration ?? Infinity);
    const over = [...this.tasks.values()]
      .filter((task) => task.status === "RUNNING" && due(task) <= now)
      .toSorted((a, b) => due(a) - due(b));
    for (const task of over) this.finish(task, due(task));
    for (const task of this.tasks.values())
      if (task.status === "RUNNING" && task.options.duration !== undefined)
        task.progress = Math.min(99, Math.round((100 * (now - task.started)) / task.options.duration));
  }

  progress(id: string, percent: number): void {
    const task = this.tasks.get(id);
    if (task?.status === "RUNNING") task.progress = percent;
  }

  end(id: string, now: number, failure?: TaskFailure): void {
    const task = this.tasks.get(id);
    if (task?.status !== "RUNNING") return;
    task.status = failure === undefined ? "SUCCESS" : "ERROR";
    task.ended = now;
    if (failure === undefined) task.progress = 100;
    else task.failure = failure;
  }

  list(): Fields[] {
    return [...this.tasks.keys()].map((id) => this.read(id));
  }

  read(id: string): Fields {
    const task = this.tasks.get(id);
    if (task === undefined) throw notFound(`Task ${id}`);
    const { options, status, progress, started, ended, result, failure } = task;
    return {
      id,
      description: options.description,
      entity: options.entity ?? null,
      status,
      progress,
      queued_time: started,
      start_time: started,
      complete_time: ended ?? null,
      ...(failure === undefined
        ? {}
        : { error: { message: failure.message, details: failure.details ?? null } }),
      result: result ?? null,
    };
  }

  private finish(task: Task, at: number): void {
    const failing = this.failing.find(
      ({ description, left }) => left > 0 && description.test(task.options.description),
    );
    if (failing !== undefined) {
      failing.left--;
      this.end(task.id, at, { message: failing.message });
      return;
    }
    try {
      task.result = task.options.work?.();
      this.end(task.id, at);
    } catch (error) {
      this.end(task.id, at, { message: error instanceof Error ? error.message : String(error) });
    }
  }
}
