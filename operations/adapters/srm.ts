import { ApiError } from "../../components/rest/errors.js";
import { isObject, objectsIn, type Json, type JsonObject } from "../../components/rest/json.js";
import type { Timing } from "../../components/rest/timing.js";
import { planStatus } from "../../components/srm/client/plan-states.js";
import type { Runbook } from "../../components/srm/client/runbook.js";
import { idOf, pathOf, SiteClient } from "../../components/srm/client/site-client.js";
import type { Side } from "../../components/srm/client/sites-schema.js";
import { awaitTask, readTask } from "../../components/srm/client/tasks.js";
import {
  UncertainStartError,
  type PlanOperation,
  type PlanSettings,
  type PlanTask,
  type PlanView,
  type RecoveryManager,
  type RunView,
  type StepView,
} from "../ports/index.js";
import { explained } from "./srm-errors.js";

const PLANS = "/recovery-management/plans";
/** Seconds for SRM to gather a plan's history. */
const HISTORY_PATIENCE = 120;

/** The name that the history gives an operation. */
const HISTORY_NAMES: Readonly<Record<PlanOperation, string>> = {
  test: "TEST",
  cleanup: "CLEANUP",
  recovery: "FAILOVER",
  reprotect: "REPROTECT",
};

export interface SrmOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly timing?: Timing | undefined;
}

/**
 * Connects to the site that the plan recovers to: the declared recovery site, and the other one after a failover and a reprotection.
 *
 * @throws OperationError when neither site's server serves
 */
export function connectSrm(runbook: Runbook, options: SrmOptions): Promise<RecoveryManager> {
  return explaining(async () => {
    let lost: ApiError | undefined;
    for (const side of ["recovery", "protected"] as const) {
      const manager = new SrmManager(runbook, side, options);
      try {
        if (await manager.find()) return manager;
      } catch (error) {
        await manager.close();
        // When one site is lost, the other may serve; what else is wrong would be wrong there, too.
        if (!(error instanceof ApiError) || error.reason !== "unreachable") throw error;
        lost ??= error;
        continue;
      }
      await manager.close();
    }
    throw lost ?? new ApiError("refused", `recovery plan ${runbook.plan} recovers to neither site`);
  });
}

class SrmManager implements RecoveryManager {
  private readonly client: SiteClient;
  private id = "";

  constructor(
    private readonly runbook: Runbook,
    private readonly side: Side,
    { environment, timing }: SrmOptions,
  ) {
    this.client = new SiteClient(runbook.sites, {
      service: "srm",
      side,
      peer: "if-reachable",
      environment,
      timing,
    });
  }

  /** Looks the plan up, which both sites know; false when it does not recover to this one. */
  async find(): Promise<boolean> {
    const plans = await this.client.all(PLANS);
    const found = plans.find(({ name }) => name === this.runbook.plan);
    if (found === undefined)
      throw new ApiError(
        "not-found",
        `SRM at ${this.runbook.sites[this.side].name} knows no recovery plan ${this.runbook.plan}`,
      );
    this.id = idOf(found, PLANS);
    return found["recovery_vc_guid"] === this.runbook.sites[this.side].vcenter;
  }

  plan(): Promise<PlanView> {
    return explaining(async () => {
      const info = await this.client.read(this.path());
      if (info === undefined)
        throw new ApiError("not-found", `recovery plan ${this.runbook.plan} does not exist any more`);
      const name = (vcenter: Json | undefined): string =>
        Object.values(this.runbook.sites).find((site) => site.vcenter === vcenter)?.name ?? String(vcenter);
      return {
        id: this.id,
        name: String(info["name"]),
        status: planStatus(info["status"]),
        running: info["is_running"] === true,
        progress: Number(info["progress"] ?? 0),
        from: name(info["protected_vc_guid"]),
        to: name(info["recovery_vc_guid"]),
        bothSites: (await this.client.pairing()).remote,
      };
    });
  }

  start(operation: PlanOperation, settings: PlanSettings): Promise<string> {
    return explaining(async () => {
      try {
        return await this.client.start(
          "POST",
          `${this.path()}/actions/${operation}`,
          bodyOf(operation, settings),
        );
      } catch (error) {
        if (error instanceof ApiError && error.reason === "unreachable")
          throw new UncertainStartError(error.message);
        throw error;
      }
    });
  }

  task(id: string): Promise<PlanTask> {
    return explaining(async () => {
      const { status, progress, error } = await readTask(this.client, id);
      const failed = status === "ERROR" || status === "CANCELLED";
      return {
        running: status === "RUNNING" || status === "QUEUED",
        progress,
        error: failed ? `${status}: ${error === "" ? "no reason is given" : error}` : "",
      };
    });
  }

  runningTask(): Promise<string | undefined> {
    return explaining(async () => {
      const tasks = objectsIn((await this.client.get("/tasks"))?.["list"]);
      const found = tasks.findLast(
        ({ entity, status }) => entity === this.id && (status === "RUNNING" || status === "QUEUED"),
      );
      return found === undefined ? undefined : idOf(found, "/tasks");
    });
  }

  steps(operation: PlanOperation): Promise<readonly StepView[]> {
    return explaining(async () => {
      try {
        return (await this.client.all(`${this.path()}/recovery-steps/${operation}`)).map((step) =>
          this.step(step),
        );
      } catch (error) {
        // SRM refuses the steps of a workflow while another one runs.
        if (error instanceof ApiError && error.reason === "refused") return [];
        throw error;
      }
    });
  }

  lastRun(operation: PlanOperation): Promise<RunView | undefined> {
    return explaining(async () => {
      const task = await this.client.read(`${this.path()}/history-reports`);
      if (task === undefined) return undefined;
      const { result } = await awaitTask(this.client, idOf(task, "history-reports"), {
        seconds: HISTORY_PATIENCE,
      });
      return reportsIn(result)
        .filter((report) => report["operation_type"] === HISTORY_NAMES[operation])
        .map((report) => this.run(report))
        .toSorted((a, b) => b.started.getTime() - a.started.getTime())[0];
    });
  }

  prompts(): Promise<readonly { readonly id: string; readonly text: string }[]> {
    return explaining(async () =>
      (await this.client.all(`${this.path()}/recovery-steps/user-prompts`)).map((prompt) => ({
        id: idOf(prompt, "user-prompts"),
        text: this.client.hide(`${String(prompt["description"])}: ${String(prompt["prompt_text"])}`),
      })),
    );
  }

  dismiss(prompt: string): Promise<void> {
    return explaining(async () => {
      const path = `${this.path()}/recovery-steps/user-prompts${pathOf(prompt)}/actions/dismiss-prompt`;
      await this.client.write("POST", path);
    });
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private path(): string {
    return `${PLANS}${pathOf(this.id)}`;
  }

  private step(step: JsonObject): StepView {
    return {
      number: String(step["step_number"]),
      title: this.client.hide(String(step["title"])),
      status: String(step["status"]),
      started: moment(step["start_time"]),
      finished: moment(step["finish_time"]),
      problems: this.texts(step["errors"], step["warnings"]),
    };
  }

  private run(report: JsonObject): RunView {
    return {
      key: String(report["run_key"]),
      started: moment(report["start_time_ms"]) ?? new Date(0),
      duration: Number(report["duration_ms"] ?? 0) / 1000,
      result: String(report["result_state"]),
      errors: this.texts(report["errors_list"]),
      warnings: this.texts(report["warnings_list"]),
    };
  }

  private texts(...lists: readonly (Json | undefined)[]): string[] {
    return lists
      .flatMap((list) => (Array.isArray(list) ? (list as readonly Json[]) : []))
      .filter((one): one is string => typeof one === "string" && one !== "")
      .map((one) => this.client.hide(one));
  }
}

async function explaining<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explained(error);
  }
}

function bodyOf(operation: PlanOperation, { planned = false, forced = false }: PlanSettings): JsonObject {
  switch (operation) {
    case "test":
      return { sync_data: true };
    case "recovery":
      // A disaster recovery synchronizes what can still be had; SRM goes on without it.
      return { planned_failover: planned, sync_data: true };
    case "cleanup":
    case "reprotect":
      return { forced };
  }
}

/** The reports in the result of the history's task: the API's description says what they are, not what holds them. */
function reportsIn(result: Json | undefined): JsonObject[] {
  if (Array.isArray(result)) return objectsIn(result as Json);
  if (!isObject(result)) return [];
  return "list" in result ? objectsIn(result["list"]) : [result];
}

function moment(milliseconds: Json | undefined): Date | undefined {
  return typeof milliseconds === "number" && milliseconds > 0 ? new Date(milliseconds) : undefined;
}
