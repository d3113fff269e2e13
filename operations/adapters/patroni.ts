import { z } from "zod";
import { endpoint, GUEST_PATHS, PORTS } from "../../components/postgres/layout.js";
import { DCS_NAMESPACE } from "../../components/postgres/patroni.js";
import { OperationError } from "../errors.js";
import type { ClusterManager, GuestAgent, Leadership, Reconciled } from "../ports/index.js";

const keys = z.object({
  kvs: z.array(z.object({ key: z.string(), value: z.string().default("") })).default([]),
});

const sync = z.looseObject({
  leader: z.string().nullish(),
  sync_standby: z.string().nullish(),
  // Patroni writes 0 when every standby of the list confirms every commit.
  quorum: z.coerce.number().default(0),
});

/** Reads `etcdctl get --prefix -w json` of Patroni's keys. */
export function parseLeadership(text: string, cluster: string): Leadership {
  const decode = (data: string): string => Buffer.from(data, "base64").toString();
  const found = new Map(
    keys.parse(JSON.parse(text)).kvs.map(({ key, value }) => [decode(key), decode(value)]),
  );
  const leader = found.get(`${DCS_NAMESPACE}${cluster}/leader`);
  const agreed = sync.parse(JSON.parse(found.get(`${DCS_NAMESPACE}${cluster}/sync`) ?? "{}"));
  return {
    leader: leader === "" ? undefined : leader,
    synchronous:
      typeof agreed.leader !== "string" || agreed.leader === ""
        ? undefined
        : {
            primary: agreed.leader,
            standbys: (agreed.sync_standby ?? "").split(",").filter((name) => name !== ""),
            quorum: agreed.quorum,
          },
  };
}

const reconciled = z.looseObject({
  role: z.string().nullish(),
  roles: z.string().nullish(),
  waiting: z.array(z.string()).default([]),
});

/** What pgkeep-roles says on a primary; a server that is still being promoted says "standby". */
const ROLES_DONE = ["changed", "current"];

/** Reasons to wait that have nothing to do with where clients go. */
const OTHER_REASONS = /^(?:pause|configuration):/;

/** Reads the line that pgkeep-reconcile prints; it ends with 0 also when something has to wait. */
export function parseReconciled(text: string): Reconciled {
  const { role, roles, waiting } = reconciled.parse(JSON.parse(text));
  return {
    role: role ?? undefined,
    followed:
      role === "primary" &&
      ROLES_DONE.includes(roles ?? "") &&
      waiting.every((reason) => OTHER_REASONS.test(reason)),
    waiting,
  };
}

/**
 * Patroni, by its own control program in a member, and etcd beside it; a member's configuration holds everything that they
 * need.
 *
 * @param address of the member on the replication network
 */
export function patroni(agent: GuestAgent, cluster: string, address: string): ClusterManager {
  const run = async (args: readonly string[], timeout: number): Promise<string> =>
    (await agent.run(["patronictl", "-c", GUEST_PATHS.patroni, ...args], { timeout })).stdout;
  // A refusal by Patroni's REST interface is printed, and the program ends with 0 all the same.
  const move = async (args: readonly string[], timeout: number): Promise<void> => {
    const refusal = /^.* failed, details: .*$/m.exec(await run(args, timeout))?.[0];
    if (refusal !== undefined) throw new OperationError(refusal, "`pgkeep status` shows the members");
  };
  return {
    async leadership() {
      const { authority, certificate, etcdKey } = GUEST_PATHS;
      const argv = [
        "etcdctl",
        `--endpoints=https://${endpoint(address, PORTS.etcdClient)}`,
        ...[`--cacert=${authority}`, `--cert=${certificate}`, `--key=${etcdKey}`],
        ...["get", "--prefix", `${DCS_NAMESPACE}${cluster}/`, "-w", "json"],
      ];
      return parseLeadership((await agent.run(argv, { timeout: 90 })).stdout, cluster);
    },
    async switchover(leader, candidate) {
      await move(["switchover", cluster, "--leader", leader, "--candidate", candidate, "--force"], 300);
    },
    async failover(candidate) {
      await move(["failover", cluster, "--candidate", candidate, "--force"], 300);
    },
    async resume() {
      const argv = ["patronictl", "-c", GUEST_PATHS.patroni, "resume", cluster];
      const { code, stdout, stderr } = await agent.run(argv, { timeout: 300, accept: [0, 1] });
      const said = `${stdout}\n${stderr}`.trim();
      if (code !== 0 && !/not paused/.test(said))
        throw new OperationError(`Patroni's pause is not lifted: ${said.split("\n").at(-1) ?? ""}`);
    },
    async reconcile() {
      return parseReconciled((await agent.run([GUEST_PATHS.reconcile], { timeout: 300 })).stdout);
    },
    async confirmOff(member) {
      await agent.run([
        "install",
        "-D",
        "-m",
        "0644",
        "/dev/null",
        `${GUEST_PATHS.fencedByOperator}/${member}`,
      ]);
    },
  };
}
