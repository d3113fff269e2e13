import type { PlanGuest } from "../../components/recovery/index.js";
import type { Context, Host } from "../context.js";
import { OperationError, RefusedError } from "../errors.js";
import { GuestAgentError, type ChainLink, type DomainState } from "../ports/index.js";
import { definitionFacts } from "./domain-xml.js";
import { isDisk } from "./heal.js";

/** A disk of a running guest. */
export interface GuestDisk {
  readonly target: string;
  readonly path: string;
  /** The image and what it rests on, top first. */
  readonly chain: readonly ChainLink[];
}

/** A guest's disks and its definition before anything is done to it. */
export interface CheckedGuest {
  readonly disks: readonly GuestDisk[];
  readonly xml: string;
}

/** What brings a guest back to work. */
const REMEDIES: Readonly<Record<Exclude<DomainState, "running" | "absent">, string>> = {
  idle: "look at its console with `virsh console GUEST`",
  paused: "let it go on with `virsh resume GUEST`",
  "in shutdown": "wait until it is off, then `virsh start GUEST`",
  "shut off": "start it with `virsh start GUEST`",
  crashed: "look at /var/log/libvirt/qemu/GUEST.log, then `virsh destroy GUEST` and `virsh start GUEST`",
  pmsuspended: "wake it with `virsh dompmwakeup GUEST`",
};

/**
 * Every disk that the domain writes to, after checking that the guest runs, that all disks of the plan are among them, and that all of them can
 * be copied at one instant. One disk left out would make the copy worthless.
 */
export async function requireCovered(
  { hypervisor, images, name: host }: Pick<Host, "hypervisor" | "images" | "name">,
  guest: {
    readonly name: string;
    readonly disks: readonly { readonly target: string; readonly path: string }[];
  },
): Promise<CheckedGuest> {
  const state = await hypervisor.state(guest.name);
  if (state === "absent")
    throw new OperationError(`${guest.name} is not defined on ${host}`, "deploy it, or correct the plan");
  if (state === "paused" && (await hypervisor.stoppedByError(guest.name)))
    throw new OperationError(
      `${guest.name} on ${host} is paused: a write to its disks failed`,
      `make room where its disks are, or repair the disk, then \`virsh resume ${guest.name}\``,
    );
  if (state !== "running")
    throw new OperationError(
      `${guest.name} on ${host} is ${state}, not running`,
      REMEDIES[state].replaceAll("GUEST", guest.name),
    );
  const xml = await hypervisor.xml(guest.name);
  const defined = new Map(definitionFacts(xml).disks.map((disk) => [disk.target, disk]));
  const problems: string[] = [];
  const disks: GuestDisk[] = [];
  for (const device of (await hypervisor.blockDevices(guest.name)).filter(isDisk)) {
    const facts = defined.get(device.target);
    if (facts?.readOnly === true) continue;
    if (device.source === undefined || !["file", "volume"].includes(device.type))
      problems.push(`${device.target} is of type ${device.type}, not a file`);
    else if (facts?.encrypted === true)
      problems.push(`${device.target} is encrypted by QEMU; its overlay would not be`);
    else disks.push({ target: device.target, path: device.source, chain: await images.chain(device.source) });
  }
  for (const { target, path } of guest.disks) {
    const found = disks.find((disk) => disk.path === path);
    if (found === undefined) problems.push(`${target} (${path}) of the plan is not one of its disks`);
  }
  if (problems.length > 0)
    throw new RefusedError(
      `not all disks of ${guest.name} can be copied at one instant: ${problems.join("; ")}`,
      "bring the domain and the plan into agreement (`pulumi up`), and merge overlays made by others",
    );
  return { disks, xml };
}

/** @throws GuestAgentError that says what helps */
export async function requireAgent(
  { agent }: Pick<Context, "agent">,
  { name }: Pick<PlanGuest, "name">,
): Promise<void> {
  if (await agent(name).answers(30)) return;
  throw new GuestAgentError(name, "its file systems cannot be frozen; nothing was changed");
}
