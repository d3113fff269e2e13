import type { KubernetesEnvironment, Secrets } from "../../../components/declaration/index.js";
import { archiveAttachment } from "../../../components/kubernetes/wal-archive/attachment.js";
import {
  archiveConfig,
  archiveSecrets,
  clientSecrets,
  type ArchiveNames,
} from "../../../components/kubernetes/wal-archive/files.js";
import { archiveJobs, cronJobSpec } from "../../../components/kubernetes/wal-archive/job.js";
import { ARCHIVE_PATHS, POD_PATHS } from "../../../components/postgres/index.js";
import type { Outcome } from "../../../lab/subprocess.js";
import { Sandbox, within } from "../postgres/sandbox.js";
import { SERVER_FILES, type Pod } from "./pod.js";

const NAMES: ArchiveNames & { account: string } = {
  config: "config",
  secrets: "store",
  client: "client",
  account: "account",
  authorities: true,
};

/** A volume as the API has it. */
interface Volume {
  readonly name: string;
  readonly projected?: {
    readonly sources: readonly {
      readonly configMap?: Source;
      readonly secret?: Source;
    }[];
  };
}
interface Source {
  readonly name?: string;
  readonly secretName?: string;
  readonly items: readonly { readonly key: string; readonly path: string }[];
}

/** What is in the ConfigMap and the Secrets, by name. */
function objects(environment: KubernetesEnvironment, site: string, secrets: Secrets) {
  return {
    config: archiveConfig(environment, site),
    store: archiveSecrets(secrets),
    client: clientSecrets(environment, secrets),
  } as Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Puts the files of a volume where it is mounted, as the kubelet does: root's, readable by the pod's group. */
async function mount(
  box: Sandbox,
  volume: Volume | undefined,
  path: string,
  content: ReturnType<typeof objects>,
  user: number,
): Promise<void> {
  for (const { configMap, secret } of volume?.projected?.sources ?? []) {
    const source = configMap ?? secret;
    for (const item of source?.items ?? []) {
      const text = content[source?.name ?? ""]?.[item.key];
      if (text === undefined) throw new Error(`${source?.name} has no ${item.key}`);
      await box.write(`${path}/${item.path}`, text, "0440", `root:${user}`);
    }
  }
}

/** The archive in a member's pod: its files, and the container beside the server. */
export async function attach(
  pod: Pod,
  environment: KubernetesEnvironment,
  secrets: Secrets,
): Promise<readonly string[]> {
  const { volumes = [], containers = [] } = archiveAttachment(environment, NAMES, "digest");
  const content = objects(environment, pod.site, secrets);
  const find = (name: string): Volume | undefined => (volumes as Volume[]).find((each) => each.name === name);
  const { user } = environment.kubernetes;
  await mount(pod.box, find("archive"), ARCHIVE_PATHS.config, content, user);
  await mount(pod.box, find("archive-server"), SERVER_FILES, content, user);
  const [{ command }] = containers as unknown as [{ command: string[] }];
  return command;
}

/** Starts `pgbackrest server` in its container: with its own files, on the pod's address. */
export function serve(pod: Pod, command: readonly string[]): void {
  const own = `mount --bind ${SERVER_FILES} ${ARCHIVE_PATHS.config} && exec "$@"`;
  const argv = pod.argv(["env", `PGBACKREST_TLS_SERVER_ADDRESS=${pod.address}`, ...command]);
  pod.box.start(["unshare", "--mount", "sh", "-c", own, "sh", ...argv], "root", "/tmp/archive-server.log");
}

/** Where jobs of a site run: a root that cannot be written, their files, and nothing of a database. */
export class JobBox {
  /** Everything that jobs have said. */
  readonly said: string[] = [];

  private constructor(
    readonly box: Sandbox,
    private readonly user: number,
  ) {}

  static async open(major: 17 | 18, user: number): Promise<JobBox> {
    const box = await Sandbox.open(major);
    for (const path of ["/tmp", ARCHIVE_PATHS.config])
      await box.must([
        "sh",
        "-c",
        `mkdir -p ${path} && mount -t tmpfs -o mode=2770,gid=${user} tmpfs ${path}`,
      ]);
    return new JobBox(box, user);
  }

  /** What the job's pod mounts. */
  async configure(
    environment: KubernetesEnvironment,
    site: string,
    secrets: Secrets,
    hosts: string,
  ): Promise<void> {
    const [job] = archiveJobs(environment);
    if (job === undefined) throw new Error("no job is declared");
    const spec = cronJobSpec(environment, job, NAMES, {}) as unknown as {
      jobTemplate: { spec: { template: { spec: { volumes: Volume[] } } } };
    };
    const [volume] = spec.jobTemplate.spec.template.spec.volumes;
    const content = objects(environment, site, secrets);
    await mount(this.box, volume, ARCHIVE_PATHS.config, content, this.user);
    await this.box.write("/etc/hosts", hosts);
    await this.box.write(POD_PATHS.passwd, content["config"]?.["accounts"] ?? "");
    await this.box.must(["mount", "-o", "remount,bind,ro", "/"]);
  }

  /** A command as the job's container runs it. */
  async run(command: readonly string[], env: readonly string[] = []): Promise<Outcome> {
    const user = ["setpriv", `--reuid=${this.user}`, `--regid=${this.user}`, "--clear-groups"];
    const held = ["--no-new-privs", "--bounding-set=-all", "env", ...env];
    const outcome = await this.box.run([...user, ...held, ...command]);
    this.said.push(outcome.stdout, outcome.stderr);
    return outcome;
  }

  /** A job of the declaration, by its name. */
  job(environment: KubernetesEnvironment, name: string, env: readonly string[] = []): Promise<Outcome> {
    const words = archiveJobs(environment).find((job) => job.name === name)?.words ?? [];
    return this.run(["/bin/sh", ...words], env);
  }
}

/** Waits until a probe of `pgbackrest server` answers. */
export async function answers(pod: Pod): Promise<void> {
  await within(60, async () => {
    const ping = [
      "sh",
      "-c",
      '/usr/bin/pgbackrest --log-level-console=off --tls-server-port=8432 server-ping "$POD_IP"',
    ];
    return (await pod.run(ping)).code === 0 ? true : undefined;
  });
}
