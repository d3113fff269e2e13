import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Lab } from "../hosts/lab.js";
import { addressOf } from "../hosts/topology.js";
import { checkoutRoot } from "../places.js";
import type { VCenterSite, VmNotice } from "../endpoints/vcenter/index.js";
import type { EndpointAccounts, ServedPlace, ServeMessage, ServeOrder } from "./messages.js";

/** GUIDs of the vCenter Servers, as `Pulumi.lab-vmware.yaml` names them. */
export type Guids = ServeOrder["guids"];

/** How long the endpoints may take to start, in milliseconds. */
const START = 180_000;

/** vCenter, NSX and SRM of the laboratory: a process in the network of the operator's workstation, which ends with this one. */
export class Endpoints {
  private constructor(
    private readonly child: ChildProcess,
    readonly address: string,
    readonly accounts: EndpointAccounts,
    readonly vcenters: Readonly<Record<VCenterSite, ServedPlace>>,
    readonly nsx: ServedPlace,
    readonly srm: Readonly<Record<VCenterSite, ServedPlace>>,
  ) {}

  static async start(
    lab: Lab,
    simulator: string,
    guids: Guids,
    onVm: (site: VCenterSite, notice: VmNotice) => void,
  ): Promise<Endpoints> {
    const address = addressOf("ops", "management") ?? "";
    const account = (user: string) => ({ user, password: randomBytes(18).toString("base64url") });
    const accounts = {
      vcenter: account("pgkeep@vsphere.local"),
      nsx: account("pgkeep"),
      srm: account("pgkeep@lab.local"),
    };
    const child = spawn(
      "nsenter",
      [
        "-t",
        String(lab.holder("ops").pid),
        "--net",
        "--",
        process.execPath,
        join(checkoutRoot(), "dist/lab/vmware/serve.js"),
      ],
      { stdio: ["ignore", "inherit", "inherit", "ipc"] },
    );
    const order: ServeOrder = { address, simulator, accounts, guids };
    const ready = await new Promise<Extract<ServeMessage, { kind: "ready" }>>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the endpoints do not answer")), START);
      child.once("exit", (code) => reject(new Error(`the endpoints ended with ${code}`)));
      child.on("message", (message: ServeMessage) => {
        if (message.kind === "vm") onVm(message.site, message.notice);
        if (message.kind === "failed") reject(new Error(`the endpoints did not start: ${message.reason}`));
        if (message.kind !== "ready") return;
        clearTimeout(timer);
        resolve(message);
      });
      child.send(order);
    });
    return new Endpoints(child, address, accounts, ready.vcenters, ready.nsx, ready.srm);
  }

  /** Name of a vCenter Server as the declaration has it. */
  server(site: VCenterSite): string {
    return `${this.address}:${this.vcenters[site].port}`;
  }

  /** Variables with which govc reaches a vCenter. */
  govcEnvironment(site: VCenterSite, authorities: string): NodeJS.ProcessEnv {
    return {
      GOVC_URL: `https://${this.server(site)}/sdk`,
      GOVC_USERNAME: this.accounts.vcenter.user,
      GOVC_PASSWORD: this.accounts.vcenter.password,
      GOVC_TLS_CA_CERTS: authorities,
      GOVC_INSECURE: "false",
      GOVC_PERSIST_SESSION: "false",
    };
  }

  /** Everything that SRM and vSphere Replication hold. */
  async srmInventory(): Promise<readonly string[]> {
    return await new Promise((resolve) => {
      const listen = (message: ServeMessage): void => {
        if (message.kind !== "inventory") return;
        this.child.off("message", listen);
        resolve(message.things);
      };
      this.child.on("message", listen);
      this.child.send({ kind: "inventory" });
    });
  }

  /** Ends the process and waits for it. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise<void>((done) => this.child.once("exit", () => done()));
    this.child.disconnect();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(timer);
  }
}
