import { plainTexts } from "../../facts.js";
import { forEach, type Rule, type StackRule } from "../../rule.js";
import { hbaRecords } from "../../text/hba.js";
import { isOff, isOn, settingsIn } from "../../text/settings.js";
import { forEachDatabase } from "./database.js";
import { forEachCluster, objectsRule, some, type Kind, type KubernetesObject } from "./object.js";

type Shown = (text: string) => boolean;

/** Objects that carry files of configuration. */
const CARRIERS: readonly Kind[] = ["core/ConfigMap", "core/Secret"];

/** A setting of the server with a certain value. */
function setting(name: string, fits: (value: string) => boolean): Shown {
  return (text) => settingsIn(text, name).some(fits);
}

/** True when an object says it; a text that is not known yet may. @throws NotKnownYet */
function says({ resource, at }: KubernetesObject, shown: Shown): boolean {
  if (plainTexts({ ...resource, inputs: at }).some(({ text }) => shown(text))) return true;
  for (const leaf of at.leaves()) void leaf.value;
  return false;
}

/**
 * Declares a rule about databases in pods, whose image's defaults do not do: what is not seen in the pod or in a ConfigMap or
 * Secret of its namespace counts as missing. Operators set their clusters up themselves, and are judged by what they are told.
 */
function evidenceRule({
  evidence,
  ...rule
}: Omit<StackRule, "scope" | "about" | "judge" | "level" | "parameters"> & {
  readonly evidence: readonly (readonly [shown: Shown, missing: string])[];
}): Rule {
  return objectsRule({
    ...rule,
    level: "mandatory",
    judge: (resources, find) =>
      forEachCluster(resources, (objects) => {
        const carriers = objects.filter(({ kind }) => CARRIERS.includes(kind));
        forEachDatabase(objects, ({ object, pod }) => {
          if (pod === undefined) return;
          forEach(evidence, ([shown, missing]) => {
            const seen = some(
              [object, ...carriers],
              (each) => (each === object || each.namespace === object.namespace) && says(each, shown),
            );
            if (!seen) find(`nothing shows ${missing} for ${object.title}`, object.resource);
          });
        });
      }),
  });
}

/** What a server in a pod must have been told. */
export const serverEvidenceRules: readonly Rule[] = [
  evidenceRule({
    id: "kubernetes-server-encrypts",
    title: "Servers in pods have TLS on, and refuse who comes without.",
    severity: "critical",
    why: "The image starts without TLS and ends pg_hba.conf with a record that takes plain text from everybody.",
    fix: "ssl = on with certificate and key from a Secret; a pg_hba.conf of hostssl records that ends with reject.",
    controls: ["CIS PostgreSQL 6.8", "CIS PostgreSQL 5.4", "PCI DSS 4.2.1"],
    evidence: [
      [setting("ssl", isOn), "a server with TLS (ssl = on)"],
      [
        (text) => hbaRecords(text).some(({ kind, method }) => kind === "hostssl" && method !== "reject"),
        "a record of pg_hba.conf that demands TLS (hostssl)",
      ],
      [
        (text) => hbaRecords(text).some(({ kind, user, method }) => kind.startsWith("host") && user === "all" && method === "reject"), // prettier-ignore
        "an end of pg_hba.conf that rejects the rest",
      ],
    ],
  }),
  evidenceRule({
    id: "kubernetes-server-archives",
    title: "Servers in pods archive their WAL.",
    severity: "critical",
    why: "Without an archive a backup is a point in the past, and everything after it is lost.",
    fix: "archive_mode = on and archive_command = 'pgbackrest --stanza=main archive-push %p'.",
    controls: ["CIS PostgreSQL 7.4", "SOC 2 A1.2", "ISO 27001 A.8.13"],
    evidence: [
      [setting("archive_mode", (value) => isOn(value) || /^always$/i.test(value)), "archive_mode = on"],
      [
        (text) =>
          ["archive_command", "archive_library"].some((name) =>
            settingsIn(text, name).some((value) => value !== ""),
          ),
        "an archive_command or archive_library",
      ],
    ],
  }),
  evidenceRule({
    id: "kubernetes-repository-away",
    title:
      "The repository of databases in pods is encrypted, kept by age or count, and away from the cluster.",
    severity: "critical",
    why: "A repository on a volume of the same cluster goes with it; one in clear is a copy of the database for whoever finds it.",
    fix: "repo1-type=s3 (or gcs, azure, sftp), repo1-cipher-type=aes-256-cbc and repo1-retention-full in pgbackrest.conf.",
    controls: ["PCI DSS 3.5.1", "SOC 2 A1.2", "ISO 27001 A.8.13"],
    evidence: [
      [
        (text) =>
          /repo\d*-cipher-type\s*=\s*aes-256-cbc|encryption\s*=\s*gpg|WALG_(?:LIBSODIUM|PGP)/.test(text),
        "an encrypted repository",
      ],
      [(text) => /repo\d*-retention-full\s*=|retention_policy\s*=|delete\s+retain/.test(text), "a retention"],
      [
        (text) =>
          /repo\d*-host\s*=|repo\d*-type\s*=\s*(?:s3|gcs|azure|sftp)|WALG_[A-Z0-9]+_PREFIX|backup_host/.test(
            text,
          ),
        "a repository away from the cluster",
      ],
    ],
  }),
  evidenceRule({
    id: "kubernetes-server-audits",
    title: "Servers in pods log who connects, and what is changed.",
    severity: "high",
    why: "Both are off unless somebody sets them; afterwards nobody can say who was in the database.",
    fix: "log_connections = authentication,authorization (18) or on (17), and pgaudit in shared_preload_libraries.",
    controls: ["CIS PostgreSQL 3.1.20", "CIS PostgreSQL 3.2", "PCI DSS 10.2.1", "SOC 2 CC7.2"],
    evidence: [
      [
        setting("log_connections", (value) => value !== "" && !isOff(value)),
        "a log of connections (log_connections)",
      ],
      [
        setting("shared_preload_libraries", (value) => /\bpgaudit\b/.test(value)),
        "pgAudit (shared_preload_libraries)",
      ],
    ],
  }),
];
