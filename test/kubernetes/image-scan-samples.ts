import type { ImageScanArgs } from "../../components/kubernetes/index.js";
import { digest } from "./digests.js";

export const SERVER_18 = `postgres:18.6-trixie@${digest("a")}`;
export const SERVER_17 = `ghcr.io/cloudnative-pg/postgresql:17.12-system-trixie@${digest("b")}`;

/** A scan that takes its database from the public registries. */
export function scanArgs(change: Partial<ImageScanArgs> = {}): ImageScanArgs {
  return {
    namespace: "databases",
    scanner: `ghcr.io/aquasecurity/trivy:0.76.2@${digest("c")}`,
    images: [SERVER_18, SERVER_17],
    registries: [{ network: "203.0.113.0/24" }],
    ...change,
  };
}

/** A scan in a closed network: everything comes from one registry, the database from a claim. */
export function closedScanArgs(change: Partial<ImageScanArgs> = {}): ImageScanArgs {
  return scanArgs({
    scanner: `registry.example.org:5000/mirror/trivy:0.76.2@${digest("c")}`,
    registries: [{ network: "10.20.30.40/32", ports: [5000] }],
    database: { from: "claim", claim: "trivy-database" },
    registryLogin: { credentials: '{"auths":{"registry.example.org:5000":{"auth":"PLANTED"}}}' },
    authorities: "-----BEGIN CERTIFICATE-----\nMIIBdjCCAR0CFA==\n-----END CERTIFICATE-----\n",
    timeZone: "Europe/Berlin",
    ignoreUnfixed: true,
    ...change,
  });
}

/** A scan whose reports are copied to an object store. */
export function copiedScanArgs(change: Partial<ImageScanArgs> = {}): ImageScanArgs {
  return scanArgs({
    reports: {
      copy: {
        image: `curlimages/curl:8.17.0@${digest("d")}`,
        address: "https://objects.example.org/audit/scans",
        credentials: { accessKey: "PLANTED-access", secretKey: 'PLANTED-"secret' },
        networks: [{ network: "10.20.9.10/32", ports: [9000] }],
      },
    },
    ...change,
  });
}
