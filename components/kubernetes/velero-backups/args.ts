import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { goDuration, longestInterval, parseGoDuration } from "../../declaration/index.js";
import { schedule } from "../../declaration/schedule.js";
import { matching } from "../../declaration/units.js";
import {
  authorities,
  bucket,
  dottedName,
  folder,
  region,
  secretKey,
  storeAddress,
  storeEncryption,
  storePlugin,
  veleroVersion,
} from "../../declaration/velero.js";
import { podLabels } from "../access-policies/args.js";
import { checked, type Refuse } from "../checked.js";
import { objectName } from "../database-namespace/args.js";
import { repositoryPassword } from "./repository-password.js";

const DAY = 86_400;
/** A backup is called after its schedule, with 15 characters more, and labels carry 63 at most. */
const LONGEST_SCHEDULE = 48;

const secretText = (remedy: string): z.ZodType<pulumi.Input<string>> =>
  z.custom<pulumi.Input<string>>(
    (value) => pulumi.Output.isInstance(value) || (typeof value === "string" && /^[\x21-\x7e]+$/.test(value)),
    { message: "is no text on one line", params: { remedy } },
  );

const locationSchema = z.strictObject({
  name: objectName.default("default"),
  access: z.enum(["ReadWrite", "ReadOnly"]),
  plugin: storePlugin.default("aws"),
  bucket,
  folder,
  region: region.default("us-east-1"),
  address: storeAddress.optional(),
  authorities: authorities.optional(),
  encryption: storeEncryption.default("AES256"),
  credentials: z.union([
    z.strictObject({ secretName: dottedName, key: secretKey.default("cloud") }),
    z.strictObject({ accessKey: secretText("the access key"), secretKey: secretText("the secret key") }),
  ]),
  syncPeriod: goDuration({ min: "5s", max: "1h" }).default("1m"),
});

const checkpointSchema = z.strictObject({
  labels: podLabels,
  container: objectName.default("postgres"),
  command: z
    .array(matching(/^[\x20-\x7e]{1,300}$/, "a word of a command, on one line"))
    .min(1)
    .default(["psql", "-XAtq", "-U", "maint", "-d", "postgres", "-c", "CHECKPOINT"]),
  timeout: goDuration({ min: "1m", max: "2h" }).default("10m"),
});

const databaseSchema = z.strictObject({
  namespace: objectName,
  volumes: z.array(objectName).min(1).max(50),
  volumeGroup: matching(
    /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
    "the key of a label that the claims carry, such as example.org/volume-group",
  ).optional(),
  snapshotClass: z.strictObject({ driver: dottedName, name: dottedName }).optional(),
  checkpoint: checkpointSchema.optional(),
});

const scheduleSchema = z.strictObject({
  name: objectName,
  schedule,
  ttl: goDuration({ min: "1h", max: "87600h" }),
  location: objectName.optional(),
});

/** What is kept a week, each day; and a month, each week. */
const CLASSES = [
  { name: "daily", schedule: "0 2 * * *", ttl: "168h" },
  { name: "weekly", schedule: "0 3 * * 0", ttl: "720h" },
] as const;

const schema = z.strictObject({
  name: matching(
    /^[a-z]([a-z0-9-]{0,40}[a-z0-9])?$/,
    "1 to 42 lower-case letters, digits and hyphens, beginning with a letter",
  ),
  namespace: objectName.default("velero"),
  version: veleroVersion,
  repositoryPassword,
  locations: z.array(locationSchema).min(1),
  databases: z.array(databaseSchema).default([]),
  schedules: z.array(scheduleSchema).min(1).optional(),
  snapshotTimeout: goDuration({ min: "1m", max: "24h" }).default("10m"),
  moveTimeout: goDuration({ min: "10m", max: "168h" }).default("4h"),
  protect: z.boolean().default(true),
});

type Given = z.output<typeof schema>;

export type Location = Given["locations"][number];
export type VeleroDatabase = Given["databases"][number];

/** A schedule with the location that it writes to. */
export type ScheduleClass = Omit<z.output<typeof scheduleSchema>, "location"> & { readonly location: string };

/** What is declared to Velero, every default filled in. */
export type VeleroPlan = Omit<Given, "schedules"> & { readonly schedules: readonly ScheduleClass[] };

/** @throws TypeError with every problem */
export function readVeleroBackups(name: string, args: object): VeleroPlan {
  const given = checked(`VeleroBackups ${name}`, schema, { ...args, name }, (all, refuse) => {
    refuseLocations(all, refuse);
    refuseSchedules(all, refuse);
    all.databases.forEach((_, i) => refuseDatabase(all, i, refuse));
  });
  return { ...given, schedules: classesOf(given) };
}

/** Schedules of each database; none where nothing is backed up. */
function classesOf({ databases, schedules, locations }: Given): readonly ScheduleClass[] {
  if (databases.length === 0) return [];
  const usual = locations[0]?.name ?? "";
  return (schedules ?? CLASSES).map((each) => ({
    name: each.name,
    schedule: each.schedule,
    ttl: each.ttl,
    location: "location" in each ? (each.location ?? usual) : usual,
  }));
}

function refuseLocations({ locations }: Given, refuse: Refuse): void {
  const names = locations.map((each) => each.name);
  const places = locations.map(({ address = "", bucket, folder }) => `${address} ${bucket}/${folder}`);
  locations.forEach((_, i) => {
    if (names.indexOf(names[i] ?? "") < i)
      refuse(["locations", i, "name"], "is used twice as a location", "another, unique one");
    if (places.indexOf(places[i] ?? "") < i)
      refuse(["locations", i, "folder"], "is that of another location", "a folder of its own");
  });
}

function refuseSchedules(all: Given, refuse: Refuse): void {
  const { databases, schedules, locations } = all;
  if (schedules !== undefined && databases.length === 0)
    refuse(["schedules"], "have nothing to back up", "databases, or no schedules on a cluster that reads");
  const first = locations[0];
  if (schedules === undefined && databases.length > 0 && first?.access === "ReadOnly")
    refuse(
      ["locations", 0, "access"],
      "takes no backups, and there are databases to back up",
      "ReadWrite, or no databases: the cluster that reads has none",
    );
  schedules?.forEach(({ name, location = first?.name ?? "", ttl, schedule: cron }, i) => {
    const at = ["schedules", i] as const;
    const target = locations.find((each) => each.name === location);
    if (schedules.findIndex((each) => each.name === name) < i)
      refuse([...at, "name"], "is used twice as a schedule", "another, unique one");
    if (target === undefined)
      refuse(
        [...at, "location"],
        "is no declared location: every backup would end in FailedValidation",
        `one of ${locations.map((each) => each.name).join(", ")}`,
      );
    else if (target.access === "ReadOnly")
      refuse(
        [...at, "location"],
        `is a schedule on a read-only location, ${location}: every backup would end in FailedValidation`,
        "a location with access ReadWrite, or no schedule in the cluster that reads",
      );
    // A run that fails must not leave nothing behind.
    if ((parseGoDuration(ttl) ?? 0) < 2 * longestInterval(cron))
      refuse(
        [...at, "ttl"],
        "ends before two runs: after one that failed there would be no backup",
        `${Math.ceil((2 * longestInterval(cron)) / 3600)}h or more`,
      );
  });
  const crons = schedules?.map((each) => each.schedule) ?? [];
  if (
    databases.length > 0 &&
    crons.length > 0 &&
    Math.min(...crons.map((cron) => longestInterval(cron))) > DAY
  )
    refuse(["schedules"], "leave more than a day between two backups", 'one with "0 2 * * *" or oftener');
}

function refuseDatabase({ databases, version: server, schedules }: Given, i: number, refuse: Refuse): void {
  const database = databases[i];
  if (database === undefined) return;
  const { namespace, volumes, volumeGroup } = database;
  const at = ["databases", i] as const;
  if (databases.findIndex((each) => each.namespace === namespace) < i)
    refuse([...at, "namespace"], "is used twice as a namespace", "each namespace once, with its volumes");
  if (volumes.length > 1 && volumeGroup === undefined)
    refuse(
      [...at, "volumes"],
      "are snapshot one after the other: WAL that is older than the data starts cleanly and is silently wrong",
      "one volume with pg_wal and all tablespaces in it, or volumeGroup where the CSI driver groups snapshots",
    );
  if (volumeGroup !== undefined && Number(server.split(".")[1]) < 18)
    refuse(
      [...at, "volumeGroup"],
      `is not known to Velero ${server}`,
      "version 1.18 or newer, or one volume with pg_wal in it",
    );
  for (const { name } of schedules ?? CLASSES)
    if (`${namespace}-${name}`.length > LONGEST_SCHEDULE)
      refuse(
        [...at, "namespace"],
        `makes ${namespace}-${name}, too long a name for a schedule`,
        `names with ${LONGEST_SCHEDULE} characters together at most`,
      );
}
