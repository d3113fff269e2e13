import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { longestInterval } from "../../declaration/index.js";
import { schedule } from "../../declaration/schedule.js";
import { cidr, duration, matching, refuse, size, text } from "../../declaration/units.js";
import { checked } from "../checked.js";
import { pinnedImage, scannerImage } from "./pinned-image.js";

const DAY = 86_400;
const GIB = 1024 ** 3;

const label = matching(
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
  "1 to 63 lower-case letters, digits and hyphens, such as databases",
);
/** What is put behind the name of a CronJob needs room. */
const jobName = matching(
  /^[a-z](?:[a-z0-9-]{0,42}[a-z0-9])?$/,
  "1 to 44 lower-case letters, digits and hyphens, beginning with a letter",
);
const repository = matching(
  /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+:\d+$/,
  "registry, path and schema version, such as registry.example.org/mirror/trivy-db:2",
);

const zoneRemedy = "the name of a time zone, such as Etc/UTC or Europe/Berlin";
const timeZone = text(zoneRemedy).superRefine((zone, context) => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch {
    refuse(context, "is no time zone", zoneRemedy);
  }
  if (!/^[A-Z][\w+-]*(?:\/[\w+-]+)*$/.test(zone)) refuse(context, "is not the name of a zone", zoneRemedy);
});

const networkRemedy = "the networks in which the registries answer, or that of a mirror or proxy before them";
const egressNetwork = cidr.superRefine((network, context) => {
  const length = Number(network.split("/")[1]);
  if (length < (network.includes(":") ? 16 : 8)) refuse(context, "opens most of the Internet", networkRemedy);
});

const port = z.int().min(1).max(65_535);
/** Where something answers outside the cluster. */
const place = z.strictObject({ network: egressNetwork, ports: z.array(port).min(1).default([443]) });

/** A value that the engine keeps secret: hidden by its path, and judged no further. */
const secretText = (remedy: string): z.ZodType<pulumi.Input<string>> =>
  z.custom<pulumi.Input<string>>(
    (value) => pulumi.Output.isInstance(value) || (typeof value === "string" && value !== ""),
    { message: "is no text", params: { remedy } },
  );

const copySchema = z.strictObject({
  image: pinnedImage,
  address: matching(
    /^https:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?:\/[A-Za-z0-9._-]+)+$/,
    "an https address with the bucket, without a slash at its end, such as https://objects.example.org/audit/scans",
  ),
  region: matching(/^[a-z0-9-]{1,40}$/, "the name of a region, such as us-east-1").default("us-east-1"),
  credentials: z.union([
    z.strictObject({ secretName: label }),
    z.strictObject({ accessKey: secretText("the access key"), secretKey: secretText("the secret key") }),
  ]),
  networks: z.array(place).min(1),
});

const databaseSchema = z.discriminatedUnion("from", [
  z.strictObject({
    from: z.literal("registry"),
    repositories: z.array(repository).min(1).optional(),
    javaRepositories: z.array(repository).min(1).optional(),
    maximumAge: duration({ min: "6 h", max: "30 d" }).prefault("48 h"),
  }),
  z.strictObject({
    from: z.literal("claim"),
    claim: label,
    maximumAge: duration({ min: "6 h", max: "30 d" }).prefault("72 h"),
  }),
]);

/** Folder of an image's reports: they stay together when the digest changes. */
export function folderOf({ repository: path, tag }: { repository: string; tag: string }): string {
  return `${path}_${tag}`.replaceAll(/[/:]/g, "_");
}

/** Scans that are further apart than a day leave a day without one. */
const dailySchedule = schedule.superRefine((cron, context) => {
  if (longestInterval(cron) > DAY)
    refuse(context, "leaves more than a day between two scans", '"0 2 * * *" or oftener');
});

const images = z
  .array(pinnedImage)
  .min(1)
  .superRefine((all, context) => {
    const folders = all.map(folderOf);
    folders.forEach((folder, i) => {
      if (folders.indexOf(folder) < i)
        refuse(context, "has the same repository and version as another", "each image once", [i]);
    });
  });

const podLabels = z.record(z.string(), z.string()).superRefine((all, context) => {
  if (Object.keys(all).length === 0)
    refuse(context, "selects every pod", 'the labels of the resolver, such as k8s-app: "kube-dns"');
});

const imageScanSchema = z.strictObject({
  name: jobName,
  namespace: label,
  scanner: scannerImage,
  images,
  registries: z.array(place).min(1),
  database: databaseSchema.default({ from: "registry", maximumAge: 2 * DAY }),
  registryLogin: z
    .union([
      z.strictObject({ secretName: label }),
      z.strictObject({ credentials: secretText("the content of a Docker configuration with `auths`") }),
    ])
    .optional(),
  authorities: matching(
    /^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\s*$/,
    "certificates in PEM form",
  ).optional(),
  schedule: dailySchedule.default("0 2 * * *"),
  timeZone: timeZone.default("Etc/UTC"),
  ignoreUnfixed: z.boolean().default(false),
  reports: z
    .strictObject({
      storageClass: label.optional(),
      size: size({ min: "1 GiB" }).prefault("5 GiB"),
      age: duration({ min: "1 d" }).prefault("90 d"),
      count: z.int().min(1).max(1000).default(30),
      copy: copySchema.optional(),
    })
    .prefault({}),
  timeLimit: duration({ min: "1 min", max: "24 h" }).prefault("2 h"),
  imageTimeLimit: duration({ min: "1 min", max: "6 h" }).prefault("15 min"),
  startWithin: duration({ min: "1 min", max: "12 h" }).prefault("1 h"),
  user: z.int().min(1).max(2_147_483_647).default(10_001),
  cpus: z.number().min(0.1).max(64).default(1),
  memory: size({ min: "256 MiB" }).prefault("2 GiB"),
  temporary: size({ min: "256 MiB" }).prefault("4 GiB"),
  dns: z
    .strictObject({ namespace: label, labels: podLabels, ports: z.array(port).min(1).default([53]) })
    .prefault({ namespace: "kube-system", labels: { "k8s-app": "kube-dns" } }),
});

/** What is scanned, by what, and how, every default filled in: seconds, bytes. */
export type ImageScanPlan = z.output<typeof imageScanSchema>;

/** Size of the volume for Trivy's database where it is fetched each night: some 1 GiB in 2026, and its archive beside it. */
export const CACHE_SIZE = 3 * GIB;

/** @throws TypeError with every problem */
export function readImageScan(name: string, args: object): ImageScanPlan {
  return checked(`ImageScan ${name}`, imageScanSchema, { ...args, name }, (plan, refuse) => {
    if (plan.imageTimeLimit > plan.timeLimit)
      refuse(
        ["imageTimeLimit"],
        "is longer than the whole job may take",
        "less than timeLimit, or a longer timeLimit",
      );
    if (plan.startWithin >= longestInterval(plan.schedule))
      refuse(["startWithin"], "reaches into the next run", "less than the time between two runs");
  });
}
