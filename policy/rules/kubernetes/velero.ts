import { parseGoDuration } from "../../../components/declaration/index.js";
import { textOf, type Node } from "../../node.js";
import { forEach, type Find, type Rule } from "../../rule.js";
import { longestGap } from "../../text/cron.js";
import { entries, isGiven, objectRule, some } from "./object.js";
import { BACKUP, backupOf, SCHEDULE } from "./velero-backup.js";
import { allHooks, HOOKED } from "./velero-hooks.js";

const DAY = 86_400;

const DURATIONS = ["ttl", "csiSnapshotTimeout", "itemOperationTimeout"];
const OLD_FILTERS = ["includedResources", "excludedResources", "includeClusterResources"];
const NEW_FILTERS = [
  "includedClusterScopedResources",
  "excludedClusterScopedResources",
  "includedNamespaceScopedResources",
  "excludedNamespaceScopedResources",
];

/** Says when a text is no duration of Go's. */
function judgeDuration(at: Node, find: Find): void {
  const { value } = at;
  if (value !== undefined && (typeof value !== "string" || parseGoDuration(value) === undefined))
    find(`${textOf(value)} is no duration in h, m and s`, at);
}

/** Schedules that run, keep what they copy, and do it rightly. */
export const veleroRules: readonly Rule[] = [
  objectRule({
    id: "velero-schedule-runs",
    title: "Every Schedule of Velero has a cron expression that comes, and is not paused.",
    severity: "critical",
    level: "mandatory",
    kinds: [SCHEDULE],
    why: "Velero takes any text; a wrong one ends in FailedValidation, and no backup is made.",
    fix: 'schedule: "0 2 * * *" (five fields), paused: false.',
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: ({ spec, partial }, find) => {
      const schedule = spec.at("schedule");
      if (spec.at("paused").value === true) find("the Schedule is paused", spec.at("paused"));
      if (schedule.value === undefined && partial) return;
      if (longestGap(typeof schedule.value === "string" ? schedule.value : "") === undefined)
        find(`${textOf(schedule.value ?? "nothing")} is no schedule that ever runs`, schedule);
    },
  }),
  objectRule({
    id: "velero-durations",
    title: "Times of Velero are durations that Go can read.",
    severity: "high",
    level: "mandatory",
    kinds: [...HOOKED, "velero.io/Restore"],
    why: "30d passes the API server, and then the controller cannot read the object, which can stall all objects of its kind.",
    fix: "720h, 4h, 10m.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.9"],
    judge: (object, find) => {
      const backup = backupOf(object);
      forEach(DURATIONS, (key) => judgeDuration(backup.at(key), find));
      forEach(allHooks(object), ({ timeout }) => judgeDuration(timeout, find));
      forEach(
        object.spec
          .at("hooks")
          .list("resources")
          .flatMap((each) => each.list("postHooks")),
        (hook) => {
          forEach(["execTimeout", "waitTimeout"], (key) => judgeDuration(hook.at("exec").at(key), find));
          judgeDuration(hook.at("init").at("timeout"), find);
        },
      );
    },
  }),
  objectRule({
    id: "velero-backups-kept",
    title: "Backups of Velero are kept long enough to notice what went wrong.",
    severity: "high",
    level: "mandatory",
    kinds: [SCHEDULE],
    why: "Corruption is often noticed days later.",
    fix: "template.ttl: 168h or more (720h without a word).",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    parameters: { days: { what: "shortest life of a backup", unit: "days", default: 7, minimum: 1 } },
    judge: (object, find, { days }) => {
      const ttl = backupOf(object).at("ttl");
      const seconds = typeof ttl.value === "string" ? parseGoDuration(ttl.value) : undefined;
      // 0 stands for the default, 720h.
      if (seconds !== undefined && seconds !== 0 && seconds < days * DAY) find(`kept ${ttl.shown} only`, ttl);
    },
  }),
  objectRule({
    id: "velero-backups-own-themselves",
    title: "Deleting a Schedule does not touch its backups.",
    severity: "high",
    level: "mandatory",
    kinds: [SCHEDULE],
    why: "With owner references the backups' records go with the Schedule while their data stays, and Velero makes the records anew.",
    fix: "useOwnerReferencesInBackup: false.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: ({ spec }, find) => {
      const owned = spec.at("useOwnerReferencesInBackup");
      if (owned.value === true) find("backups go with the Schedule", owned);
    },
  }),
  objectRule({
    id: "velero-filters-agree",
    title: "Filters of a backup do not contradict each other.",
    severity: "high",
    level: "mandatory",
    kinds: [SCHEDULE, BACKUP],
    why: "Old and new filters together, or both kinds of label selectors, end in FailedValidation: no backup is made.",
    fix: "old filters or new ones; labelSelector or orLabelSelectors.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: (object, find) => {
      const backup = backupOf(object);
      const given = (keys: readonly string[]): boolean => keys.some((key) => backup.has(key));
      if (given(OLD_FILTERS) && given(NEW_FILTERS)) find("old and new filters are mixed", backup);
      if (backup.has("labelSelector") && backup.has("orLabelSelectors")) find("two label selectors", backup);
    },
  }),
  objectRule({
    id: "velero-actions-elsewhere",
    title: "Backups and restores are actions, not part of the desired state.",
    severity: "medium",
    level: "mandatory",
    kinds: [
      SCHEDULE,
      BACKUP,
      "velero.io/Restore",
      "velero.io/DeleteBackupRequest",
      "velero.io/BackupRepository",
    ],
    why: "They happen once: a refresh finds the Backup expired and makes it again, and deleting it leaves its data, from which it comes back.",
    fix: "a Schedule in the stack; single backups, restores and drills by the velero command or a program of their own.",
    controls: ["SOC 2 CC8.1", "ISO 27001 A.8.32"],
    judge: ({ kind, title }, find) => {
      if (kind !== SCHEDULE) find(`${title} happens once`);
    },
  }),
  objectRule({
    id: "velero-location-sound",
    title: "Storage locations are reached over checked TLS, and what is written is checked.",
    severity: "critical",
    level: "mandatory",
    kinds: ["velero.io/BackupStorageLocation"],
    why: "Backups hold every Secret of a namespace: whoever sits between reads them, and an upload that was cut short looks like a backup.",
    fix: "s3Url with https, caCertRef for a CA of one's own, no insecureSkipTLSVerify, checksumAlgorithm left at its default, credential with a Secret.",
    controls: ["PCI DSS 4.2.1", "SOC 2 CC6.7", "ISO 27001 A.8.24"],
    judge: ({ spec, partial }, find) => {
      if (!partial)
        for (const [place, key] of [
          [spec, "provider"],
          [spec.at("objectStorage"), "bucket"],
        ] as const)
          if (!isGiven(place.at(key))) find(`no ${key} is named`, place.at(key));
      forEach(entries(spec.at("config")), ([key, at]) => {
        const text = at.shown;
        if (key === "insecureSkipTLSVerify" && text === "true") find("the server is not checked", at);
        if (/^(?:s3|public)Url$/.test(key) && /^http:/i.test(text)) find("plain text", at);
        if (key === "checksumAlgorithm" && text === "") find("checksums are switched off", at);
      });
    },
  }),
  objectRule({
    id: "velero-location-encrypted",
    title: "What a storage location holds is encrypted by its server.",
    severity: "medium",
    // Advisory: a bucket may encrypt by default, which cannot be seen from here; an exemption says so.
    level: "advisory",
    kinds: ["velero.io/BackupStorageLocation"],
    why: "The objects of a namespace, Secrets among them, are stored as they are.",
    fix: "config.kmsKeyId, serverSideEncryption or customerKeyEncryptionFile; or an exemption that says what encrypts the bucket.",
    controls: ["PCI DSS 3.5.1", "ISO 27001 A.8.24"],
    judge: ({ spec, partial }, find) => {
      const config = spec.at("config");
      const encrypted = ["kmsKeyId", "kmsKeyName", "serverSideEncryption", "customerKeyEncryptionFile"];
      if (!partial && !some(encrypted, (key) => isGiven(config.at(key))))
        find("no encryption is declared", config);
    },
  }),
];
