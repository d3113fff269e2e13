import { z } from "zod";
import { cidr, matching } from "./units.js";

/** An object store with the API of S3 that takes base backups and WAL of pods. Its keys stand with the secrets (`objectStore`). */
export const archiveSchema = z.strictObject({
  /** Address of the store; its certificate is checked for this name. */
  endpoint: matching(
    /^https:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9]\d{0,4})?$/,
    "an https address without a path, such as https://objects.example.org:9000",
  ),
  bucket: matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of a bucket, such as backups"),
  /** Folder of the bucket, for this cluster alone. @default the cluster's name */
  path: matching(
    /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/,
    "a folder of the bucket, without a slash at its ends, such as databases/orders",
  ).optional(),
  /** @default us-east-1 */
  region: matching(/^[a-z0-9-]{1,40}$/, "the name of a region, such as us-east-1").default("us-east-1"),
  /** Whether the bucket stands in the path or before the host's name. @default path */
  style: z.enum(["path", "host"]).default("path"),
  /** PEM certificates of the authorities that may have signed the store's. @default those that the image brings */
  authorities: matching(
    /^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\s*$/,
    "certificates in PEM form",
  ).optional(),
  /** Networks in which the store answers: pods reach nothing else outside but members of other sites. */
  networks: z.array(cidr).min(1),
});

export type Archive = z.infer<typeof archiveSchema>;

/** Host and port of the store. */
export function storePlace({ endpoint }: Archive): { readonly host: string; readonly port: number } {
  const [host = "", port = "443"] = endpoint.replace("https://", "").split(":");
  return { host, port: Number(port) };
}
