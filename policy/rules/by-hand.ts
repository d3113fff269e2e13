import type { Control } from "../controls.js";
import { madeByHand } from "../declared.js";
import { KNOWN_MINORS } from "../../components/declaration/index.js";
import { plainTexts, TYPES } from "../facts.js";
import { isMachine, placeOf } from "../machines.js";
import { stackRule, type Rule, type StackRule, type Subject } from "../rule.js";
import { isOff, isOn, settingsIn } from "../text/settings.js";

interface HandMadeRule {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  readonly controls: readonly Control[];
  /** What must be seen somewhere in the texts that were written by hand: commands, their input, seeds. */
  readonly evidence: readonly (readonly [shown: Pick<RegExp, "test">, missing: string])[];
}

function isMachineByHand(resource: Subject): boolean {
  return isMachine(resource) && madeByHand([resource]).length > 0;
}

/** A server setting with a certain value. */
function setting(name: string, fits: (value: string) => boolean): Pick<RegExp, "test"> {
  return { test: (text) => settingsIn(text, name).some(fits) };
}

/**
 * A rule about database VMs that were put together from raw resources, where no declaration can be read: what is not seen
 * anywhere counts as missing. What a cluster of ours does is done for its own VMs and shows nothing about others.
 */
function handMadeRule({ evidence, ...rule }: HandMadeRule): StackRule {
  return stackRule({
    severity: "high",
    ...rule,
    level: "mandatory",
    about: isMachineByHand,
    judge: (resources, find) => {
      const byHand = madeByHand(resources);
      const machines = byHand.filter(isMachine).map(({ name }) => name);
      if (machines.length === 0) return;
      const all = byHand.flatMap((resource) => plainTexts(resource).map(({ text }) => text));
      for (const [shown, missing] of evidence)
        if (!all.some((text) => shown.test(text)))
          find(`nothing shows ${missing} for ${machines.join(", ")}`);
    },
  });
}

const SCHEDULED = /OnCalendar\s*=|^\s*(?:[0-9*,/-]+\s+){5}\S|@(?:daily|weekly|monthly|hourly)\b/m;

/** The same promises for stacks written by hand. */
export const handMadeRules: readonly Rule[] = [
  handMadeRule({
    id: "hand-made-backup",
    title: "Database VMs made by hand have base backups and a WAL archive, on a schedule, verified.",
    why: "A VM alone is one copy of the data.",
    fix: "pgBackRest, barman or WAL-G with archiving, a timer for backups and one for verification; or a PostgresCluster.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    evidence: [
      [
        /archive-push|archive_command|archive_library|pg_receivewal|streaming_archiver|wal-push/,
        "a WAL archive",
      ],
      [/pgbackrest[^\n]*\bbackup\b|pg_basebackup|barman[^\n]*\bbackup\b|backup-push/, "a base backup"],
      [SCHEDULED, "a schedule"],
      [
        /pgbackrest[^\n]*\bverify\b|pg_verifybackup|barman[^\n]*verify|wal-verify/,
        "a verification of backups",
      ],
    ],
  }),
  handMadeRule({
    id: "hand-made-repository",
    title: "Backups of database VMs made by hand are encrypted, kept by age, and away from the server.",
    why: "A backup on the server's own disk goes with it.",
    fix: "repo1-cipher-type, repo1-retention-full and repo1-host (or an object store) in pgbackrest.conf; or a PostgresCluster.",
    controls: ["PCI DSS 3.5.1", "ISO 27001 A.8.13"],
    evidence: [
      [
        /repo\d*-cipher-type\s*=\s*aes-256-cbc|encryption\s*=\s*gpg|WALG_(LIBSODIUM|PGP)/,
        "an encrypted repository",
      ],
      [/repo\d*-retention-full\s*=|retention_policy\s*=|delete\s+retain/, "a retention"],
      [
        /repo\d*-host\s*=|repo\d*-type\s*=\s*(s3|gcs|azure|sftp)|WALG_[A-Z0-9]+_PREFIX|backup_host/,
        "a repository away from the server",
      ],
    ],
  }),
  handMadeRule({
    id: "hand-made-drills",
    title: "Recovery of database VMs made by hand is drilled on a schedule.",
    why: "Recovery that is not practised does not work.",
    fix: "a timer that restores the newest backup in isolation and checks it (`pgkeep drill restore`); or a PostgresCluster.",
    controls: ["SOC 2 A1.3", "ISO 27001 A.5.30"],
    evidence: [
      [/\b(pgkeep\s+drill|restore[-_ ]?(drill|test|check)|drill[-_ ]?restore)\b/i, "a restore drill"],
      [SCHEDULED, "a schedule"],
    ],
  }),
  handMadeRule({
    id: "hand-made-failover",
    title: "Database VMs made by hand have failover with a watchdog or fencing.",
    why: "Two primaries that both accept writes lose one half for good.",
    fix: "Patroni with watchdog mode required, or a fencing command before promotion; or a PostgresCluster.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.14"],
    evidence: [
      [/\bpatroni\b|pg_auto_failover|repmgrd|\bpacemaker\b/, "a failover manager"],
      [/watchdog|softdog|i6300esb|fenc(e|ing)|stonith/i, "a watchdog or fencing"],
    ],
  }),
  handMadeRule({
    id: "hand-made-server",
    title: "PostgreSQL on VMs made by hand has TLS on and logs who connects.",
    why: "Both are off unless somebody sets them.",
    fix: "ssl = on and log_connections = on in postgresql.conf or Patroni's parameters; or a PostgresCluster.",
    controls: ["CIS PostgreSQL 6.8", "CIS PostgreSQL 3.1.20", "PCI DSS 4.2.1"],
    evidence: [
      [setting("ssl", isOn), "a server with TLS (ssl = on)"],
      [
        setting("log_connections", (value) => value !== "" && !isOff(value)),
        "a server that logs who connects (log_connections)",
      ],
    ],
  }),
  stackRule({
    id: "hand-made-second-site",
    title: "Database VMs made by hand stand on more than one hypervisor or cluster.",
    severity: "high",
    level: "mandatory",
    about: isMachineByHand,
    why: "One hypervisor is one disaster, and so is one cluster with its storage.",
    fix: "a standby under a second libvirt provider, or in the resource pool of a second vSphere cluster; or a PostgresCluster.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.14"],
    judge: (resources, find) => {
      const machines = madeByHand(resources).filter(isMachine);
      if (machines.length === 0 || new Set(machines.map(placeOf)).size > 1) return;
      const place = machines.some(({ type }) => type === TYPES.vm) ? "cluster" : "hypervisor";
      find(`${machines.length} VM${machines.length === 1 ? "" : "s"} on one ${place}`);
    },
  }),
  stackRule({
    id: "hand-made-version",
    title: "Packages named by hand are of a minor version without known serious defects.",
    severity: "high",
    level: "mandatory",
    why: "17.10 and 18.4 fixed eleven vulnerabilities, among them one in pg_basebackup and pg_rewind.",
    fix: "the newest minor of the package, or none at all with a repository that is current.",
    controls: ["PCI DSS 6.3.3", "CIS PostgreSQL 1.5", "ISO 27001 A.8.8"],
    judge: (resources, find) => {
      for (const resource of resources as readonly Subject[])
        for (const { text, at } of plainTexts(resource))
          for (const [, major = "", minor = ""] of text.matchAll(
            /\bpostgres(?:ql)?-(?:\d+=)?(1[0-9])\.(\d+)/g,
          )) {
            const least = (KNOWN_MINORS as Readonly<Record<string, number>>)[major];
            if (least === undefined) find(`PostgreSQL ${major} is not supported`, resource, at);
            else if (Number(minor) < least)
              find(`${major}.${minor} is older than ${major}.${least}`, resource, at);
          }
    },
  }),
];
