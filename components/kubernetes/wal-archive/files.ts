import type * as k8s from "@pulumi/kubernetes";
import type { KubernetesEnvironment, Secrets } from "../../declaration/index.js";
import { archiveClient } from "../../declaration/index.js";
import {
  ARCHIVE_FILES,
  archiveOf,
  renderArchiveSecrets,
  renderBackupScript,
  renderJobArchiveConf,
  renderMemberArchiveConf,
  renderPasswd,
  renderServerArchiveConf,
  renderVerifyScript,
} from "../../postgres/index.js";
import { recoveryPlan } from "../../recovery/index.js";

/** Names of the objects that pods of the archive use. */
export interface ArchiveNames {
  /** ConfigMap: configurations without secrets, scripts, the store's authorities. */
  readonly config: string;
  /** Secret with the passphrase and the store's key. */
  readonly secrets: string;
  /** Secret by which jobs prove themselves to members. */
  readonly client: string;
  /** True when the declaration names the store's authorities. */
  readonly authorities: boolean;
}

/** Content of the ConfigMap. */
export function archiveConfig(environment: KubernetesEnvironment, site: string): Record<string, string> {
  const plan = recoveryPlan(environment);
  const { authorities } = archiveOf(environment);
  return {
    "member.conf": renderMemberArchiveConf(plan),
    "server.conf": renderServerArchiveConf(plan),
    "job.conf": renderJobArchiveConf(plan, site),
    "backup.sh": renderBackupScript(plan, site),
    "verify.sh": renderVerifyScript(plan, site),
    accounts: renderPasswd(environment),
    ...(authorities === undefined ? {} : { "store.pem": authorities }),
  };
}

/** Content of the Secret of members and jobs. */
export function archiveSecrets(secrets: Secrets): Record<string, string> {
  return { "store.conf": renderArchiveSecrets(secrets) };
}

/** Content of the Secret of jobs alone. */
export function clientSecrets(environment: KubernetesEnvironment, secrets: Secrets): Record<string, string> {
  const pair = secrets.certificates[archiveClient(environment)];
  if (pair === undefined) throw new TypeError("the secrets were not checked by parseSecrets");
  return { "authority.pem": secrets.authority, "client.pem": pair.certificate, "client.key": pair.key };
}

/** Of which files a volume consists, in the one directory that pgBackRest reads. */
interface Parts {
  /** Files of the ConfigMap, and how they are called there. */
  readonly config: Readonly<Record<string, string>>;
  /** @default false */
  readonly secrets?: boolean;
  /** @default false */
  readonly client?: boolean;
}

/** A volume for /etc/pgbackrest: root's, readable by the pod's group, so that pgBackRest takes the key. */
export function projected(name: string, names: ArchiveNames, parts: Parts): k8s.types.input.core.v1.Volume {
  const items = (files: Readonly<Record<string, string>>) =>
    Object.entries(files).map(([key, path]) => ({ key, path }));
  const needsStore = parts.secrets === true && names.authorities;
  return {
    name,
    projected: {
      defaultMode: 0o440,
      sources: [
        {
          configMap: {
            name: names.config,
            items: items({ ...parts.config, ...(needsStore ? { "store.pem": "store.pem" } : {}) }),
          },
        },
        ...(parts.secrets === true
          ? [{ secret: { name: names.secrets, items: items({ "store.conf": ARCHIVE_FILES.secrets }) } }]
          : []),
        ...(parts.client === true
          ? [
              {
                secret: {
                  name: names.client,
                  items: ["authority.pem", "client.pem", "client.key"].map((key) => ({
                    key,
                    path: `tls/${key}`,
                  })),
                },
              },
            ]
          : []),
      ],
    },
  };
}
