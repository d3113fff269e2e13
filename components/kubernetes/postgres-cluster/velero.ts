import * as pulumi from "@pulumi/pulumi";
import type { Velero } from "../../declaration/index.js";
import { VeleroBackups, type BackupLocation, type BackupSchedule } from "../velero-backups.js";
import { holdsPrimary, partName, serversOf, type Placement } from "./placement.js";

/**
 * Velero at a site; nothing where it is not declared. The primary's site makes the backups; the others list and restore them, and may
 * neither write nor remove. A promotion at another site turns that round.
 */
export function placeVelero(placement: Placement): VeleroBackups | undefined {
  const { environment, place, secrets, protect, opts } = placement;
  const { velero } = environment.kubernetes;
  const { vmSnapshot } = environment.backup;
  if (velero === undefined || vmSnapshot === undefined) return undefined;
  const writes = holdsPrimary(placement);
  const { snapshotClass, longTerm } = velero;
  const schedules: BackupSchedule[] = [
    { name: "daily", schedule: vmSnapshot.schedule, ttl: hours(vmSnapshot.retention.age) },
    ...(longTerm === undefined
      ? []
      : [{ name: "longterm", schedule: longTerm.schedule, ttl: hours(longTerm.age) }]),
  ];
  const database = {
    namespace: place.namespace,
    // WAL lies beside the data.
    volumes: ["data"],
    ...(snapshotClass === undefined ? {} : { snapshotClass }),
    ...(vmSnapshot.quiesce ? { checkpoint: { labels: serversOf(placement) } } : {}),
  };
  return new VeleroBackups(
    partName(placement, "velero"),
    {
      namespace: velero.namespace,
      version: velero.version,
      repositoryPassword: pulumi
        .secret(secrets)
        // Nothing is refused by the component, with what to do.
        .apply(({ veleroPassword = "" }) => veleroPassword),
      locations: [locationOf(velero, writes)],
      ...(writes ? { databases: [database], schedules } : {}),
      protect,
    },
    opts,
  );
}

function locationOf({ location }: Velero, writes: boolean): BackupLocation {
  const { name, plugin, bucket, folder, region, encryption, credentials, address, authorities } = location;
  return {
    ...{ name, plugin, bucket, folder, region, encryption },
    access: writes ? "ReadWrite" : "ReadOnly",
    ...(address === undefined ? {} : { address }),
    ...(authorities === undefined ? {} : { authorities }),
    credentials: { secretName: credentials.name, key: credentials.key },
  };
}

/** A duration of Go, which knows no days. */
function hours(seconds: number): string {
  return `${Math.ceil(seconds / 3600)}h`;
}
