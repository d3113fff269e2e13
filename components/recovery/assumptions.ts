/** A figure that the declaration does not give, with where it comes from. */
export interface Assumption {
  readonly value: number;
  readonly unit: "s" | "B/s" | "B" | "per year";
  /** What it stands for and its source. "Measured" and "published" name observations; "assumed" is our choice, on the careful side. */
  readonly source: string;
}

/**
 * Figures behind the computed objectives. Nothing here is a promise: drills measure the real values and the report shows
 * both side by side.
 */
export const ASSUMPTIONS = {
  fence: {
    value: 11,
    unit: "s",
    source:
      "fencing through a living hypervisor: 8 s for the silence of the guest, power-off measured 1.5 to 2 s, SSH session on top",
  },
  fenceTimeout: {
    value: 20,
    unit: "s",
    source:
      "assumed: 8 s for the silence of the guest, 10 s for that of its hypervisor, start of the script; the lease has expired by then",
  },
  promotion: {
    value: 5,
    unit: "s",
    source: "promotion to first write measured 0.3 s, a switchover 3.7 s; rounded up for a loaded server",
  },
  dnsUpdate: { value: 2, unit: "s", source: "assumed: callback and dynamic update, RFC 2136" },
  vipTakeover: {
    value: 3,
    unit: "s",
    source: "keepalived with 1 s advertisements: 2.9 s measured",
  },
  reconnect: {
    value: 5,
    unit: "s",
    source: "assumed: a client notices the dead connection and connects again",
  },
  replay: {
    value: 130_000_000,
    unit: "B/s",
    source: "single-process WAL replay, measured: 734 MB in 5.66 s",
  },
  walRate: {
    value: 1024 ** 2,
    unit: "B/s",
    source:
      "assumed mean WAL rate of 1 MiB/s, 84 GiB a day: nearly four times what a 60 s archive_timeout forces",
  },
  archivePush: {
    value: 10,
    unit: "s",
    source: "assumed: one 16 MiB segment compressed, encrypted and stored durably",
  },
  operator: {
    value: 1800,
    unit: "s",
    source: "assumed: alarm, reaction and decision of a person on call, 30 min",
  },
  bootKvm: { value: 60, unit: "s", source: "assumed boot of a guest with hardware support" },
  bootEmulated: {
    value: 240,
    unit: "s",
    source: "boot of a guest under emulation, measured 47 to 239 s",
  },
  replicationCycle: {
    value: 300,
    unit: "s",
    source: "assumed longest copy cycle; small changes measured 0.6 to 1.0 s. The job records its duration",
  },
  snapshotCopy: {
    value: 600,
    unit: "s",
    source: "longest snapshot job, the guide's figure for a VM snapshot backup: 10 min",
  },
  restoreProcess: {
    value: 50 * 1024 ** 2,
    unit: "B/s",
    source: "pgBackRest restore, measured 86 to 115 MiB/s with two processes",
  },
  restoreLink: {
    value: 1024 ** 3,
    unit: "B/s",
    source: "assumed ceiling of network and disks; 1.08 GiB/s is published for a good single stream",
  },
  copyRate: {
    value: 100 * 1024 ** 2,
    unit: "B/s",
    source: "assumed: copying a disk image back on the hypervisor",
  },
  containerRestart: {
    value: 15,
    unit: "s",
    source: "assumed: the kubelet's first back-off is 10 s; the init containers of the pod do not run again",
  },
  podStart: {
    value: 120,
    unit: "s",
    source: "assumed: scheduling, attachment of the volume, init containers, image at hand",
  },
  serviceUpdate: { value: 5, unit: "s", source: "assumed: endpoints of a Service reach every node" },
  applyChange: {
    value: 120,
    unit: "s",
    source: "assumed: `pulumi up` of a changed declaration, until the first pod is told to end",
  },
  operatedFailover: {
    value: 60,
    unit: "s",
    source: "assumed: CloudNativePG notices that the primary does not answer and chooses a standby",
  },
  veleroCopy: {
    value: 900,
    unit: "s",
    source: "longest backup by Velero, the guide's figure: 15 min",
  },
  processFailures: { value: 4, unit: "per year", source: "assumed crashes of the server process" },
  vmFailures: { value: 2, unit: "per year", source: "assumed failures of the primary's VM" },
  hostFailures: { value: 1, unit: "per year", source: "assumed failures of the primary's hypervisor" },
  siteFailures: {
    value: 0.2,
    unit: "per year",
    source: "assumed loss of the primary site once in five years",
  },
} as const satisfies Readonly<Record<string, Assumption>>;
