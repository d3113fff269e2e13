import type { Node } from "../../node.js";
import { forEach, resourceRule, type Rule, type StackRule } from "../../rule.js";
import { longestGap, longestGapOf } from "../../text/cron.js";
import { OPERATED, forEachDatabase } from "./database.js";
import {
  forEachCluster,
  inTurn,
  objectRule,
  objectsRule,
  some,
  type Kind,
  type KubernetesObject,
} from "./object.js";
import { containersOf, podOf, wordsOf, type Container, type Pod } from "./pod.js";

const CRON_JOB: Kind = "batch/CronJob";
const DAY = 86_400;
const MONTH = 31 * DAY;

/** What a job is for, told by what it runs. */
const PURPOSES = {
  scan: /(?:^|[\s/])(?:trivy|grype)\s/,
  backup:
    /\bpg_basebackup\b|\bpgbackrest\b[^\n]*\bbackup\b|\bbarman(?:-cloud-backup|\b[^\n]*\bbackup\b)|\bwal-g\b[^\n]*\bbackup-push\b/,
  drill: /\bpgkeep\s+drill\b|\brestore[-_ ]?(?:drill|test|check)\b|\bdrill[-_ ]?restore\b/i,
} as const;
type Purpose = keyof typeof PURPOSES;

/** Everything that a container runs, as one line; the entry point of a scanner's image is the scanner. */
function lineOf(container: Container): string {
  const words = wordsOf(container);
  const image = container.at.text("image") ?? "";
  const entry =
    container.at.list("command").length === 0 && /(?:^|\/)trivy(?:[:@]|$)/.test(image) ? ["trivy"] : [];
  return [...entry, ...words, ""].join(" ");
}

/** Containers of a pod that serve a purpose. @throws NotKnownYet */
function containersFor(pod: Pod, purpose: Purpose): Container[] {
  return containersOf(pod).filter((container) => PURPOSES[purpose].test(lineOf(container)));
}

/** When a CronJob does this; nothing when it does something else, or is suspended. @throws NotKnownYet */
function times(object: KubernetesObject, purpose: Purpose): readonly string[] {
  if (object.kind !== CRON_JOB || object.spec.at("suspend").value === true) return [];
  const pod = podOf(object);
  if (pod === undefined || containersFor(pod, purpose).length === 0) return [];
  return [object.spec.text("schedule") ?? ""];
}

/** True for a CronJob that does this often enough. @throws NotKnownYet */
function does(object: KubernetesObject, purpose: Purpose, within: number): boolean {
  return (longestGapOf(times(object, purpose)) ?? Infinity) <= within;
}

/** Declares a rule about stacks with databases: something must be there beside them. */
function besideDatabases({
  shown,
  together = () => false,
  missing,
  operated,
  ...rule
}: Omit<StackRule, "scope" | "about" | "judge" | "parameters"> & {
  readonly shown: (object: KubernetesObject) => boolean;
  /** What several objects show that none of them does alone. @default nothing */
  readonly together?: (objects: readonly KubernetesObject[]) => boolean;
  readonly missing: string;
  /** False when databases of operators are somebody else's to judge. */
  readonly operated: boolean;
}): Rule {
  return objectsRule({
    ...rule,
    judge: (resources, find) =>
      forEachCluster(resources, (objects) => {
        let first: KubernetesObject | undefined;
        inTurn(
          () =>
            forEachDatabase(objects, ({ object }) => {
              if (operated || !OPERATED.includes(object.kind)) first ??= object;
            }),
          () => {
            if (first !== undefined && !some(objects, shown) && !together(objects))
              find(`${missing} for ${first.title}`, first.resource);
          },
        );
      }),
  });
}

/** The value of an option of a command line, in its two forms. */
function option(words: readonly string[], name: string): string | undefined {
  const joined = words.find((word) => word.startsWith(`${name}=`));
  if (joined !== undefined) return joined.slice(name.length + 1);
  const at = words.indexOf(name);
  return at < 0 ? undefined : words[at + 1];
}

/** Words of a command, those inside a shell's script too. */
function optionsOf(container: Container): string[] {
  return wordsOf(container).flatMap((word) => word.split(/\s+/));
}

/** True when a path of a container lies on a volume that outlives the pod. @throws NotKnownYet */
function isKept(pod: Pod, container: Container, path: string): boolean {
  const mount = container.at
    .list("volumeMounts")
    .find((each) => path.startsWith(`${(each.text("mountPath") ?? "").replace(/\/$/, "")}/`));
  const name = mount?.text("name");
  return (
    name !== undefined &&
    pod.spec
      .list("volumes")
      .some((volume) => volume.text("name") === name && volume.has("persistentVolumeClaim"))
  );
}

/** A command that brings a file to a store outside the cluster. */
const UPLOAD =
  /\b(?:aws\s+s3|mc\s+(?:cp|mirror|pipe)|rclone\s+(?:copy|rcat)|gsutil\s+cp|az\s+storage|curl\b[^\n]*(?:-T|--upload-file|--data-binary))\b/;

function judgeReport(pod: Pod, container: Container, find: (problem: string, at: Node) => void): void {
  const words = optionsOf(container);
  const output = option(words, "--output") ?? option(words, "-o");
  const uploaded = some(containersOf(pod), (each) => UPLOAD.test(lineOf(each)));
  if (uploaded) return;
  if (output === undefined)
    find("the report goes to the log of a pod that is removed", container.at.at("args"));
  else if (!isKept(pod, container, output))
    find(`${output} goes with the pod`, container.at.at("volumeMounts"));
}

/** What runs by the clock. */
export const jobRules: readonly Rule[] = [
  objectRule({
    id: "kubernetes-job-bounded",
    title: "CronJobs run one at a time, start in time or not at all, and end.",
    severity: "medium",
    level: "mandatory",
    kinds: [CRON_JOB],
    why: "A job that hangs holds up or doubles every later run; after 100 missed starts a CronJob without a deadline never starts again.",
    fix: "concurrencyPolicy: Forbid, startingDeadlineSeconds, jobTemplate.spec.activeDeadlineSeconds, suspend: false.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.6"],
    judge: ({ spec, partial }, find) => {
      const job = spec.at("jobTemplate").at("spec");
      if (spec.at("suspend").value === true) find("suspended", spec.at("suspend"));
      if (partial) return;
      const schedule = spec.at("schedule");
      if (longestGap(typeof schedule.value === "string" ? schedule.value : "") === undefined)
        find(
          `${schedule.value === undefined ? "nothing" : schedule.shown} is no schedule that ever runs`,
          schedule,
        );
      const concurrency = spec.at("concurrencyPolicy");
      if (concurrency.value !== "Forbid" && concurrency.value !== "Replace")
        find("runs may overlap", concurrency);
      for (const [at, key, least] of [
        // The controller looks every 10 s: a shorter deadline has always passed.
        [spec, "startingDeadlineSeconds", 10],
        [job, "activeDeadlineSeconds", 1],
      ] as const) {
        const { value } = at.at(key);
        if (typeof value !== "number") find(`no ${key}`, at.at(key));
        else if (value < least) find(`${value} s leave no time`, at.at(key));
      }
    },
  }),
  objectRule({
    id: "kubernetes-scan-sound",
    title: "An image scan tells a finding from a failure, and looks at what matters.",
    severity: "medium",
    level: "mandatory",
    kinds: [CRON_JOB],
    why: "Trivy ends with 1 when it fails, so an exit code of 1 for findings says nothing; and a scan that is tried again hides why the first one failed.",
    fix: "--severity HIGH,CRITICAL --exit-code 10 --format json, restartPolicy: Never, backoffLimit: 0.",
    controls: ["PCI DSS 6.3.1", "PCI DSS 11.3.1", "ISO 27001 A.8.8"],
    judge: (object, find) => {
      const pod = podOf(object);
      if (pod === undefined) return;
      const scans = containersFor(pod, "scan");
      if (scans.length === 0) return;
      if (pod.spec.text("restartPolicy") !== "Never")
        find("a failed scan is started again", pod.spec.at("restartPolicy"));
      forEach(scans, (container) => {
        const words = optionsOf(container);
        const at = container.at.at("args");
        const severity = option(words, "--severity") ?? option(words, "-s") ?? "HIGH,CRITICAL";
        if (!["HIGH", "CRITICAL"].every((each) => severity.split(",").includes(each)))
          find(`${severity} leaves HIGH or CRITICAL out`, at);
        const code = option(words, "--exit-code") ?? "0";
        if (code === "0") find("findings end with 0, like success", at);
        else if (code === "1") find("findings end with 1, like failure", at);
      });
    },
  }),
  objectRule({
    id: "kubernetes-scan-report-kept",
    title: "The report of an image scan outlives its pod.",
    severity: "high",
    level: "mandatory",
    kinds: [CRON_JOB],
    why: "A report in /tmp, in an emptyDir or in the pod's log is gone when somebody asks for it.",
    fix: "--output on a PersistentVolumeClaim, or an upload to an object store.",
    controls: ["PCI DSS 11.3.1", "SOC 2 CC7.1", "ISO 27001 A.8.8"],
    judge: (object, find) => {
      const pod = podOf(object);
      if (pod !== undefined)
        forEach(containersFor(pod, "scan"), (container) => judgeReport(pod, container, find));
    },
  }),
  besideDatabases({
    id: "kubernetes-scan-scheduled",
    title: "Images of stacks with databases are scanned each day.",
    severity: "high",
    level: "mandatory",
    why: "Most vulnerabilities become known after the image was built.",
    fix: "a CronJob with trivy image, at least daily; or the Trivy operator.",
    controls: ["PCI DSS 6.3.1", "PCI DSS 11.3.1", "SOC 2 CC7.1", "ISO 27001 A.8.8"],
    missing: "no daily scan of images",
    operated: true,
    shown: (object) =>
      does(object, "scan", DAY) ||
      (object.kind === "apps/Deployment" &&
        some(podOf(object)?.spec.list("containers") ?? [], (container) =>
          /(?:^|\/)trivy-operator(?:[:@]|$)/.test(container.text("image") ?? ""),
        )),
  }),
  besideDatabases({
    id: "kubernetes-base-backup-scheduled",
    title: "Databases have base backups of their own, daily at least.",
    severity: "critical",
    level: "mandatory",
    why: "A volume snapshot restores one instant; only a base backup with its WAL restores any.",
    fix: "a CronJob with pgbackrest backup, barman or wal-g backup-push; or an operator that does it.",
    controls: ["CIS PostgreSQL 7.3", "SOC 2 A1.2", "ISO 27001 A.8.13"],
    missing: "no daily base backup",
    operated: false,
    shown: (object) => does(object, "backup", DAY),
    // A full on one day of the week and differentials on the others are two CronJobs.
    together: (objects) =>
      (longestGapOf(objects.flatMap((object) => times(object, "backup"))) ?? Infinity) <= DAY,
  }),
  besideDatabases({
    id: "kubernetes-drills-scheduled",
    title: "Restoring databases is drilled each month.",
    severity: "high",
    level: "mandatory",
    why: "Backups that ended well have restored to broken databases; only a restore proves one.",
    fix: "a CronJob that restores the newest backup into a namespace or volume of its own and checks it (`pgkeep drill restore`), monthly.",
    controls: ["SOC 2 A1.3", "ISO 27001 A.5.30", "PCI DSS 12.10.2"],
    missing: "no monthly restore drill",
    operated: true,
    shown: (object) => does(object, "drill", MONTH),
  }),
  resourceRule({
    id: "kubernetes-manifests-visible",
    title: "Charts are rendered where they can be judged.",
    severity: "medium",
    // Advisory: what a release installs may be judged elsewhere.
    level: "advisory",
    types: [/^kubernetes:helm\.sh\//],
    why: "A Helm release is made in the cluster: no rule sees its pods, roles and Services.",
    fix: "kubernetes.helm.v4.Chart, which renders its objects into the stack.",
    controls: ["SOC 2 CC8.1", "ISO 27001 A.8.32"],
    judge: ({ type, inputs }, find) => {
      if (type.endsWith(":Release"))
        find(`what ${inputs.text("chart") ?? "the chart"} installs is seen by no rule`);
    },
  }),
];
