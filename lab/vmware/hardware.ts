import { CHECKPOINT_INFO, HOST_KEY_INFO, INTERFACES } from "../../components/postgres/index.js";
import type { RecoveryPlan } from "../../components/recovery/index.js";
import { PURPOSES } from "../../components/declaration/index.js";
import type { VCenterSite, VmNotice } from "../endpoints/vcenter/index.js";
import type { Lab } from "../hosts/lab.js";
import { SEGMENTS, type HypervisorName } from "../hosts/topology.js";
import type { Progress } from "../progress.js";
import { GuestMachine } from "./guest.js";

/** How long a guest may take to tell its host key, in milliseconds. */
const TOLD = 120_000;

/** Key by which vCenter hears that a guest is frozen: see the simulator. */
const FROZEN = "pgkeep.lab.frozen";

/** As open-vm-tools do around a quiesced snapshot: by name, and backwards. */
const FREEZE =
  'for script in /etc/vmware-tools/backupScripts.d/*; do [ ! -x "$script" ] || "$script" freeze; done';
const THAW =
  'for script in $(ls -r /etc/vmware-tools/backupScripts.d); do "/etc/vmware-tools/backupScripts.d/$script" thaw; done';

/** Sets variables of a VM, as VMware Tools do in its name. */
export type TellVcenter = (
  site: VCenterSite,
  uuid: string,
  variables: Readonly<Record<string, string>>,
) => Promise<void>;

export interface HardwareOptions {
  readonly lab: Lab;
  /** Root file system of the guest image. */
  readonly image: string;
  readonly plan: RecoveryPlan;
  readonly tell: TellVcenter;
  readonly progress: Progress;
}

/** What stands under the simulated VMs: a machine for each guest of the plan, powered as vCenter says. */
export class Hardware {
  private readonly machines = new Map<string, { machine: GuestMachine; name: string }>();
  /** Notices are worked off one after the other. */
  private work: Promise<void> = Promise.resolve();
  private readonly failures: string[] = [];
  /** Times that a guest was frozen. */
  private frozen = 0;

  constructor(private readonly options: HardwareOptions) {}

  /** What went wrong so far. */
  get problems(): readonly string[] {
    return this.failures;
  }

  /** Takes a notice of a vCenter. */
  take(site: VCenterSite, notice: VmNotice): void {
    this.work = this.work
      .then(() => this.follow(site, notice))
      .catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        this.failures.push(text);
        this.options.progress(`  hardware: ${text}`);
      });
  }

  /** The machine of a guest. */
  guest(name: string): GuestMachine {
    const found = [...this.machines.values()].find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no VM ${name}`);
    return found.machine;
  }

  /** Names of the guests whose machines run. */
  get running(): string[] {
    return [...this.machines.values()].filter(({ machine }) => machine.running).map(({ name }) => name);
  }

  /** Powers everything off and forgets it. */
  async remove(): Promise<void> {
    await this.work;
    await Promise.all([...this.machines.values()].map(({ machine }) => machine.remove()));
    this.machines.clear();
  }

  private async follow(site: VCenterSite, notice: VmNotice): Promise<void> {
    const key = `${site} ${notice.id}`;
    const known = this.machines.get(key);
    if (notice.power === "removed") {
      await known?.machine.remove();
      this.machines.delete(key);
      return;
    }
    if (notice.freeze === true) {
      await this.freeze(site, notice, known?.machine);
      return;
    }
    if (notice.power !== "poweredOn") {
      await known?.machine.powerOff();
      return;
    }
    const { name = "", uuid = "" } = notice;
    const guest = this.options.plan.guests.find((one) => one.name === name);
    if (guest === undefined) return;
    const machine = known?.machine ?? this.machineOf(name, notice);
    this.machines.set(key, { machine, name });
    await machine.powerOn();
    this.options.progress(`  ${name} has started`);
    void this.publish(site, uuid, machine);
  }

  /** Tools run the guest's scripts, and tell vCenter what these told them; the snapshot is taken when they say that all is frozen. */
  private async freeze(
    site: VCenterSite,
    { uuid = "" }: VmNotice,
    machine: GuestMachine | undefined,
  ): Promise<void> {
    await machine?.mustRun(["sh", "-c", FREEZE]);
    const told = machine?.told(CHECKPOINT_INFO);
    await this.options.tell(site, uuid, {
      ...(told === undefined ? {} : { [CHECKPOINT_INFO]: told }),
      [FROZEN]: String(++this.frozen),
    });
    await machine?.mustRun(["sh", "-c", THAW]);
  }

  private machineOf(name: string, { extraConfig = {}, disks = [] }: VmNotice): GuestMachine {
    const { lab, image, plan } = this.options;
    const guest = plan.guests.find((one) => one.name === name);
    if (guest === undefined) throw new Error(`${name} is no guest of the plan`);
    const host = lab.holder(guest.host as HypervisorName).pid;
    return new GuestMachine({
      name,
      lab: lab.dir,
      image,
      seed: Object.fromEntries(Object.entries(extraConfig).filter(([key]) => key.startsWith("guestinfo."))),
      // The first one holds the system, which the image is.
      disks: disks.slice(1).map(({ uuid, bytes }) => ({
        link: `wwn-0x${uuid.replaceAll("-", "").toLowerCase()}`,
        bytes,
      })),
      cards: PURPOSES.map((purpose) => ({
        device: INTERFACES[purpose],
        mac: guest.macs[purpose],
        bridge: SEGMENTS[purpose].bridge,
        host,
      })),
    });
  }

  /** Tools tell vCenter that they run, and what the guest wants it to know. */
  private async publish(site: VCenterSite, uuid: string, machine: GuestMachine): Promise<void> {
    try {
      for (const deadline = Date.now() + TOLD; Date.now() < deadline && machine.running;) {
        const hostKey = machine.told(HOST_KEY_INFO);
        if (hostKey !== undefined) {
          await this.options.tell(site, uuid, {
            [HOST_KEY_INFO]: hostKey,
            "SET.guest.toolsRunningStatus": "guestToolsRunning",
          });
          return;
        }
        await new Promise((wake) => setTimeout(wake, 250));
      }
    } catch (error) {
      this.failures.push(error instanceof Error ? error.message : String(error));
    }
  }
}
