import { z } from "zod";
import { parseWith, type Parsed } from "../dynamic/parse.js";
import { give } from "../declaration/remedy.js";
import { sitesSchema } from "./client/sites-schema.js";
import {
  checkDistinct,
  description,
  inventoryId,
  isElsewhere,
  objectName,
  reporter,
  timeout,
  vmId,
} from "./fields-schema.js";

/** Where the settings are described. */
export const PAGE = "docs/srm.md";

const pointsInTime = z.strictObject({
  /** Of vSphere Replication: at most 24 in all. */
  instances: z.number().int().min(1).max(24),
  days: z.number().int().min(1).max(24),
});

const replication = z.strictObject({
  rpo: z.number().int().min(5).max(1440),
  datastore: inventoryId,
  storagePolicy: z.string().min(1).optional(),
  diskFormat: z.enum(["SAME_AS_SOURCE", "THIN", "THICK", "NATIVE_THICK", "FLAT"]).default("SAME_AS_SOURCE"),
  quiesce: z.boolean().default(false),
  compression: z.boolean().default(true),
  newDisks: z.boolean().default(true),
  pointsInTime: pointsInTime.optional(),
});

/** A protection group as declared: VMs of vSphere Replication, or datastores of an array. */
export const groupSchema = z
  .strictObject({
    sites: sitesSchema,
    name: objectName,
    description,
    virtualMachines: z
      .array(z.strictObject({ id: vmId, replication: replication.optional() }))
      .min(1)
      .max(500)
      .optional(),
    array: z
      .strictObject({
        pair: z.string().min(1, give("the id of the replicated array pair")),
        datastores: z.array(inventoryId).min(1),
      })
      .optional(),
    timeout,
  })
  .superRefine(({ sites, virtualMachines, array }, context) => {
    const report = reporter(context);
    if ((virtualMachines === undefined) === (array === undefined))
      report(
        [virtualMachines === undefined ? "virtualMachines" : "array"],
        virtualMachines === undefined ? "is missing, and array is, too" : "stands beside virtualMachines",
        "one of the two: virtualMachines for vSphere Replication, array for replication by the array",
      );
    const vms = virtualMachines ?? [];
    checkDistinct(
      vms.map(({ id }) => id),
      ["virtualMachines"],
      "id",
      report,
    );
    checkDistinct(array?.datastores ?? [], ["array", "datastores"], "", report);
    vms.forEach(({ id, replication: one }, i) => {
      if (isElsewhere(id, sites.protected.vcenter))
        report(
          ["virtualMachines", i, "id"],
          "is not at the protected site",
          "a VM of sites.protected.vcenter",
        );
      if (one === undefined) return;
      if (isElsewhere(one.datastore, sites.recovery.vcenter))
        report(
          ["virtualMachines", i, "replication", "datastore"],
          "is not at the recovery site",
          "a datastore of sites.recovery.vcenter",
        );
      const { pointsInTime: points } = one;
      if (points !== undefined && points.instances * points.days > 24)
        report(
          ["virtualMachines", i, "replication", "pointsInTime"],
          "keeps more than 24 points in time",
          "at most 24 as instances times days",
        );
      if (sites.recovery.replication === undefined)
        report(
          ["sites", "recovery", "replication"],
          "is missing, but VMs are to be replicated",
          "the server of vSphere Replication at the recovery site",
        );
    });
  });

export type GroupDeclaration = z.output<typeof groupSchema>;
export type ReplicationDeclaration = z.output<typeof replication>;

/** Reads a protection group and checks it. */
export function parseGroup(input: unknown): Parsed<GroupDeclaration> {
  return parseWith(groupSchema, input, PAGE);
}
