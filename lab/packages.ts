import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { formatIdentity, isAlive, ownIdentity, parseIdentity } from "./processes.js";
import { type Progress, step } from "./progress.js";
import { mustRun, run } from "./subprocess.js";

/** Debian packages of the lab with what each is for. */
export const LAB_PACKAGES: Readonly<Record<string, string>> = {
  mmdebstrap: "guest images from Debian packages",
  "debian-archive-keyring": "signatures of the guests' package archive",
  e2fsprogs: "file systems of the images",
  "qemu-utils": "qcow2 images",
  "qemu-system-x86": "virtual machines",
  ovmf: "UEFI and secure boot",
  "swtpm-tools": "virtual TPM",
  swtpm: "virtual TPM",
  "libvirt-daemon-system": "hypervisor daemon",
  "libvirt-daemon-driver-qemu": "hypervisor daemon",
  "libvirt-clients": "virsh",
  "dnsmasq-base": "libvirt networks",
  iptables: "libvirt networks and filters",
  ebtables: "libvirt filters",
  nftables: "firewall of the hosts",
  iproute2: "bridges and links between the sites",
  "iputils-ping": "reachability checks",
  procps: "sysctl and process list",
  "util-linux": "namespaces",
  xsltproc: "adapting domain definitions",
  genisoimage: "cloud-init seed images",
  "openssh-server": "transport to the hypervisors",
  "openssh-client": "transport to the hypervisors",
  bind9: "DNS with signed updates",
  "bind9-utils": "TSIG keys",
  "bind9-dnsutils": "nsupdate and dig",
  "dbus-daemon": "libvirt access control",
  polkitd: "libvirt access control",
  rsync: "copies between hypervisors",
  curl: "official downloads of the engine",
  "ca-certificates": "authorities of the download hosts",
  "python3-pip": "a Go compiler where there is none",
  sysdig: "the filter engine of Falco's libraries, for its rules",
  busybox: "the shell that scripts of containers run in",
  "etcd-server": "the API servers of the Kubernetes laboratory",
  openssl: "certificate of the object store",
  sudo: "the fencing account's one command as root",
};

const guard = "/usr/sbin/policy-rc.d";
const mark = "# pgkeep lab: packages are being installed by process ";

/** Names of the lab's packages that are not installed. */
export async function missingPackages(): Promise<string[]> {
  const names = Object.keys(LAB_PACKAGES);
  const query = await run("dpkg-query", ["-W", "-f", "${db:Status-Status} ${Package}\n", ...names]);
  const present = new Set(
    query.stdout
      .split("\n")
      .filter((line) => line.startsWith("installed "))
      .map((line) => line.slice("installed ".length)),
  );
  return names.filter((name) => !present.has(name));
}

/** Why packages cannot be installed here, or undefined. */
export function cannotInstall(missing: readonly string[]): string | undefined {
  const hint = `install these by hand and start again: ${missing.join(" ")}`;
  if (!existsSync("/usr/bin/apt-get"))
    return `the lab needs Debian packages, but there is no apt-get here; ${hint}`;
  if (process.getuid?.() !== 0) return `the lab needs root to install packages; ${hint}`;
  return undefined;
}

/**
 * Installs what is missing, once. No service is started meanwhile: a policy-rc.d that forbids it stands
 * for the time of the installation, and one that was there before comes back afterwards.
 */
export async function installPackages(progress: Progress): Promise<void> {
  liftStale();
  const missing = await missingPackages();
  if (missing.length === 0) return;
  await aptInstall(missing, progress);
  const still = await missingPackages();
  if (still.length > 0) throw new Error(`still not installed after apt-get: ${still.join(" ")}`);
}

/** Installs packages, or brings them to the newest version that apt knows, without starting any service. */
export async function aptInstall(names: readonly string[], progress: Progress): Promise<void> {
  const reason = cannotInstall(names);
  if (reason !== undefined) throw new Error(reason);
  const lift = forbidServices();
  try {
    await step(progress, `installing ${names.length} Debian packages`, 45, async () => {
      // Killed by a limit, dpkg would be left half-way; a mirror may be slow.
      const settings = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, timeoutMs: 1_800_000 };
      const wait = ["-o", "DPkg::Lock::Timeout=300"];
      // Takes up what an interrupted installation has left; otherwise it does nothing.
      await mustRun("dpkg", ["--configure", "-a"], settings);
      await mustRun("apt-get", ["update", "-q", ...wait], settings);
      await mustRun(
        "apt-get",
        ["install", "-q", "-y", "--no-install-recommends", ...wait, ...names],
        settings,
      );
    });
  } finally {
    lift();
  }
}

/** Takes down a guard that a killed run has left. */
export function liftStale(path: string = guard): void {
  const saved = `${path}.pgkeep-saved`;
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const owner = parseIdentity(text.split(mark)[1]?.split("\n")[0] ?? "");
  if (owner !== undefined && isAlive(owner)) return;
  if (text.includes(mark)) rmSync(path);
  if (!existsSync(path) && existsSync(saved)) renameSync(saved, path);
}

/** Puts the guard up; the returned function takes it down. A guard left by a killed run is recognised and replaced. */
export function forbidServices(path: string = guard): () => void {
  const saved = `${path}.pgkeep-saved`;
  if (existsSync(path) && !existsSync(saved)) renameSync(path, saved);
  const temporary = `${path}.${randomUUID()}`;
  writeFileSync(temporary, `#!/bin/sh\n${mark}${formatIdentity(ownIdentity())}\nexit 101\n`, { mode: 0o755 });
  renameSync(temporary, path);
  const ours = statSync(path).ino;
  return () => {
    if (existsSync(path) && statSync(path).ino === ours) rmSync(path);
    if (existsSync(saved)) renameSync(saved, path);
  };
}
