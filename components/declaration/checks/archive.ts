import { storePlace } from "../archive.js";
import { isWorld } from "./access.js";
import { report, type Check } from "./check.js";

/** Contradictions about the object store of pods. */
export const archiveChecks: readonly Check[] = [
  {
    needs: ["kubernetes", "backup"],
    find: ({ kubernetes: { engine, archive }, backup }, problems) => {
      const path = ["kubernetes", "archive"];
      if (engine === "statefulset" && backup.base !== undefined && archive === undefined)
        report(
          problems,
          path,
          undefined,
          "is missing, and backup.base has no place to put backups and WAL",
          "the object store: endpoint, bucket and networks",
        );
      if (archive === undefined) return;
      if (engine !== "statefulset")
        report(
          problems,
          path,
          archive,
          `has no meaning with engine ${engine}`,
          "engine: statefulset, or no such section",
        );
      if (backup.base === undefined)
        report(
          problems,
          path,
          archive,
          "is used by nobody: no base backups are declared",
          "backup.base and backup.wal, or no such section",
        );
      if (storePlace(archive).port > 65_535)
        report(
          problems,
          [...path, "endpoint"],
          archive.endpoint,
          "has no port that exists",
          "a port of 65535 at most",
        );
      archive.networks.forEach((network, i) => {
        if (isWorld(network))
          report(
            problems,
            [...path, "networks", i],
            network,
            "lets pods send to nearly everybody",
            "the networks in which the store really answers",
          );
      });
      if (backup.repository.encryption === "none")
        report(
          problems,
          ["backup", "repository", "encryption"],
          "none",
          "would give whoever reads the store the whole database",
          "aes-256-cbc",
        );
      if (backup.repository.path !== "/var/lib/pgbackrest")
        report(
          problems,
          ["backup", "repository", "path"],
          backup.repository.path,
          "has no meaning on Kubernetes",
          "kubernetes.archive.path, a folder of the bucket",
        );
    },
  },
];
