import { lookup } from "../binding.js";

/** One of `name`, `uuid` and `moid` names the machine. */
export interface GetVirtualMachineArgs {
  /** Name or path of a machine or template. */
  name?: string;
  /** BIOS UUID. */
  uuid?: string;
  /** Managed object id. */
  moid?: string;
  /** Managed object id of the datacenter. */
  datacenterId?: string;
  /** Folder relative to the datacenter's folder of machines. */
  folder?: string;
  /** SCSI controllers to look for disks on. */
  scsiControllerScanCount?: number;
}

/** The part of the answer that deciding about a template or a standby needs. */
export interface GetVirtualMachineResult {
  readonly id: string;
  readonly uuid: string;
  readonly moid: string;
  readonly instanceUuid: string;
  readonly name?: string;
  readonly datacenterId?: string;
  readonly folder?: string;
  readonly guestId: string;
  readonly alternateGuestName?: string;
  readonly hardwareVersion: number;
  readonly firmware?: string;
  readonly efiSecureBootEnabled?: boolean;
  readonly numCpus?: number;
  readonly memory?: number;
  readonly scsiType: string;
  readonly storagePolicyId: string;
  readonly extraConfig?: Record<string, string>;
  readonly disks: {
    readonly label: string;
    readonly size: number;
    readonly thinProvisioned: boolean;
    readonly eagerlyScrub: boolean;
    readonly unitNumber: number;
  }[];
  readonly networkInterfaceTypes: string[];
  readonly tags: string[];
  readonly vtpm: boolean;
}
const virtualMachine = lookup<GetVirtualMachineArgs, GetVirtualMachineResult>("getVirtualMachine");

/** A machine or template. */
export const getVirtualMachine = virtualMachine.plain;
/** A machine or template by a name or id that may not be known yet. */
export const getVirtualMachineOutput = virtualMachine.output;
