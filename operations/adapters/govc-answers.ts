import { z } from "zod";
import type { VmDisk, VmSnapshot } from "../ports/index.js";

/** A property as `govc object.collect -json` prints it. */
const property = z.object({ name: z.string(), val: z.unknown() });

/** The properties of an object by name; one that is not set is missing. */
export function properties(answer: unknown): Readonly<Record<string, unknown>> {
  const list = z.array(property).parse(answer ?? []);
  const values = list.map(({ name, val }) => [name, opened(val) ?? undefined] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** An array stands in an envelope. */
function opened(value: unknown): unknown {
  const closed = typeof value === "object" && value !== null && "_value" in value;
  return closed ? value._value : value;
}

/** A reference to an object of vCenter. */
const reference = z.object({ type: z.string(), value: z.string() });
type Reference = z.infer<typeof reference>;

function textOf({ type, value }: Reference): string {
  return `${type}:${value}`;
}

/** The file of a disk and what it rests on. */
interface Backing {
  readonly fileName?: string | undefined;
  readonly datastore?: Reference | undefined;
  readonly diskMode?: string | undefined;
  readonly compatibilityMode?: string | undefined;
  readonly sharing?: string | undefined;
  readonly parent?: Backing | null | undefined;
}

const backing: z.ZodType<Backing> = z.lazy(() =>
  z.object({
    fileName: z.string().optional(),
    datastore: reference.optional(),
    diskMode: z.string().optional(),
    compatibilityMode: z.string().optional(),
    sharing: z.string().optional(),
    parent: backing.nullish(),
  }),
);

/** A device. govc leaves out of which kind it is; disks alone have a capacity. */
const device = z.object({
  key: z.int(),
  deviceInfo: z.object({ label: z.string() }).optional(),
  backing: z.unknown().optional(),
  capacityInKB: z.number().optional(),
});

/** The virtual disks among a VM's devices. */
export function disksOf(devices: unknown): readonly VmDisk[] {
  return z
    .array(device)
    .parse(devices)
    .flatMap(({ key, deviceInfo, backing: file, capacityInKB }) => {
      if (capacityInKB === undefined) return [];
      const top = backing.parse(file);
      let depth = 0;
      for (let below = top.parent; below !== null && below !== undefined; below = below.parent) depth += 1;
      const disk: VmDisk = {
        key,
        label: deviceInfo?.label ?? `disk ${key}`,
        file: top.fileName ?? "",
        datastore: top.datastore === undefined ? undefined : textOf(top.datastore),
        mode: top.diskMode ?? "persistent",
        shared: top.sharing === "sharingMultiWriter",
        passthrough: top.compatibilityMode === "physicalMode",
        capacity: capacityInKB * 1024,
        depth,
      };
      return [disk];
    });
}

/** A snapshot in vCenter's tree. */
interface Node {
  readonly snapshot: Reference;
  readonly name: string;
  readonly description?: string | undefined;
  readonly createTime: string;
  readonly quiesced: boolean;
  readonly childSnapshotList?: readonly Node[] | null | undefined;
}

const node: z.ZodType<Node> = z.lazy(() =>
  z.object({
    snapshot: reference,
    name: z.string(),
    description: z.string().optional(),
    createTime: z.iso.datetime({ offset: true }),
    quiesced: z.boolean(),
    childSnapshotList: z.array(node).nullish(),
  }),
);

const snapshotInfo = z.object({
  currentSnapshot: reference.nullish(),
  rootSnapshotList: z.array(node).nullish(),
});

/** What `layoutEx.snapshot` says of the files of a snapshot: −1 where there is no file of the memory. */
const snapshotLayout = z.array(z.object({ key: reference, memoryKey: z.int().optional() }));

/** All snapshots, parents first, and how many of them what runs now rests on. */
export function snapshotsOf(
  info: unknown,
  layout: unknown,
): { readonly snapshots: readonly VmSnapshot[]; readonly depth: number } {
  if (info === undefined || info === null) return { snapshots: [], depth: 0 };
  const { currentSnapshot, rootSnapshotList } = snapshotInfo.parse(info);
  const withMemory = new Set(
    snapshotLayout
      .parse(layout ?? [])
      .filter(({ memoryKey = -1 }) => memoryKey !== -1)
      .map(({ key }) => key.value),
  );
  const snapshots: VmSnapshot[] = [];
  let depth = 0;
  const visit = (nodes: readonly Node[], above: number): void => {
    for (const { snapshot, name, description = "", createTime, quiesced, childSnapshotList } of nodes) {
      const id = snapshot.value;
      const created = Date.parse(createTime);
      snapshots.push({ id, name, description, created, quiesced, memory: withMemory.has(id) });
      if (id === currentSnapshot?.value) depth = above + 1;
      visit(childSnapshotList ?? [], above + 1);
    }
  };
  visit(rootSnapshotList ?? [], 0);
  return { snapshots, depth };
}

/** What `govc tasks -json` prints. */
export const tasksSchema = z.object({
  tasks: z
    .array(
      z.object({
        descriptionId: z.string(),
        state: z.enum(["queued", "running", "success", "error"]),
        reason: z.object({ userName: z.string().optional() }).optional(),
      }),
    )
    .nullable(),
});

export const datastoreSchema = z.object({
  name: z.string(),
  capacity: z.number(),
  freeSpace: z.number(),
  accessible: z.boolean(),
});

export const machineSchema = z.object({
  name: z.string(),
  "config.instanceUuid": z.string(),
  "runtime.powerState": z.enum(["poweredOn", "poweredOff", "suspended"]),
  "guest.toolsRunningStatus": z.string().optional(),
  "runtime.consolidationNeeded": z.boolean().optional(),
  "config.hardware.device": z.unknown(),
  snapshot: z.unknown().optional(),
  "layoutEx.snapshot": z.unknown().optional(),
});

/** A value of any kind as text; one that is no plain value is of no interest to us. */
const optionValue = z.unknown().transform((value) => {
  const plain = opened(value);
  return typeof plain === "string" || typeof plain === "number" || typeof plain === "boolean"
    ? `${plain}`
    : "";
});

/** A VM's extra configuration. */
export const optionsSchema = z.array(z.object({ key: z.string(), value: optionValue }));

export const sessionSchema = z.object({ currentSession: z.object({ loginTime: z.string() }) });
