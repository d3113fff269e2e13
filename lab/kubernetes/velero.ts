import { copyFileSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../subprocess.js";
import type { ControlPlane } from "./control-plane.js";
import { Daemon, Final } from "./daemon.js";
import type { KubernetesPrograms } from "./programs.js";

export const VELERO_NAMESPACE = "velero";

/** Longest that one call of its command line may wait for a backup or restore. Milliseconds. */
const WAIT = 300_000;

/** A Velero server of a cluster: the program itself, outside the cluster as everything here. */
export class Velero {
  private constructor(
    private readonly daemon: Daemon,
    private readonly program: string,
    private readonly kubeconfig: string,
    private readonly home: string,
  ) {}

  /** @param dir folder for it alone */
  static start(plane: ControlPlane, dir: string, programs: KubernetesPrograms): Velero {
    const [plugins, home] = [join(dir, "plugins"), join(dir, "home")];
    for (const folder of [dir, plugins, home]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const copy = (from: string, to: string): void => copyFileSync(from, to, constants.COPYFILE_FICLONE);
    copy(programs.velero, join(dir, "velero"));
    copy(programs.veleroObjectStorePlugin, join(plugins, "velero-plugin-s3"));
    const { path: kubeconfig } = plane.credentials.kubeconfigs.velero;
    copy(kubeconfig, join(dir, "kubeconfig"));
    const options = [
      `--namespace=${VELERO_NAMESPACE}`,
      "--plugin-dir=/mnt/plugins",
      "--uploader-type=kopia",
      "--metrics-address=127.0.0.1:0",
      "--profiler-address=127.0.0.1:0",
      "--store-validation-frequency=10s",
    ];
    // It keeps keys below /tmp, in the same folder for every server of a machine: each has a /tmp of its own. Its plugins end with it.
    const enter = 'mount --bind "$1" /mnt && mount -t tmpfs -o mode=0700 tmpfs /tmp && shift && exec "$@"';
    const argv = [
      ...["unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"],
      ...["sh", "-c", enter, "sh", dir, "/mnt/velero", "server", ...options],
    ];
    const env = { PATH: process.env["PATH"], HOME: "/mnt/home", KUBECONFIG: "/mnt/kubeconfig" };
    const daemon = Daemon.start(`velero of site ${plane.site}`, argv, join(dir, "velero.log"), env);
    return new Velero(daemon, programs.velero, kubeconfig, home);
  }

  /** Its command line, as an operator runs it. */
  command(...args: string[]): Promise<string> {
    return mustRun(this.program, [...args, "--namespace", VELERO_NAMESPACE], {
      env: { PATH: process.env["PATH"], HOME: this.home, KUBECONFIG: this.kubeconfig },
      timeoutMs: WAIT,
    });
  }

  /** @throws Final with its last words, when it has ended */
  requireRunning(): void {
    try {
      this.daemon.requireRunning();
    } catch (error) {
      throw new Final((error as Error).message);
    }
  }

  /** The end of its log. */
  lastWords(): string {
    return this.daemon.lastWords();
  }

  stop(): Promise<void> {
    return this.daemon.stop();
  }
}

/** Path of Velero's objects of a kind, or of one of them. */
export function veleroPath(kind: string, name?: string): string {
  const all = `/apis/velero.io/v1/namespaces/${VELERO_NAMESPACE}/${kind}`;
  return name === undefined ? all : `${all}/${name}`;
}
