import {
  CommandError,
  type BlockDevice,
  type DomainJob,
  type DomainState,
  type Hypervisor,
  type RunOptions,
  type Shell,
} from "../ports/index.js";
import { backupXml, checkpointXml } from "./backup-xml.js";

const METADATA = "https://pgkeep.example/xmlns/domain/1";

/** Longest that a guest may stay frozen, in seconds, whatever happens to the job that froze it. */
const LONGEST_FREEZE = 30;

/**
 * Freezes, begins the backup and thaws. One program on the hypervisor, so that the death of the job that started it cannot leave
 * the guest frozen; a second one thaws after a time limit should this one die too.
 */
const FREEZE_AROUND_BACKUP = `
domain=$1 backup=$2 checkpoint=$3 limit=$4
virsh() { command virsh -q -c qemu:///system "$@"; }
virsh domfsfreeze "$domain" >/dev/null || exit 1
setsid sh -c 'sleep "$2"; virsh -q -c qemu:///system domfsthaw "$1" >/dev/null 2>&1' sh "$domain" "$limit" >/dev/null 2>&1 </dev/null &
guard=$!
trap 'virsh domfsthaw "$domain" >/dev/null 2>&1; kill "$guard" 2>/dev/null' EXIT
trap 'exit 1' HUP INT TERM PIPE
virsh backup-begin "$domain" "$backup" "$checkpoint" >/dev/null
`;

/** libvirt on one host through virsh. */
export function virshHypervisor(shell: Shell): Hypervisor {
  const virsh = async (args: readonly string[], options: RunOptions = {}): Promise<string> =>
    (await shell.run(["virsh", "-q", "-c", "qemu:///system", ...args], options)).stdout;
  /** For commands whose failure means that there is nothing. */
  const attempt = async (args: readonly string[], nothing: RegExp): Promise<string | undefined> => {
    try {
      return await virsh(args);
    } catch (error) {
      if (error instanceof CommandError && nothing.test(error.stderr)) return undefined;
      throw error;
    }
  };
  const withFiles = async <T>(
    texts: readonly string[],
    use: (paths: readonly string[]) => Promise<T>,
  ): Promise<T> => {
    const made = await shell.run(["mktemp", "-d", "-t", "pgkeep.XXXXXXXX"]);
    const directory = made.stdout.trim();
    try {
      const paths = texts.map((_, index) => `${directory}/${index}.xml`);
      for (const [index, text] of texts.entries())
        await shell.run(["sh", "-c", `umask 077; cat > "$1"`, "sh", paths[index] ?? ""], { input: text });
      return await use(paths);
    } finally {
      await shell.run(["rm", "-rf", directory]);
    }
  };

  return {
    host: shell.host,
    domains: async () => lines(await virsh(["list", "--all", "--name"])),
    async state(domain) {
      const text = await attempt(["domstate", domain], /failed to get domain|Domain not found/);
      return text === undefined ? "absent" : (text.trim() as DomainState);
    },
    xml: (domain, which = "persistent") =>
      virsh(["dumpxml", domain, ...(which === "persistent" ? ["--inactive"] : [])]),
    async blockDevices(domain) {
      return lines(await virsh(["domblklist", domain, "--details"])).map(parseDevice);
    },
    async diskSize(domain, target) {
      const text = await virsh(["domblkinfo", domain, target]);
      return Number(/^Capacity:\s*(\d+)/m.exec(text)?.[1] ?? Number.NaN);
    },
    growDisk: async (domain, target, size) =>
      void (await virsh(["blockresize", domain, target, `${size}B`], { timeout: 120 })),

    define: (xml) =>
      withFiles([xml], async ([path = ""]) => void (await virsh(["define", path, "--validate"]))),
    start: async (domain) => void (await virsh(["start", domain], { timeout: 120 })),
    destroy: async (domain) => void (await attempt(["destroy", domain], /not running|failed to get domain/)),
    undefine: async (domain) =>
      void (await attempt(
        ["undefine", domain, "--nvram", "--snapshots-metadata", "--checkpoints-metadata", "--managed-save"],
        /failed to get domain/,
      )),
    async stoppedByError(domain) {
      const text = await attempt(["domstate", domain, "--reason"], /failed to get domain|Domain not found/);
      return /^paused \(I\/O error\)/.test(text ?? "");
    },
    resume: async (domain) => void (await virsh(["resume", domain])),
    autostart: async (domain, on) => void (await virsh(["autostart", domain, ...(on ? [] : ["--disable"])])),
    async link(domain, mac, up, where) {
      const set = (flags: readonly string[]): Promise<string> =>
        virsh(["domif-setlink", domain, mac, up ? "up" : "down", ...flags]);
      if (where !== "config") await set([]);
      if (where !== "live") await set(["--config"]);
    },
    async metadata(domain, key) {
      const text = await attempt(
        ["metadata", domain, `${METADATA}/${key}`, "--config"],
        /metadata not found/i,
      );
      return text?.trim();
    },
    async setMetadata(domain, key, xml) {
      const uri = `${METADATA}/${key}`;
      if (xml === undefined)
        await attempt(["metadata", domain, uri, "--config", "--remove"], /metadata not found/i);
      else await virsh(["metadata", domain, uri, "--config", "--key", `pgkeep-${key}`, "--set", xml]);
    },

    async snapshotDisks(domain, name, overlays, quiesce) {
      const specs = overlays.flatMap(({ target, path }) => [
        "--diskspec",
        `${target},snapshot=external,file=${path}`,
      ]);
      const flags = ["--disk-only", "--atomic", "--no-metadata", ...(quiesce ? ["--quiesce"] : [])];
      await virsh(["snapshot-create-as", domain, name, ...flags, ...specs], { timeout: 120 });
    },
    async mergeOverlay(domain, target, timeout) {
      const flags = ["--active", "--pivot", "--wait", "--shallow"];
      await virsh(["blockcommit", domain, target, ...flags], { timeout, survive: true });
    },
    async endBlockJob(domain, target) {
      const info = await virsh(["blockjob", domain, target, "--info", "--raw"]);
      if (info.trim() === "") return;
      // A commit that has caught up is finished by pivoting; anything else is dropped, which leaves the overlay in use.
      const cur = /cur=(\d+)/.exec(info)?.[1];
      const end = /end=(\d+)/.exec(info)?.[1];
      const commit = /type=Active Block Commit/.test(info) && cur !== undefined && cur === end;
      try {
        await virsh(["blockjob", domain, target, commit ? "--pivot" : "--abort"]);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        if (commit) await virsh(["blockjob", domain, target, "--abort"]);
        else if ((await virsh(["blockjob", domain, target, "--info", "--raw"])).trim() !== "") throw error;
      }
    },
    async thaw(domain) {
      // Without -q, which hides the count.
      const { stdout: text } = await shell.run(["virsh", "-c", "qemu:///system", "domfsthaw", domain]);
      return !/Thawed 0 filesystem/.test(text);
    },

    checkpoints: async (domain) => lines(await virsh(["checkpoint-list", domain, "--name", "--topological"])),
    async changedSince(domain, checkpoint) {
      const broken =
        /bitmap|checkpoint.*(inconsistent|not found|missing)|No domain checkpoint|failed to get/i;
      const text = await attempt(["checkpoint-dumpxml", domain, checkpoint, "--size", "--no-domain"], broken);
      if (text === undefined) return undefined;
      const sizes = [...text.matchAll(/<disk name='([^']+)'[^>]*\ssize='(\d+)'/g)];
      return Object.fromEntries(sizes.map(([, target = "", size]) => [target, Number(size)]));
    },
    deleteCheckpoint: async (domain, checkpoint) =>
      void (await virsh(["checkpoint-delete", domain, checkpoint], { timeout: 300 })),
    async beginBackup(domain, disks, { checkpoint, since, freeze }) {
      const texts = [backupXml(disks, since), checkpointXml(checkpoint, disks)];
      await withFiles(texts, async ([backup = "", mark = ""]) => {
        if (!freeze) await virsh(["backup-begin", domain, backup, mark], { timeout: 120 });
        else {
          const args = [domain, backup, mark, String(LONGEST_FREEZE)];
          await shell.run(["sh", "-c", FREEZE_AROUND_BACKUP, "sh", ...args], { timeout: 120, survive: true });
        }
      });
    },
    job: async (domain) => parseJob(await virsh(["domjobinfo", domain])),
    completedJob: async (domain) =>
      parseJob(await virsh(["domjobinfo", domain, "--completed", "--keep-completed"])),
    abortJob: async (domain) =>
      void (await attempt(["domjobabort", domain], /no job is active|not running/i)),
    async backupTargets(domain) {
      const text = await attempt(["backup-dumpxml", domain], /no domain backup job|not running/i);
      return [...(text ?? "").matchAll(/<target file='([^']+)'/g)].map(([, file = ""]) => file);
    },
    filters: async () => lines(await virsh(["nwfilter-list"])).map((line) => line.split(/\s+/)[1] ?? ""),
  };
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function parseDevice(line: string): BlockDevice {
  const [type = "", device = "disk", target = "", ...source] = line.split(/\s+/);
  const path = source.join(" ");
  return {
    target,
    type,
    device: device as BlockDevice["device"],
    source: path === "-" || path === "" ? undefined : path,
  };
}

function parseJob(text: string): DomainJob {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:\\s+(\\S.*?)\\s*$`, "m").exec(text)?.[1];
  return { type: field("Job type") ?? "None", operation: field("Operation") };
}
