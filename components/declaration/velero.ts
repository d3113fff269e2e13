import { z } from "zod";
import { schedule } from "./schedule.js";
import { duration, matching, refuse } from "./units.js";

/*
 * What is said of Velero, in a declaration and to the component alike.
 */

/** Version of Velero's server. */
export const veleroVersion = matching(
  /^1\.\d{2}(?:\.\d+)?$/,
  "the version of Velero's server, such as 1.18 or 1.14.0",
).superRefine((value, context) => {
  if (/^1\.\d{2}/.test(value) && Number(value.split(".")[1]) < 14)
    refuse(context, "is too old: volume snapshots by CSI are part of Velero from 1.14 on", "1.14 or newer");
});

export const storePlugin = matching(/^[a-z0-9.-]+(?:\/[a-z0-9.-]+)?$/, "the name of a plugin, such as aws");

export const bucket = matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of a bucket, such as backups");

export const folder = matching(
  /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/,
  "a folder of the bucket, without a slash at its ends, such as orders/velero",
);

export const region = matching(/^[a-z0-9-]{1,40}$/, "the name of a region, such as us-east-1");

export const storeAddress = matching(
  /^https:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/,
  "an https address without a path, such as https://objects.example.org:9000",
);

/** Certificates of authorities. */
export const authorities = matching(
  /^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\s*$/,
  "certificates in PEM form",
);

/** How the store encrypts what Velero writes of objects; moved volumes are encrypted before that. */
export const storeEncryption = z.union([
  z.literal("AES256"),
  z.strictObject({ kmsKeyId: matching(/^[\x21-\x7e]{1,2048}$/, "the id of a key") }),
  z.literal("bucket"),
]);

/** The name of an object, dots included. */
export const dottedName = matching(
  /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
  "the name of an object of the cluster, such as object-store",
);

export const secretKey = matching(/^[A-Za-z0-9._-]{1,253}$/, "the key of a Secret, such as cloud");

/** The name of an object that is a label of DNS as well. */
export const labelName = matching(
  /^[a-z0-9](?:[a-z0-9-]{0,51}[a-z0-9])?$/,
  "1 to 53 lower-case letters, digits and hyphens, such as orders",
);

/** Velero at every site, which makes the backups of `backup.vmSnapshot`; it is installed. */
export const veleroSchema = z.strictObject({
  /** Version of its server, 1.14 or newer, such as "1.18". */
  version: veleroVersion,
  /** Its namespace, the same at every site. @default velero */
  namespace: labelName.default("velero"),
  /** Where backups lie: a place in an object store with the API of S3, at backup.repository.site. The primary's site writes it, the others read. */
  location: z.strictObject({
    /** @default default */
    name: labelName.default("default"),
    /** Its plugin for the store. @default aws */
    plugin: storePlugin.default("aws"),
    bucket,
    /** Folder in the bucket, for this environment alone. */
    folder,
    /** @default us-east-1 */
    region: region.default("us-east-1"),
    /** Address of a store that is not the provider's own. @default the region's */
    address: storeAddress.optional(),
    /** Certificates (PEM) of the authorities that the store's is checked by. @default the image's */
    authorities: authorities.optional(),
    /** By what the store encrypts; bucket where the bucket does so by default. @default AES256 */
    encryption: storeEncryption.default("AES256"),
    /** Secret in its namespace with a file of credentials for the store: the same name at every site. */
    credentials: z.strictObject({
      name: dottedName,
      /** @default cloud */
      key: secretKey.default("cloud"),
    }),
  }),
  /** VolumeSnapshotClass for the claims of a CSI driver. @default that which is labelled for Velero */
  snapshotClass: z.strictObject({ driver: dottedName, name: dottedName }).optional(),
  /** A second schedule, for copies that are kept longer than those of backup.vmSnapshot. @default none */
  longTerm: z
    .strictObject({
      /** @default 03:00 on Sunday */
      schedule: schedule.default("0 3 * * 0"),
      /** @default 30 d */
      age: duration({ min: "7 d", max: "3650 d" }).prefault("30 d"),
    })
    .optional(),
});

export type Velero = z.infer<typeof veleroSchema>;
