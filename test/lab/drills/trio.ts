import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnvironment, type EnvironmentInput } from "../../../components/declaration/index.js";
import { GUEST_PATHS, guestBundle } from "../../../components/postgres/index.js";
import { FENCE, recoveryPlan, type RecoveryPlan } from "../../../components/recovery/index.js";
import { systemClock } from "../../../operations/adapters/clock.js";
import { guestDatabase } from "../../../operations/adapters/database.js";
import type { Context, Host } from "../../../operations/context.js";
import type { ClientFiles } from "../../../operations/jobs/drill-failover/clients.js";
import type { Hypervisor } from "../../../operations/ports/index.js";
import { createSecrets } from "../../../operations/secrets/index.js";
import { kvmEnvironment } from "../../fixtures/environment.js";
import { answer } from "./answer.js";
import { quietOutput, unlocked } from "./context.js";
import { NativeMachine } from "./machine.js";

/** Address of the drill itself on every network, and the port of its name server. */
const OWN = "13";
const DNS_PORT = 5353;

/**
 * Two members and a witness with real etcd, Patroni, PostgreSQL and pgBackRest, configured by the bundles that a guest
 * gets, each machine in its own namespaces on one bridge. What stands in for the hypervisor here only switches machines on and off;
 * fencing through real hypervisors is tested on the lab's virtual machines. Must run in a network space of its own.
 */
export class Trio {
  readonly machines = new Map<string, NativeMachine>();
  private readonly fenced = new Set<string>();
  /** Seconds; see {@link loseMachine}. */
  lag = 0;
  private primary = "";
  private closed = false;
  private readonly name = createSocket("udp4");

  private constructor(
    readonly plan: RecoveryPlan,
    readonly directory: string,
    readonly files: ClientFiles,
    readonly context: Context,
    private readonly bundles: ReadonlyMap<string, string>,
  ) {}

  static async start(
    major: 17 | 18,
    mode: "sync" | "async",
    promotion: "automatic" | "manual" = "automatic",
    lines: string[] = [],
  ): Promise<Trio> {
    const plan = recoveryPlan(parseEnvironment(environment(major, mode, promotion)));
    const secrets = await createSecrets(plan.environment);
    const directory = mkdtempSync("/var/tmp/pgkeep-trio-");
    const files = {
      passwords: join(directory, "passwords.json"),
      authority: join(directory, "authority.pem"),
      logs: join(directory, "logs"),
    };
    writeFileSync(files.passwords, JSON.stringify(secrets.passwords), { mode: 0o600 });
    writeFileSync(files.authority, secrets.authority);
    const bundles = new Map(
      plan.guests.map(({ name }) => [name, JSON.stringify(guestBundle(plan, secrets, name))]),
    );
    const holder: { trio?: Trio } = {};
    const trio = new Trio(plan, directory, files, makeContext(plan, holder, lines), bundles);
    holder.trio = trio;
    onSignal(() => trio.stop());
    try {
      network("link set lo up; link add br0 type bridge; link set br0 up");
      for (const net of [0, 1, 2]) network(`addr add 10.77.${net}.${OWN}/24 dev br0`);
      await trio.serveName();
      await Promise.all(plan.guests.map(({ name }) => trio.powerOn(name)));
    } catch (error) {
      await trio.stop();
      throw error;
    }
    return trio;
  }

  /** Powers a machine on and starts in it what systemd would start. */
  async powerOn(name: string): Promise<void> {
    const disk = join(this.directory, name);
    mkdirSync(disk, { recursive: true });
    const { major } = this.plan.environment.cluster.version;
    const machine = await NativeMachine.boot(name, major, disk);
    this.machines.set(name, machine);
    const guest = this.context.guest(name);
    const port = `v-${name}`;
    spawnSync("ip", ["link", "del", port]);
    network(
      `link add ${port} type veth peer name client0 netns ${machine.leader}; link set ${port} master br0 up`,
    );
    const { management, client, replication } = guest.addresses;
    const up = [management, client, replication].map((address) => `ip addr add ${address}/24 dev client0`);
    await machine.run(["sh", "-ec", [...up, "ip link set client0 up"].join("; ")]);
    await machine.run(["python3", "-c", PLACE], { input: this.bundles.get(name) ?? "" });
    await machine.run(["sh", "-ec", START, "sh", guest.kind], { timeout: 60 });
  }

  /** As a power cut: everything in the machine is gone at once, its disk stays. */
  async powerOff(name: string): Promise<void> {
    await this.machines.get(name)?.destroy();
    this.machines.delete(name);
  }

  /**
   * What the drill's kill does; the mark is the fence script's, which has nobody to ask here. With `lag`, the standby's cable is pulled for so long before: what is acknowledged then never
   * leaves the primary, as when the network is slow.
   */
  async loseMachine(name: string): Promise<void> {
    const standby = this.plan.guests.find((guest) => guest.kind === "member" && guest.name !== name)?.name;
    this.fenced.add(name);
    if (this.lag === 0 || standby === undefined) return this.powerOff(name);
    this.cable(standby, "down");
    await this.context.clock.sleep(this.lag);
    await this.powerOff(name);
    this.cable(standby, "up");
  }

  /** Cuts a machine off from all others, or joins it again. */
  cable(name: string, state: "up" | "down"): void {
    network(`link set v-${name} ${state}`);
  }

  /** A name server that answers with the primary's address; in the lab the members themselves update a real one. */
  private async serveName(): Promise<void> {
    this.name.on("message", (query, from) => {
      const address = this.primary === "" ? undefined : this.context.guest(this.primary).addresses.client;
      this.name.send(answer(query, address), from.port, from.address);
    });
    await new Promise<void>((resolve) => this.name.bind(DNS_PORT, `10.77.0.${OWN}`, resolve));
    const follow = async (): Promise<void> => {
      while (!this.closed) {
        for (const { name } of this.plan.guests.filter(({ kind }) => kind === "member")) {
          const rows = await this.context
            .database(name)
            .query("select pg_is_in_recovery()", { timeout: 5 })
            .catch(() => []);
          if (rows[0]?.[0] === "f") this.primary = name;
        }
        await this.context.clock.sleep(0.3);
      }
    };
    void follow();
  }

  get hypervisor(): Hypervisor {
    const state = (name: string): "running" | "shut off" =>
      this.machines.has(name) ? "running" : "shut off";
    const parts: Partial<Hypervisor> = {
      state: (name) => Promise.resolve(state(name)),
      destroy: (name) => this.powerOff(name),
      start: async (name) => {
        if (this.fenced.has(name)) throw new Error(`${name} is fenced`);
        await this.powerOn(name);
      },
      autostart: () => Promise.resolve(),
      metadata: (name) => Promise.resolve(this.fenced.has(name) ? FENCE.mark : undefined),
      setMetadata: (name, _, xml) => {
        if (xml === undefined) this.fenced.delete(name);
        else this.fenced.add(name);
        return Promise.resolve();
      },
    };
    return parts as Hypervisor;
  }

  async stop(): Promise<void> {
    this.closed = true;
    this.name.close();
    await Promise.all([...this.machines.values()].map((machine) => machine.destroy()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function environment(
  major: 17 | 18,
  mode: "sync" | "async",
  promotion: "automatic" | "manual",
): EnvironmentInput {
  const input = kvmEnvironment();
  return {
    ...input,
    cluster: {
      ...input.cluster,
      version: major === 17 ? "17.11" : "18.6",
      sizing: { cpus: 1, memory: "512 MiB", data: "2 GiB", wal: "1 GiB" },
      databases: [{ name: "shop", extensions: ["amcheck"] }],
    },
    objectives: { rpo: mode === "sync" ? "0 s" : "5 min", rto: "5 min", availability: 99 },
    backup: { ...input.backup, wal: { archiveTimeout: "20 s" } },
    replication: { ...input.replication, mode },
    failover: {
      mode: promotion,
      ...{ ttl: "20 s", loopWait: "4 s", retryTimeout: "4 s", watchdog: "off" },
      redirect: {
        kind: "dns",
        zone: "db.example.org",
        server: `10.77.0.${OWN}`,
        port: DNS_PORT,
        key: "pgkeep",
      },
    },
    access: {
      groups: [{ name: "app", networks: ["10.77.1.0/24"] }],
      rules: [{ from: "app", roles: ["shop_app", "shop_ro", "metrics"], description: "application servers" }],
    },
    capacity: { site: "b", cpus: 1, memory: "1 GiB" },
  };
}

function makeContext(plan: RecoveryPlan, holder: { trio?: Trio }, lines: string[]): Context {
  const trio = (): Trio => {
    if (holder.trio === undefined) throw new Error("not started");
    return holder.trio;
  };
  const machine = (name: string): NativeMachine => {
    const found = trio().machines.get(name);
    if (found === undefined) throw new Error(`${name} is off`);
    return found;
  };
  const context: Context = {
    plan,
    clock: systemClock(),
    output: quietOutput(lines),
    dryRun: false,
    guest(name) {
      const guest = plan.guests.find((candidate) => candidate.name === name);
      if (guest === undefined) throw new Error(`no guest ${name}`);
      return guest;
    },
    host: (name) => {
      // The drill kills the process of the virtual machine by a script whose last argument is its name.
      const host = unlocked(name, (argv) => trio().loseMachine(argv.at(-1) ?? ""));
      return { ...host, hypervisor: trio().hypervisor } as unknown as Host;
    },
    agent: (name) => machine(name),
    database: (name) => ({
      query: async (sql, options) => guestDatabase(machine(name), "postgres").query(sql, options),
    }),
  };
  return context;
}

function onSignal(stop: () => Promise<void>): void {
  process.once("SIGTERM", () => void stop().finally(() => process.exit(1)));
}

function network(commands: string): void {
  for (const command of commands.split("; ")) {
    const { status, stderr } = spawnSync("ip", command.split(" "), { encoding: "utf8" });
    if (status !== 0) throw new Error(`ip ${command}: ${stderr}`);
  }
}

/**
 * Puts a bundle's directories and files in place, as pgkeep-apply does; the fence script has no hypervisor to ask here, and the
 * name server needs no update: it follows the primary by itself.
 */
const PLACE = `
import grp, json, os, pwd, sys
bundle = json.load(sys.stdin)
def own(path, entry):
    user, group = entry["owner"].split(":")
    os.chown(path, pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid)
    os.chmod(path, int(entry["mode"], 8))
for entry in bundle["directories"]:
    os.makedirs(entry["path"], exist_ok=True); own(entry["path"], entry)
for entry in bundle["files"]:
    os.makedirs(os.path.dirname(entry["path"]), exist_ok=True)
    content = "#!/bin/sh\\nexit 0\\n" if entry["path"] in ("${GUEST_PATHS.fence}", "${GUEST_PATHS.redirect}") else entry["content"]
    open(entry["path"], "w").write(content); own(entry["path"], entry)
`;

/** Starts etcd, pgBackRest's server and, on a member, Patroni. */
const START = `
install -d -o postgres -g postgres -m 0755 /run/postgresql /run/patroni /run/pgbackrest; install -d -m 0755 /run/pgkeep/fenced
install -d -o etcd -g etcd -m 0700 /var/lib/etcd ${GUEST_PATHS.etcdData}
install -d -o postgres -g postgres -m 0750 /var/lib/pgbackrest ${GUEST_PATHS.spool} ${GUEST_PATHS.backupLogs}
set -a; . ${GUEST_PATHS.etcd}; set +a
# A member that was there before joins again instead of making a cluster.
setsid runuser -u etcd -- etcd >/var/log/etcd.log 2>&1 </dev/null &
setsid runuser -u postgres -- pgbackrest server >/var/log/pgbackrest-server.log 2>&1 </dev/null &
if [ "$1" = member ]; then setsid runuser -u postgres -- patroni ${GUEST_PATHS.patroni} >/var/log/patroni.log 2>&1 </dev/null & fi
sleep 0.2
`;
