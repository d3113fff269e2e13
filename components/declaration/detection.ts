import { z } from "zod";
import { isFloating, parseImage, PINNED_IMAGE, SCANNER_REMEDY, scannerFault } from "./image.js";
import { cidr, duration, matching, refuse, size, text } from "./units.js";
import { authorities, labelName } from "./velero.js";

const imageRemedy =
  "version and digest, such as registry.example.org/exporter:1.4.0@sha256:<64 hexadecimal digits>";

/** An image by version and by content. */
const image = matching(PINNED_IMAGE, imageRemedy).superRefine((reference, context) => {
  const read = parseImage(reference);
  if (isFloating(read))
    refuse(context, `says ${read.tag}, which is whatever it was last set to`, imageRemedy);
});

const scanner = text(SCANNER_REMEDY).superRefine((reference, context) => {
  const fault = PINNED_IMAGE.test(reference)
    ? scannerFault(parseImage(reference))
    : "is not pinned by version and digest";
  if (fault !== undefined) refuse(context, fault, SCANNER_REMEDY);
});

const repository = matching(
  /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+:\d+$/,
  "registry, path and schema version, such as registry.example.org/mirror/trivy-db:2",
);

const maximumAge = duration({ min: "6 h", max: "30 d" });

/** The nightly scan of images at every site, at the time of `scanning`. */
export const scanSchema = z.strictObject({
  /** Image of Trivy by version and digest. Affected versions of CVE-2026-33634 are refused. */
  scanner,
  /** Images that are scanned beside the server's, by version and digest. @default none */
  images: z.array(image).default([]),
  /** Networks in which the registries answer; beside DNS the scan reaches nothing else. */
  registries: z
    .array(
      z.strictObject({
        network: cidr,
        /** @default 443 */
        ports: z.array(z.int().min(1).max(65_535)).min(1).default([443]),
      }),
    )
    .min(1),
  /** Where the vulnerability database comes from: fetched before each scan, or a claim that somebody fills in a closed network. @default registry */
  database: z
    .discriminatedUnion("from", [
      z.strictObject({
        from: z.literal("registry"),
        /** Mirrors of it. @default Trivy's own */
        repositories: z.array(repository).min(1).optional(),
        /** Mirrors of that for Java. @default Trivy's own */
        javaRepositories: z.array(repository).min(1).optional(),
        /** An older one fails the scan. @default 48 h */
        maximumAge: maximumAge.prefault("48 h"),
      }),
      z.strictObject({
        from: z.literal("claim"),
        /** Name of the claim in the databases' namespace. */
        claim: labelName,
        /** An older one fails the scan. @default 72 h */
        maximumAge: maximumAge.prefault("72 h"),
      }),
    ])
    .prefault({ from: "registry" }),
  /** Secret (kubernetes.io/dockerconfigjson) in each site's namespace with the log-in of the registries. @default none */
  registryLogin: labelName.optional(),
  /** Certificates (PEM) of the authorities that registries in a closed network have. @default the image's */
  authorities: authorities.optional(),
  /** The volume of the reports. Those older than `age` go, but the newest `count` of each image stay. */
  reports: z
    .strictObject({
      /** @default the cluster's default one */
      storageClass: labelName.optional(),
      /** @default 5 GiB */
      size: size({ min: "1 GiB", max: "1 TiB" }).prefault("5 GiB"),
      /** @default 90 d */
      age: duration({ min: "1 d", max: "3650 d" }).prefault("90 d"),
      /** @default 30 */
      count: z.int().min(1).max(1000).default(30),
    })
    .prefault({}),
});

/** Falco at every site, which is installed and loads what lies in its namespace: rules about the databases. */
export const falcoSchema = z.strictObject({
  /** Its namespace. @default falco */
  namespace: labelName.default("falco"),
});

export type Scan = z.infer<typeof scanSchema>;
export type Falco = z.infer<typeof falcoSchema>;
