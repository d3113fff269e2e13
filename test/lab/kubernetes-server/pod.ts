import type { KubernetesEnvironment, Secrets } from "../../../components/declaration/index.js";
import {
  ARCHIVE_PATHS,
  binDirectory,
  POD_PATHS,
  podDataDirectory,
  podDataMount,
  renderPasswd,
  renderPgIdent,
  renderPgpass,
  renderPodConf,
  renderPodHba,
  renderPrepareScript,
  renderReconcileScript,
  renderRolesSql,
} from "../../../components/postgres/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import type { Outcome } from "../../../lab/subprocess.js";
import { Sandbox, within } from "../postgres/sandbox.js";

/** Where the files of the container beside the server lie until it starts. */
export const SERVER_FILES = "/mnt/archive-server";

/** A member as its pod would run it: the generated files, the same user, a root that cannot be written, volumes in memory. */
export class Pod {
  private constructor(
    readonly name: string,
    readonly site: string,
    readonly address: string,
    private environment: KubernetesEnvironment,
    private readonly secrets: Secrets,
    readonly box: Sandbox,
  ) {}

  static async open(
    environment: KubernetesEnvironment,
    secrets: Secrets,
    member: { readonly name: string; readonly site: string },
    address: string,
    hosts: string,
  ): Promise<Pod> {
    const { major } = environment.cluster.version;
    const box = await Sandbox.open(major);
    const pod = new Pod(member.name, member.site, address, environment, secrets, box);
    const { user } = environment.kubernetes;
    await box.write("/etc/hosts", hosts);
    await box.write(POD_PATHS.passwd, renderPasswd(environment));
    const volumes = [podDataMount(major), POD_PATHS.run, POD_PATHS.socket, "/tmp", POD_PATHS.config];
    const archive = [ARCHIVE_PATHS.config, ARCHIVE_PATHS.spool, SERVER_FILES];
    for (const path of [...volumes, ...archive, POD_PATHS.secrets, POD_PATHS.roles])
      await box.must([
        "sh",
        "-c",
        `mkdir -p ${path} && mount -t tmpfs -o mode=2770,gid=${user} tmpfs ${path}`,
      ]);
    await box.must(["mount", "-o", "remount,bind,ro", "/"]);
    await pod.configure(environment);
    return pod;
  }

  /** What the ConfigMap and the Secrets hold, as they are mounted. */
  async configure(environment: KubernetesEnvironment): Promise<void> {
    this.environment = environment;
    const plan = recoveryPlan(environment);
    const { box, secrets, site } = this;
    const owner = `root:${environment.kubernetes.user}`;
    const files = {
      [POD_PATHS.postgresqlConf]: renderPodConf(plan),
      [POD_PATHS.hba]: renderPodHba(plan, site),
      [POD_PATHS.ident]: renderPgIdent(),
      [POD_PATHS.prepare]: renderPrepareScript(plan, site),
      [POD_PATHS.reconcile]: renderReconcileScript(plan, site),
    };
    for (const [path, text] of Object.entries(files)) await box.write(path, text, "0444", "root:root");
    const pair = secrets.certificates[this.name];
    const keys = {
      [`${POD_PATHS.secrets}/authority.pem`]: secrets.authority,
      [`${POD_PATHS.secrets}/pgpass`]: renderPgpass(secrets.passwords),
      [`${POD_PATHS.secrets}/${this.name}.pem`]: pair?.certificate ?? "",
      [`${POD_PATHS.secrets}/${this.name}.key`]: pair?.key ?? "",
      [POD_PATHS.rolesSql]: renderRolesSql(plan, secrets),
    };
    for (const [path, text] of Object.entries(keys)) await box.write(path, text, "0440", owner);
  }

  /** A command as a container of the pod runs it. */
  argv(command: readonly string[]): string[] {
    const { user } = this.environment.kubernetes;
    const data = podDataDirectory(this.environment.cluster.version.major);
    return [
      "setpriv",
      `--reuid=${user}`,
      `--regid=${user}`,
      "--clear-groups",
      "--no-new-privs",
      "--bounding-set=-all",
      "env",
      `POD_NAME=${this.name}`,
      `POD_IP=${this.address}`,
      `PGDATA=${data}`,
      `PGHOST=${POD_PATHS.socket}`,
      "PGUSER=postgres",
      ...command,
    ];
  }

  run(command: readonly string[]): Promise<Outcome> {
    return this.box.run(this.argv(command));
  }

  /** The init container. */
  prepare(): Promise<Outcome> {
    return this.run(["/bin/sh", POD_PATHS.prepare]);
  }

  /** The containers, until the server answers. */
  async start(): Promise<void> {
    const { major } = this.environment.cluster.version;
    const server = [
      `${binDirectory(major)}/postgres`,
      "-D",
      podDataDirectory(major),
      "-c",
      `config_file=${POD_PATHS.postgresqlConf}`,
    ];
    this.box.start(this.argv(server), "root", "/tmp/server.log");
    this.box.start(this.argv(["/bin/sh", POD_PATHS.reconcile]), "root", "/tmp/reconcile.log");
    await within(120, async () => ((await this.ready()) ? true : undefined));
  }

  async ready(): Promise<boolean> {
    return (await this.run(["psql", "-XAtq", "-d", "postgres", "-c", "SELECT 1"])).code === 0;
  }

  /** The init container, which must succeed, and the containers. */
  async begin(): Promise<string> {
    const { code, stderr } = await this.prepare();
    if (code !== 0) throw new Error(`prepare of ${this.name} ended with ${code}: ${stderr}`);
    await this.start();
    return stderr;
  }

  /** The end of the pod: a fast shutdown, as the image's signal asks for; or none at all. */
  async end(signal: "INT" | "KILL" = "INT"): Promise<void> {
    await this.box.run(["pkill", "-KILL", "-f", POD_PATHS.reconcile]);
    const server = ["pkill", `-${signal}`, ...(signal === "INT" ? ["-o"] : []), "-x", "postgres"];
    await this.box.run(server);
    await within(120, async () =>
      (await this.box.run(["pgrep", "-x", "postgres"])).code === 0 ? undefined : true,
    );
  }

  /** SQL as the superuser, over the socket. */
  async sql(text: string, database = "postgres"): Promise<string> {
    const outcome = await this.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", text]);
    if (outcome.code !== 0) throw new Error(`${this.name}: ${outcome.stderr}`);
    return outcome.stdout.trim();
  }

  /** Waits for an answer. */
  async becomes(text: string, wanted: string, seconds = 90): Promise<void> {
    let last = "";
    await within(seconds, async () => {
      last = await this.sql(text).catch(String);
      return last === wanted ? true : undefined;
    }).catch(async () => {
      const log = await this.box.run(["sh", "-c", "tail -n 12 /tmp/server.log /tmp/reconcile.log"]);
      throw new Error(`${this.name}: ${text} gave ${last}, not ${wanted}\n${log.stdout}`);
    });
  }
}
