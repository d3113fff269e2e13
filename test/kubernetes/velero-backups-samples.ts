import * as pulumi from "@pulumi/pulumi";
import type { VeleroBackupsArgs } from "../../components/kubernetes/index.js";

export const PASSWORD = "PLANTED-repository-password";

const AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIBdjCCAR0CFA==\n-----END CERTIFICATE-----\n";

/** A cluster that backs a database up into a store of its own. */
export function veleroArgs(change: Partial<VeleroBackupsArgs> = {}): VeleroBackupsArgs {
  return {
    version: "1.14",
    repositoryPassword: PASSWORD,
    locations: [
      {
        access: "ReadWrite",
        bucket: "backups",
        folder: "orders/velero",
        address: "https://objects.example.org:9000",
        authorities: AUTHORITY,
        credentials: { accessKey: "PLANTED-access", secretKey: "PLANTED-secret" },
      },
    ],
    databases: [
      {
        namespace: "orders",
        volumes: ["data"],
        snapshotClass: { driver: "ebs.csi.aws.com", name: "database-snapshots" },
        checkpoint: {
          labels: { "app.kubernetes.io/name": "postgresql", "app.kubernetes.io/instance": "orders-a" },
        },
      },
    ],
    ...change,
  };
}

/** The second cluster: it reads what the first has written. */
export function readingArgs(change: Partial<VeleroBackupsArgs> = {}): VeleroBackupsArgs {
  const { databases: _, ...rest } = veleroArgs();
  return {
    ...rest,
    repositoryPassword: pulumi.secret(PASSWORD),
    locations: rest.locations.map((location) => ({
      ...location,
      access: "ReadOnly" as const,
      credentials: { secretName: "object-store" },
    })),
    ...change,
  };
}
