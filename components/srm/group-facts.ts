import type { JsonObject } from "../rest/json.js";
import type { GroupDeclaration, ReplicationDeclaration } from "./group-schema.js";
import { marked } from "./owner.js";
import { compareText } from "./stable.js";

/** How a VM is replicated, as far as it is declared. */
export interface ReplicationFacts {
  readonly vm: string;
  readonly targetVcenter: string;
  /** Minutes. */
  readonly rpo: number;
  readonly quiesce: boolean;
  readonly compression: boolean;
  readonly newDisks: boolean;
  /** Points in time: a day, and days. 0 when there are none. */
  readonly instances: number;
  readonly days: number;
}

/** What SRM and vSphere Replication show of a protection group. */
export interface GroupFacts {
  readonly name: string;
  /** With the mark of the owner. */
  readonly description: string;
  readonly type: "HBR" | "ABR";
  readonly protectedVcenter: string;
  readonly vms: readonly string[];
  readonly arrayPair: string;
  readonly datastores: readonly string[];
  /** Of the VMs whose replication is declared. */
  readonly replications: readonly ReplicationFacts[];
}

export function wantedGroup(declared: GroupDeclaration, owner: string): GroupFacts {
  const { sites, virtualMachines, array } = declared;
  return {
    name: declared.name,
    description: marked(declared.description, owner),
    type: array === undefined ? "HBR" : "ABR",
    protectedVcenter: sites.protected.vcenter,
    vms: (virtualMachines ?? []).map(({ id }) => id).toSorted(compareText),
    arrayPair: array?.pair ?? "",
    datastores: (array?.datastores ?? []).toSorted(compareText),
    replications: (virtualMachines ?? [])
      .flatMap(({ id, replication }) =>
        replication === undefined ? [] : [replicationFacts(id, sites.recovery.vcenter, replication)],
      )
      .toSorted((a, b) => compareText(a.vm, b.vm)),
  };
}

/** The body that makes a group. */
export function groupBody(wanted: GroupFacts): JsonObject {
  return {
    ...groupEdit(wanted),
    replication_type: wanted.type,
    protected_vc_guid: wanted.protectedVcenter,
  };
}

/** The body that changes one. */
export function groupEdit({ name, description, type, vms, arrayPair, datastores }: GroupFacts): JsonObject {
  return {
    name,
    description,
    ...(type === "HBR"
      ? { hbr_spec: { vms: [...vms] } }
      : { abr_spec: { replicated_array_pair: arrayPair, datastores: [...datastores] } }),
  };
}

/** The body that configures a replication; a change of one says nothing of VM and target. */
export function replicationBody(
  wanted: ReplicationFacts,
  declared: ReplicationDeclaration,
  deviceKeys: readonly number[],
): JsonObject {
  return {
    rpo: wanted.rpo,
    quiesce_enabled: wanted.quiesce,
    network_compression_enabled: wanted.compression,
    lwd_encryption_enabled: false,
    mpit_enabled: wanted.instances > 0,
    ...(wanted.instances > 0 ? { mpit_instances: wanted.instances, mpit_days: wanted.days } : {}),
    auto_replicate_new_disks: wanted.newDisks,
    disks: deviceKeys.map((key) => ({
      vm_disk: { vm_id: wanted.vm, device_key: key },
      enabled_for_replication: true,
      destination_datastore_id: declared.datastore,
      destination_disk_format: declared.diskFormat,
      ...(declared.storagePolicy === undefined
        ? {}
        : { destination_storage_policy_id: declared.storagePolicy }),
    })),
  };
}

/** A replication as vSphere Replication shows it. */
export function replicationFrom(info: JsonObject): ReplicationFacts {
  const points = info["mpit_enabled"] === true;
  return {
    vm: text(info["vm_id"]),
    targetVcenter: text(info["target_vc_id"]),
    rpo: Number(info["rpo"]),
    quiesce: info["quiescing_enabled"] === true,
    compression: info["network_compression_enabled"] === true,
    newDisks: info["auto_replicate_new_disks_enabled"] === true,
    instances: points ? Number(info["mpit_instances"]) : 0,
    days: points ? Number(info["mpit_days"]) : 0,
  };
}

/** A group as SRM shows it. */
export function groupFrom(
  info: JsonObject,
  vms: readonly string[],
  datastores: readonly string[],
  replications: readonly ReplicationFacts[],
): GroupFacts {
  const type = info["replication_type"] === "ABR" ? "ABR" : "HBR";
  return {
    name: text(info["name"]),
    description: text(info["description"]),
    type,
    protectedVcenter: text(info["protected_vc_guid"]),
    // VMs of an array's group follow from its datastores.
    vms: type === "HBR" ? vms.toSorted(compareText) : [],
    arrayPair: text(info["array_pair"]),
    datastores: datastores.toSorted(compareText),
    replications: replications.toSorted((a, b) => compareText(a.vm, b.vm)),
  };
}

function replicationFacts(
  vm: string,
  targetVcenter: string,
  { rpo, quiesce, compression, newDisks, pointsInTime }: ReplicationDeclaration,
): ReplicationFacts {
  return {
    vm,
    targetVcenter,
    rpo,
    quiesce,
    compression,
    newDisks,
    instances: pointsInTime?.instances ?? 0,
    days: pointsInTime?.days ?? 0,
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
