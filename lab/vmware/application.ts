import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { ClientEvent } from "../../operations/ports/index.js";
import type { Lab } from "../hosts/lab.js";
import { NAME_SERVER_FOR_CLIENTS, ZONE } from "../hosts/topology.js";
import { checkoutRoot } from "../places.js";
import type { ClientReport } from "./client-process.js";

export interface ApplicationOptions {
  readonly cluster: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** PEM of the environment's authority. */
  readonly authority: string;
}

/** A writing application at site a, which finds the primary by its record. */
export class Application {
  private constructor(private readonly child: ChildProcess) {}

  static start(lab: Lab, { cluster, ...access }: ApplicationOptions): Application {
    const child = spawn(
      "nsenter",
      [
        ...["-t", String(lab.holder("app-a").pid), "--net", "--", process.execPath],
        join(checkoutRoot(), "dist/lab/vmware/client-process.js"),
      ],
      { stdio: ["ignore", "inherit", "inherit", "ipc"] },
    );
    child.send({
      ...access,
      log: join(lab.dir, "application.jsonl"),
      record: `${cluster}.${ZONE}`,
      nameServer: NAME_SERVER_FOR_CLIENTS,
    });
    return new Application(child);
  }

  /** Ends it. @returns what it saw */
  async stop(): Promise<readonly ClientEvent[]> {
    return await new Promise((resolve, reject) => {
      this.child.once("exit", (code) => reject(new Error(`the application ended with ${code}`)));
      this.child.once("message", ({ events }: ClientReport) => resolve(events));
      this.child.send({});
    });
  }
}
