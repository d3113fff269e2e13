import { z } from "zod";
import type { Shell, VCenter } from "../ports/index.js";
import {
  datastoreSchema,
  disksOf,
  machineSchema,
  optionsSchema,
  properties,
  sessionSchema,
  snapshotsOf,
  tasksSchema,
} from "./govc-answers.js";
import { govc, VCenterError, type VCenterAccess } from "./govc.js";

/** Seconds for a snapshot: Tools may take 15 minutes for the whole sequence of freezing and thawing. */
const CREATE = 20 * 60;

/** Seconds for merging what a snapshot's disks hold into those below. */
const REMOVE = 6 * 3600;

/** vCenter through govc on a host, which writes JSON alone. */
export function govcVCenter(shell: Shell, access: VCenterAccess): VCenter {
  const call = govc(shell, access);
  const { server } = access;
  const understand = <T>(schema: z.ZodType<T>, what: string, answer: unknown): T => {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new VCenterError(
      server,
      `what govc says of ${what} cannot be understood: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
      "use govc 0.32 or newer; vCenter may be newer than this pgkeep",
    );
  };
  const collect = async (
    object: string,
    names: readonly string[],
  ): Promise<Readonly<Record<string, unknown>>> =>
    properties(await call(["object.collect", object, ...names]));

  return {
    server,
    async now() {
      // Every call of ours is a session of its own, so the moment of its login is now.
      const found = await collect("SessionManager:SessionManager", ["currentSession"]);
      return new Date(understand(sessionSchema, "its session", found).currentSession.loginTime);
    },
    async machine(path) {
      const reference = path.startsWith("/") ? await find(call, server, path) : path;
      if (reference === undefined) return undefined;
      const found = understand(
        machineSchema,
        path,
        await collect(reference, Object.keys(machineSchema.shape)),
      );
      const { snapshots, depth } = snapshotsOf(found.snapshot, found["layoutEx.snapshot"]);
      return {
        reference,
        name: found.name,
        instanceUuid: found["config.instanceUuid"],
        power: found["runtime.powerState"],
        tools: found["guest.toolsRunningStatus"] === "guestToolsRunning",
        consolidationNeeded: found["runtime.consolidationNeeded"] ?? false,
        disks: disksOf(found["config.hardware.device"]),
        snapshots,
        depth,
      };
    },
    async datastore(reference) {
      const { summary } = await collect(reference, ["summary"]);
      const { name, capacity, freeSpace, accessible } = understand(datastoreSchema, reference, summary);
      return { reference, name, capacity, free: freeSpace, accessible };
    },
    async tasks(machine) {
      const { tasks } = understand(tasksSchema, "tasks", (await call(["tasks", machine])) ?? { tasks: null });
      return (tasks ?? [])
        .filter(({ state }) => state === "running" || state === "queued")
        .map(({ descriptionId, reason }) => ({
          what: descriptionId,
          user: reason?.userName ?? "vCenter itself",
        }));
    },
    async snapshotDisks(id) {
      const found = await collect(`VirtualMachineSnapshot:${id}`, ["config.hardware.device"]);
      return disksOf(found["config.hardware.device"]);
    },
    async variable(machine, key) {
      const { "config.extraConfig": all } = await collect(machine, ["config.extraConfig"]);
      const options = understand(optionsSchema, "the VM's extra configuration", all ?? []);
      return options.find((option) => option.key === key)?.value;
    },
    async createSnapshot(machine, { name, description, quiesce }) {
      const flags = ["-m=false", `-q=${quiesce}`, "-d", description];
      await call(["snapshot.create", "-vm", machine, ...flags, name], CREATE);
    },
    async removeSnapshot(machine, id) {
      await call(["snapshot.remove", "-vm", machine, id], REMOVE);
    },
  };
}

const found = z.array(z.string()).nullable();

/** The VM at an inventory path. govc takes paths for patterns, so what it finds must have this very name. */
async function find(
  call: (args: readonly string[]) => Promise<unknown>,
  server: string,
  path: string,
): Promise<string | undefined> {
  const cut = path.lastIndexOf("/");
  const [folder, name] = [path.slice(0, cut), path.slice(cut + 1)];
  const literal = name.replaceAll(/[[\]*?\\]/g, "\\$&");
  let answer: unknown;
  try {
    answer = await call(["find", "-i", "-type", "m", "-maxdepth", "1", folder, "-name", literal]);
  } catch (error) {
    if (error instanceof VCenterError && /not found/.test(error.message)) return undefined;
    throw error;
  }
  const references = found.parse(answer ?? null) ?? [];
  if (references.length > 1)
    throw new VCenterError(server, `${path} names ${references.length} VMs`, "give each VM its own name");
  return references[0];
}
