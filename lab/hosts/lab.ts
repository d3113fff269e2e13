import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { cacheDir, checkoutRoot, labDir } from "../places.js";
import { type Progress, silent, step } from "../progress.js";
import { detectAcceleration } from "./acceleration.js";
import { makeNameServer } from "./dns.js";
import { makeNodeFiles } from "./files.js";
import { configureLibvirt, startHypervisor, startNameServer, until } from "./hypervisor.js";
import { withLock } from "./lock.js";
import { FORBIDDEN_PLACES, mountScript } from "./mounts.js";
import { endNodes, mustEnter, startHolder } from "./namespaces.js";
import { buildNetwork } from "./network.js";
import { Lab } from "./running-lab.js";
import { makeSshKeys, writeClientConfig } from "./ssh.js";
import {
  holderOf,
  isLabFolder,
  type LabRecord,
  markPath,
  readRecord,
  runningNodes,
  withHolder,
  writeRecord,
} from "./state.js";
import { HYPERVISORS, NAME_SERVER, NODES, type NodeName, ZONE } from "./topology.js";

export { Lab };

export interface LabPlace {
  /** Name of the lab, for people. @default the folder's name */
  readonly name?: string;
  /** Folder of the lab; several labs in different folders do not disturb each other. @default PGKEEP_LAB_DIR */
  readonly dir?: string;
}

/** Starts the lab's hosts. One that runs is returned as it is; a half-started one is cleared away first. */
export async function startLab(place: LabPlace = {}, progress: Progress = silent): Promise<Lab> {
  const dir = folderOf(place);
  requireRoot("start");
  mkdirSync(dirname(dir), { recursive: true });
  return await withLock(dirname(dir), 600, async () => {
    const present = readRecord(dir);
    if (present?.status === "up" && runningNodes(present).length === NODES.length) {
      const { path } = present.checkout;
      if (sameCheckout(present.checkout, ownCheckout())) return new Lab(present);
      if (sameCheckout(present.checkout, checkoutAt(path)))
        throw new Error(
          `the lab in ${dir} runs the code of ${path}: end it there with "make lab-down", or name another folder in PGKEEP_LAB_DIR`,
        );
      progress(`the checkout of the running lab, ${path}, is gone: starting anew`);
    }
    if (existsSync(dir)) await clear(dir, progress);
    return await step(progress, "lab hosts", 8, () => start(dir, place.name ?? basename(dir), progress));
  });
}

/** Ends the lab and removes its folder. Works on a half-started lab, after a kill, and twice in a row. */
export async function stopLab(place: LabPlace = {}, progress: Progress = silent): Promise<void> {
  const dir = folderOf(place);
  if (!existsSync(dir)) return;
  requireRoot("stop");
  await withLock(dirname(dir), 600, () => clear(dir, progress));
}

/** The running lab, or undefined. */
export function labState(place: LabPlace = {}): Lab | undefined {
  const record = readRecord(folderOf(place));
  return record?.status === "up" && runningNodes(record).length === NODES.length
    ? new Lab(record)
    : undefined;
}

/** The running lab, or an error that says how to start one. */
export function runningLab(place: LabPlace = {}): Lab {
  const lab = labState(place);
  if (!lab) throw new Error(`no lab is running in ${folderOf(place)}: start it with "hosts-up"`);
  return lab;
}

async function start(dir: string, name: string, progress: Progress): Promise<Lab> {
  const images = join(cacheDir(), "images");
  const sources = { images, checkout: checkoutRoot(), nodejs: realpathSync(process.execPath) };
  for (const path of [dir, ...Object.values(sources)]) refuseHiddenPlace(path);
  mkdirSync(images, { recursive: true });
  mkdirSync(dir, { mode: 0o700 });
  writeFileSync(markPath(dir), "");
  const acceleration = await detectAcceleration();
  progress(acceleration === "kvm" ? "guests run with KVM" : "no usable KVM here: guests are emulated");
  const checkout = ownCheckout();
  let record: LabRecord = { version: 1, name, dir, status: "starting", acceleration, checkout, holders: {} };
  writeRecord(record);

  const filesOf = (node: NodeName): string => join(dir, "nodes", node);
  await Promise.all(NODES.map((node) => makeNodeFiles(node, filesOf(node.name))));
  await makeSshKeys(dir, (host) => join(filesOf(host), "etc"));
  writeClientConfig(join(filesOf("ops"), "etc"), dir);
  await makeNameServer(dir, join(filesOf("host-w"), "etc"), join(filesOf("host-w"), "var/lib/bind"));
  for (const host of HYPERVISORS) configureLibvirt(join(filesOf(host), "etc"));

  await Promise.all(
    NODES.map(async (node) => {
      const holder = await startHolder(dir, node.name, join(dir, "holders.log"));
      record = withHolder(record, node.name, holder);
      writeRecord(record);
      const script = mountScript(node, acceleration);
      const args = [
        "sh",
        "-c",
        script,
        "sh",
        filesOf(node.name),
        sources.images,
        sources.checkout,
        sources.nodejs,
      ];
      await mustEnter(holder, args, { node: node.name, timeoutMs: 180_000 });
    }),
  );
  const lab = new Lab(record);
  await buildNetwork(new Map(NODES.map(({ name: node }) => [node, lab.holder(node).pid])));
  progress("sites and networks are up");
  await Promise.all(HYPERVISORS.map((host) => startHypervisor(lab.holder(host), host)));
  await startNameServer(lab.holder("host-w"), "host-w");
  await until("the name server", 60_000, async () => {
    const asked = await lab.execIn("ops", [
      "dig",
      "+short",
      "+time=1",
      "+tries=1",
      `@${NAME_SERVER}`,
      `ns.${ZONE}`,
    ]);
    return asked.stdout.trim() === NAME_SERVER;
  });
  record = { ...record, status: "up" };
  writeRecord(record);
  return new Lab(record);
}

async function clear(dir: string, progress: Progress): Promise<void> {
  if (existsSync(dir) && !isLabFolder(dir) && readdirSync(dir).length > 0) {
    throw new Error(`${dir} is not a folder of the lab and not empty: name another one in PGKEEP_LAB_DIR`);
  }
  const record = readRecord(dir);
  await endNodes(dir, record ? NODES.flatMap(({ name }) => holderOf(record, name) ?? []) : []);
  removeLabFolder(dir);
  progress("lab hosts ended, nothing of them is left");
}

/** The mark goes last, so that a removal that was killed can be taken up again. */
function removeLabFolder(dir: string): void {
  if (!existsSync(dir)) return;
  for (const name of readdirSync(dir)) {
    // What a killed start has begun may be writing its last file here.
    const again = { maxRetries: 20, retryDelay: 50 };
    if (join(dir, name) !== markPath(dir))
      rmSync(join(dir, name), { recursive: true, force: true, ...again });
  }
  rmSync(dir, { recursive: true });
}

function folderOf(place: LabPlace): string {
  const dir = resolve(place.dir ?? labDir());
  // the same lab must have one name, whatever link leads to it
  return existsSync(dirname(dir)) ? join(realpathSync(dirname(dir)), basename(dir)) : dir;
}

function checkoutAt(path: string): LabRecord["checkout"] {
  return { path, inode: statSync(path, { throwIfNoEntry: false })?.ino ?? 0 };
}

function ownCheckout(): LabRecord["checkout"] {
  return checkoutAt(realpathSync(checkoutRoot()));
}

function sameCheckout(one: LabRecord["checkout"], other: LabRecord["checkout"]): boolean {
  return one.path === other.path && one.inode === other.inode;
}

function refuseHiddenPlace(path: string): void {
  const hidden = FORBIDDEN_PLACES.find((place) => path === place || path.startsWith(`${place}/`));
  if (hidden)
    throw new Error(`${path} lies under ${hidden}, which the lab's hosts replace: use another folder`);
}

function requireRoot(what: string): void {
  if (process.getuid?.() !== 0)
    throw new Error(`the lab makes namespaces, bridges and mounts: ${what} it as root`);
}
