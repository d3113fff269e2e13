import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";

/** What cloud-init must do to have the packages; nothing when they are in the image. */
export interface PackageSetup {
  readonly files: readonly { path: string; permissions: string; owner: string; content: string }[];
  readonly packages: readonly string[];
  readonly commands: readonly (readonly string[])[];
  readonly apt: { readonly apt?: Record<string, unknown> };
}

/** What lets the platform into a guest. */
const ACCESS = {
  kvm: ["qemu-guest-agent"],
  vmware: ["open-vm-tools", "openssh-server", "sudo"],
  // Pods have no system of their own.
  kubernetes: [],
} as const;

/** Debian packages of a guest, by kind. Debian 13 or newer; pgAudit belongs to the server's major. */
export function packagesOf(plan: RecoveryPlan, guest: PlanGuest): { base: string[]; postgres: string[] } {
  const { major } = plan.environment.cluster.version;
  const base = [
    "etcd-server",
    "etcd-client",
    "nftables",
    "python3-yaml",
    ...ACCESS[plan.environment.platform],
  ];
  if (plan.environment.hardening.ntp.length > 0) base.push("systemd-timesyncd");
  // The witness starts restored copies in drills, so it needs the same server.
  const server = [`postgresql-${major}`, `postgresql-${major}-pgaudit`, "pgbackrest"];
  base.push("postgresql-common");
  if (guest.kind === "witness") return { base, postgres: server };
  // Patroni's dependency is satisfied by any store's client; etcd's must be asked for.
  base.push("python3-etcd", "openssh-client", "bind9-dnsutils", "keepalived", "openssl");
  return { base, postgres: [...server, "patroni"] };
}

/**
 * Packages from the image, from PGDG (by the setup script and key that Debian's postgresql-common carries) or from a
 * mirror that holds Debian and PGDG packages in one archive. For the last two the image must know the address of the archive:
 * no filter lets DNS out.
 */
export function packageSetup(plan: RecoveryPlan, guest: PlanGuest): PackageSetup {
  // On VMware everything is in the template.
  const { packages: source, mirror } = plan.environment.kvm?.image ?? { packages: "image" };
  if (source === "image") return { files: [], packages: [], commands: [], apt: {} };
  const { base, postgres } = packagesOf(plan, guest);
  const files = [
    {
      // The package must not make a cluster of its own.
      path: "/etc/postgresql-common/createcluster.d/pgkeep.conf",
      permissions: "0644",
      owner: "root:root",
      content: "create_main_cluster = false\n",
    },
  ];
  if (source === "mirror")
    return {
      files,
      packages: [...base, ...postgres],
      commands: [],
      apt: { apt: { primary: [{ arches: ["default"], uri: mirror ?? "" }] } },
    };
  return {
    files,
    packages: base,
    commands: [
      ["/usr/share/postgresql-common/pgdg/apt.postgresql.org.sh", "-y"],
      ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", ...postgres],
    ],
    apt: {},
  };
}
