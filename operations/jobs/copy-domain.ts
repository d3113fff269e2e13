import { posix } from "node:path";
import type { Context, Host } from "../context.js";
import { RefusedError } from "../errors.js";
import type { DiskTarget } from "../ports/index.js";
import { adaptDefinition, copyOf, copyUuid } from "./domain-xml.js";

/** What a domain is to be made of. */
export interface CopySource {
  readonly name: string;
  /** Guest that it is a copy of. */
  readonly of: string;
  readonly moment: string;
  /** Definition of the original. */
  readonly definition: string;
  /** Images that stay untouched; the domain writes to overlays on them. */
  readonly disks: readonly DiskTarget[];
  /** Read-only drives. */
  readonly drives: readonly DiskTarget[];
  readonly nvram?: string;
  /** Saved state of the original's TPM. */
  readonly tpm?: string;
  /** Ours alone; holds the overlays. */
  readonly directory: string;
  readonly link: "up" | "down";
  readonly bridges: Readonly<Record<string, string>>;
  /** Command that ends the copy and forgets what it wrote. */
  readonly stop: string;
}

/** A domain that runs from a copy. */
export interface CopyDomain {
  readonly domain: string;
  readonly host: string;
  readonly uuid: string;
  readonly disks: readonly DiskTarget[];
}

/**
 * Defines a domain over images that it never writes to: fresh overlays, own UUID, same MAC addresses, cables as asked, no autostart.
 * A domain of that name that is not such a copy is never touched, and what a copy has written is never thrown away here: it may have been
 * the service.
 */
export async function defineCopy(
  { output }: Pick<Context, "output">,
  host: Pick<Host, "name" | "hypervisor" | "files" | "images">,
  source: CopySource,
): Promise<CopyDomain> {
  const { hypervisor, files, images } = host;
  await requireUnused(host, source);
  await files.makeDirectory(source.directory);
  const disks: DiskTarget[] = [];
  for (const { target, path } of source.disks) {
    const overlay = posix.join(source.directory, `${target}.qcow2`);
    // Whole or not there: half an overlay could be taken for one that was written to.
    await images.overlay(`${overlay}.new`, path);
    await files.rename(`${overlay}.new`, overlay);
    disks.push({ target, path: overlay });
  }
  const nvram = posix.join(source.directory, "nvram.fd");
  if (source.nvram !== undefined) await files.copy(source.nvram, nvram);
  if (source.tpm !== undefined)
    output.info(
      `${source.name} gets a new TPM, so what ${source.of} has sealed to its own stays closed; its state is kept in ${source.tpm}`,
    );
  const known = await hypervisor.filters();
  const uuid = copyUuid(host.name, source.of, source.name);
  const xml = adaptDefinition(source.definition, {
    name: source.name,
    uuid,
    of: source.of,
    moment: source.moment,
    disks: Object.fromEntries([...disks, ...source.drives].map(({ target, path }) => [target, path])),
    ...(source.nvram === undefined ? {} : { nvram }),
    link: source.link,
    bridges: source.bridges,
    filterKnown: (filter) => {
      if (!known.includes(filter))
        output.warn(`${host.name} has no network filter ${filter}; ${source.name} goes without`);
      return known.includes(filter);
    },
  });
  await hypervisor.define(xml);
  await hypervisor.autostart(source.name, false);
  return { domain: source.name, host: host.name, uuid, disks };
}

/** Whether anything was written to the overlays of a copy: then it ran, whatever its state is now. */
export async function hasWritten(
  { files, images }: Pick<Host, "files" | "images">,
  directory: string,
): Promise<boolean> {
  for (const { name } of await files.list(directory))
    if (name.endsWith(".qcow2") && (await images.written(posix.join(directory, name)))) return true;
  return false;
}

/** Ends and forgets a copy with what it wrote. A domain of that name that is not our copy of that guest is never touched. */
export async function removeCopy(
  host: Pick<Host, "name" | "hypervisor" | "files">,
  { name, of, directory }: Pick<CopySource, "name" | "of" | "directory">,
): Promise<void> {
  if ((await host.hypervisor.state(name)) !== "absent") {
    await requireOurs(host, name, of);
    await host.hypervisor.destroy(name);
    await host.hypervisor.undefine(name);
  }
  await host.files.remove(directory);
}

async function requireUnused(
  host: Pick<Host, "name" | "hypervisor" | "files" | "images">,
  { name, of, directory, stop }: CopySource,
): Promise<void> {
  const state = await host.hypervisor.state(name);
  if (state !== "absent") await requireOurs(host, name, of);
  if (state !== "absent" && state !== "shut off")
    throw new RefusedError(`${name} on ${host.name} is ${state}`, `end it first, or choose another name`);
  if (await hasWritten(host, directory))
    throw new RefusedError(
      `${name} on ${host.name} is ${state}, and ${directory} holds what it wrote since it was started`,
      `\`virsh start ${name}\` goes on with it; \`${stop}\` forgets it`,
    );
}

async function requireOurs(
  { hypervisor, name: host }: Pick<Host, "name" | "hypervisor">,
  name: string,
  of: string,
): Promise<void> {
  const original = copyOf(await hypervisor.xml(name));
  if (original === of) return;
  throw new RefusedError(
    original === undefined
      ? `${name} on ${host} is not a copy made by pgkeep`
      : `${name} on ${host} is a copy of ${original}, not of ${of}`,
    "choose another name",
  );
}
