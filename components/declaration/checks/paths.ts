import { report, type Check } from "./check.js";

/** Where the witness's system and our own files lie: a volume mounted at, above or below one of them would hide or share it. */
const OCCUPIED = [
  ...[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr",
  ],
  ...[
    "/var/cache",
    "/var/lib/dpkg",
    "/var/lib/etcd",
    "/var/lib/pgkeep",
    "/var/lib/systemd",
    "/var/log",
    "/var/spool",
  ],
];

/** True when one path is the other or lies in it. */
function nested(a: string, b: string): boolean {
  return `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
}

/** Contradictions between paths. */
export const pathChecks: readonly Check[] = [
  {
    needs: ["backup"],
    find: ({ backup }, problems) => {
      const { path } = backup.repository;
      const taken = OCCUPIED.find((place) => nested(path, place));
      if (taken !== undefined)
        report(
          problems,
          ["backup", "repository", "path"],
          path,
          `cannot be a volume of its own: ${taken} is in use on the witness`,
          "a directory of its own, such as /var/lib/pgbackrest",
        );
    },
  },
  {
    needs: ["backup", "replication", "kvm"],
    find: ({ backup, replication, kvm }, problems) => {
      const copies = [
        { path: ["backup", "vmSnapshot", "directory"], directory: backup.vmSnapshot?.directory },
        { path: ["replication", "vm", "directory"], directory: replication.vm?.directory },
      ];
      copies.forEach(({ path, directory }, i) => {
        if (directory === undefined) return;
        const other = copies.slice(0, i).find((one) => one.directory && nested(one.directory, directory));
        const pool = kvm.hosts.find(({ poolPath }) => poolPath === directory);
        const use =
          other !== undefined
            ? other.path.join(".")
            : pool && `the storage pool of ${pool.name}, ${pool.poolPath}`;
        if (use !== undefined)
          report(problems, path, directory, `shares its files with ${use}`, "a directory of its own");
      });
    },
  },
];
