import type { Node } from "../../node.js";
import { forEach, type Rule } from "../../rule.js";
import { objectRule, textsOf, type Kind, type KubernetesObject } from "./object.js";
import { POD_KINDS, podOf, podRule } from "./pod.js";
import { BACKUP, backupOf, SCHEDULE } from "./velero-backup.js";

/** A hook, wherever it is written. */
interface Hook {
  readonly at: Node;
  readonly command: string;
  readonly onError: string | undefined;
  readonly timeout: Node;
}

/** Hooks of a Schedule or Backup. @throws NotKnownYet */
function hooksOf(backup: Node): Hook[] {
  return backup
    .at("hooks")
    .list("resources")
    .flatMap((resource) => [...resource.list("pre"), ...resource.list("post")])
    .map((hook) => {
      const exec = hook.at("exec");
      return {
        at: exec,
        command: textsOf(exec.list("command")).join(" "),
        onError: exec.text("onError"),
        timeout: exec.at("timeout"),
      };
    });
}

/** Hooks in the annotations of a pod. @throws NotKnownYet */
function annotatedHooks(annotations: Node): Hook[] {
  return ["pre", "post"].flatMap((when) => {
    const key = `${when}.hook.backup.velero.io`;
    const command = annotations.text(`${key}/command`);
    return command === undefined
      ? []
      : [
          {
            at: annotations.at(`${key}/command`),
            command,
            onError: annotations.text(`${key}/on-error`),
            timeout: annotations.at(`${key}/timeout`),
          },
        ];
  });
}

/** Hooks of any object that can have them. @throws NotKnownYet */
export function allHooks(object: KubernetesObject): Hook[] {
  const pod = podOf(object);
  return pod === undefined ? hooksOf(backupOf(object)) : annotatedHooks(pod.metadata.at("annotations"));
}

/** Kinds that can have hooks. */
export const HOOKED: readonly Kind[] = [SCHEDULE, BACKUP, ...POD_KINDS];

/** What runs in pods around a backup. */
export const veleroHookRules: readonly Rule[] = [
  objectRule({
    id: "velero-hooks-bounded",
    title: "Hooks say how long they may take and what their failure means.",
    severity: "medium",
    level: "mandatory",
    kinds: HOOKED,
    why: "After 30 s, the default, a checkpoint counts as failed; and then the pod is left out of the backup and its later hooks do not run.",
    fix: "onError: Continue and timeout: 5m for a CHECKPOINT; a command without a shell.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: (object, find) =>
      forEach(allHooks(object), ({ at, command, onError, timeout }) => {
        if (command === "") find("no command", at);
        if (onError !== "Continue" && onError !== "Fail") find("not said what a failure means", at);
        if (timeout.value === undefined) find("no timeout, so 30 s", at);
      }),
  }),
  objectRule({
    id: "velero-hooks-no-backup-mode",
    title: "No hook starts or stops PostgreSQL's backup mode.",
    severity: "critical",
    level: "mandatory",
    kinds: HOOKED,
    why: "Both calls must be made on one connection, and each hook has its own: the backup mode ends with the first hook. pg_start_backup is gone since 15.",
    fix: "nothing: an atomic snapshot of all volumes recovers as after a crash. A hook with CHECKPOINT makes that shorter.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: (object, find) =>
      forEach(allHooks(object), ({ at, command }) => {
        if (/\bpg_(?:start_backup|stop_backup|backup_start|backup_stop)\b/.test(command))
          find("the backup mode ends with the hook's connection", at);
      }),
  }),
  objectRule({
    id: "velero-hooks-no-freeze",
    title: "No hook freezes a file system without a thaw that comes by itself.",
    severity: "high",
    level: "mandatory",
    kinds: HOOKED,
    why: "When the freezing hook fails or the backup ends early, the thawing one does not run, and the database stands still.",
    fix: "leave fsfreeze out; or let the freezing command start its own timed `fsfreeze --unfreeze`.",
    controls: ["SOC 2 A1.2"],
    judge: (object, find) =>
      forEach(allHooks(object), ({ at, command }) => {
        const freezes = /\bfsfreeze\b[^;&|]*(?:--freeze\b|\s-f\b)/.test(command);
        const thaws = /\bsleep\b.*\bfsfreeze\b.*(?:--unfreeze\b|\s-u\b)/.test(command);
        if (freezes && !thaws) find("nothing thaws it when the next hook does not run", at);
      }),
  }),
  podRule({
    id: "velero-no-live-files",
    title: "Velero does not copy the files of a running server.",
    severity: "critical",
    level: "mandatory",
    why: "A copy of the live tree is of no one instant: it starts, and rows are missing.",
    fix: "CSI snapshots with the data mover; the annotation only for volumes of finished base backups.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13"],
    judge: (pod, find) => {
      const named = pod.metadata.at("annotations").text("backup.velero.io/backup-volumes");
      if (named === undefined) return;
      const data = pod.spec
        .list("containers")
        .flatMap((container) => container.list("volumeMounts"))
        .filter((mount) =>
          /^\/(?:var\/lib\/(?:postgresql|pgsql)|bitnami\/postgresql|pgdata)/.test(
            mount.text("mountPath") ?? "",
          ),
        )
        .flatMap((mount) => mount.text("name") ?? []);
      for (const volume of named.split(",").map((each) => each.trim()))
        if (data.includes(volume))
          find(`${volume} holds a running server's files`, pod.metadata.at("annotations"));
    },
  }),
];
