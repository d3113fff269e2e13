/** Program of the laboratory's second stack: backups of the first one's databases, by Velero, as a program of one's own declares them. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { VeleroBackups, type VeleroBackupsArgs } from "../../components/kubernetes/index.js";
import { CLUSTER_SITES, type ClusterSite } from "../kubernetes/site.js";
import { NAMESPACE } from "../kubernetes/stage.js";
import type { DeclaredMistake, VeleroKeys } from "../kubernetes/velero-stack.js";

const config = new pulumi.Config("pgkeep");
const keys = config.requireSecretObject<VeleroKeys>("keys");
const kubeconfigs = config.requireSecretObject<Record<ClusterSite, string>>("kubeconfigs");
const store = config.requireObject<Record<"bucket" | "folder" | "address" | "authorities", string>>("store");
const { access, schedules } = config.getObject<DeclaredMistake>("mistake") ?? {};

/** The cluster of site a writes; that of site b reads the same location. */
const own: Readonly<Record<ClusterSite, Partial<VeleroBackupsArgs>>> = {
  a: {
    databases: [{ namespace: NAMESPACE, volumes: ["data"] }],
    ...(schedules === undefined ? {} : { schedules }),
  },
  b: {},
};

for (const site of CLUSTER_SITES) {
  const provider = new k8s.Provider(`velero-${site}`, { kubeconfig: kubeconfigs.apply((all) => all[site]) });
  new VeleroBackups(
    `backups-${site}`,
    {
      version: "1.14",
      repositoryPassword: keys.apply(({ repository }) => repository),
      locations: [
        {
          access: site === "a" ? (access ?? "ReadWrite") : "ReadOnly",
          ...store,
          credentials: {
            accessKey: keys.apply((all) => all.access),
            secretKey: keys.apply(({ secret }) => secret),
          },
          syncPeriod: "5s",
        },
      ],
      ...own[site],
    },
    { provider },
  );
}
