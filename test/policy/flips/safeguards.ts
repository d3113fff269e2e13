import type { Subject } from "../../../policy/rule.js";
import { added, flip, gone, GONE, inverted, set, type Flip, type FlipTable } from "./flip.js";

const POLICY = /^kubernetes:networking\.k8s\.io\/v1:NetworkPolicy$/;
const CALICO = /^kubernetes:projectcalico\.org\/v3:(?:Global)?NetworkPolicy$/;
const JOB = /^kubernetes:batch\/v1:CronJob$/;
const SCHEDULE = /^kubernetes:velero\.io\/v1:Schedule$/;
const LOCATION = /^kubernetes:velero\.io\/v1:BackupStorageLocation$/;
const POD = ".spec.jobTemplate.spec.template.spec";
const TEMPLATE = ".spec.template";
const HOOK = `${TEMPLATE}.hooks.resources[].pre[].exec`;

const EVERYBODY = "0.0.0.0/0";

/** About policies that close their namespace, where Calico does not close it as well. */
function closing(each: Flip): Flip {
  return {
    ...each,
    changes: (resource) => {
      const spec = resource.inputs.at("spec");
      const opens = spec.list("ingress").length + spec.list("egress").length > 0;
      return opens ? [] : each.changes(resource);
    },
    unless: (stack, { provider }) =>
      stack.some(({ type, provider: other }) => CALICO.test(type) && other === provider),
  };
}

/** About policies with one direction, and the last of the namespace: what the last of the pods lets pass comes to that one. */
function explicit(each: Flip): Flip {
  return {
    ...each,
    changes: (resource) => {
      const both = resource.inputs.at("spec").list("types").length > 1;
      return both && resource.type.endsWith(":GlobalNetworkPolicy") ? [] : each.changes(resource);
    },
  };
}

/** About the schedule of each day: what is kept longer comes beside it. */
function daily(each: Flip): Flip {
  return {
    ...each,
    changes: (resource: Subject) => (resource.name.endsWith("-daily") ? each.changes(resource) : []),
  };
}

/** About the scan of images. */
function scanning(each: Flip): Flip {
  return {
    ...each,
    changes: (resource: Subject) => (resource.name.endsWith("-scan") ? each.changes(resource) : []),
  };
}

/** A value that allows instead of denying. */
const allowing = (value: unknown): unknown => (value === "Deny" ? "Allow" : undefined);

/** A rule that names nobody; questions to a resolver may go anywhere. */
function toAnybody(rule: unknown): unknown {
  const { to, ...rest } = rule as { to?: unknown; ports?: readonly { port: unknown }[] };
  return to === undefined || rest.ports?.every(({ port }) => port === 53) === true ? undefined : rest;
}

/** Claims of a pod as volumes that go with it. */
function fleeting(volumes: unknown): unknown {
  return (volumes as readonly Record<string, unknown>[]).map(({ persistentVolumeClaim, ...rest }) =>
    persistentVolumeClaim === undefined ? rest : { ...rest, emptyDir: {} },
  );
}

/** What backs databases up, scans their images and guards their network. */
export const safeguardFlips: FlipTable = {
  flips: [
    closing(gone(POLICY, ".spec.policyTypes[]")),
    closing(added(POLICY, ".spec.podSelector", "matchLabels", { app: "other" })),
    set(POLICY, ".spec.ingress[].from[].ipBlock.cidr", EVERYBODY),
    gone(POLICY, ".spec.ingress[].from"),
    set(POLICY, ".spec.egress[].to[].ipBlock.cidr", EVERYBODY),
    flip(POLICY, ".spec.egress[]", "to anybody", toAnybody),
    gone(CALICO, ".spec.order"),
    explicit(gone(CALICO, ".spec.types[]")),
    flip(CALICO, ".spec.ingress[].action", '"Allow"', allowing),
    flip(CALICO, ".spec.egress[].action", '"Allow"', allowing),
    set(CALICO, ".spec.ingress[].source.nets[]", EVERYBODY),
    gone(CALICO, ".spec.ingress[].source"),
    set(CALICO, ".spec.egress[].destination.nets[]", EVERYBODY),
    inverted(SCHEDULE, ".spec.paused", false),
    set(SCHEDULE, ".spec.schedule", "0 2 31 2 *"),
    daily(set(SCHEDULE, ".spec.schedule", "0 2 * * 0")),
    inverted(SCHEDULE, ".spec.useOwnerReferencesInBackup", false),
    daily(set(SCHEDULE, `${TEMPLATE}.includedNamespaces[]`, "other")),
    set(SCHEDULE, `${TEMPLATE}.storageLocation`, "elsewhere"),
    set(SCHEDULE, `${TEMPLATE}.ttl`, "24h"),
    ...["ttl", "csiSnapshotTimeout", "itemOperationTimeout"].map((key) =>
      set(SCHEDULE, `${TEMPLATE}.${key}`, "30d"),
    ),
    inverted(SCHEDULE, `${TEMPLATE}.snapshotVolumes`, true),
    inverted(SCHEDULE, `${TEMPLATE}.snapshotMoveData`, true),
    gone(SCHEDULE, `${TEMPLATE}.snapshotMoveData`),
    inverted(SCHEDULE, `${TEMPLATE}.defaultVolumesToFsBackup`, false),
    set(SCHEDULE, `${HOOK}.command[]`, "SELECT pg_backup_start('daily')"),
    gone(SCHEDULE, `${HOOK}.onError`),
    gone(SCHEDULE, `${HOOK}.timeout`),
    set(SCHEDULE, `${HOOK}.timeout`, "1d"),
    set(LOCATION, ".spec.accessMode", "ReadOnly"),
    set(LOCATION, ".spec.accessMode", "ReadWrite"),
    flip(LOCATION, ".spec.accessMode", "left out", (mode) => (mode === "ReadOnly" ? GONE : undefined)),
    gone(LOCATION, ".spec.provider"),
    gone(LOCATION, ".spec.objectStorage.bucket"),
    set(LOCATION, ".spec.config.s3Url", "http://objects.example.org"),
    added(LOCATION, ".spec.config", "insecureSkipTLSVerify", "true"),
    added(LOCATION, ".spec.config", "checksumAlgorithm", ""),
    gone(LOCATION, ".spec.config.serverSideEncryption"),
    scanning(set(JOB, ".spec.schedule", "0 2 * * 0")),
    scanning(set(JOB, `${POD}.restartPolicy`, "OnFailure")),
    set(JOB, `${POD}.containers[].image`, `aquasec/trivy:0.69.4@sha256:${"0".repeat(64)}`),
    scanning(flip(JOB, `${POD}.volumes`, "without claims", fleeting)),
  ],
  neutral: [
    [
      POLICY,
      /\.(?:port|protocol)$|\.matchLabels\.|\.policyTypes\[\]$/,
      "what it names; that it names somebody is demanded",
    ],
    [
      CALICO,
      /\.(?:ports\[\]|protocol|tier|selector|action)$/,
      "what it names; that it names somebody, and who is last, is demanded",
    ],
    [
      SCHEDULE,
      /\.hooks\.resources\[\]\.(?!pre\[\]\.exec\.(?:onError|timeout|command))/,
      "in which pods a checkpoint is made; a backup is sound without it",
    ],
    [
      LOCATION,
      /\.(?:backupSyncPeriod|default|prefix|region|s3ForcePathStyle|credential\.(?:key|name))$/,
      "where it lies; who writes there, and how it is reached, is demanded",
    ],
    [
      JOB,
      /\.(?:timeZone|(?:failed|successful)JobsHistoryLimit|backoffLimit|terminationMessagePolicy|serviceAccountName)$|\.podFailurePolicy\./,
      "how its end is told, and kept; that it begins and ends is demanded",
    ],
  ].map(([on, path, why]) => ({ on: on as RegExp, path: path as RegExp, why: why as string })),
};
