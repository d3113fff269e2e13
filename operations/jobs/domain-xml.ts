import { DOMParser, XMLSerializer, type Document, type Element } from "@xmldom/xmldom";
import { createHash } from "node:crypto";
import { OperationError } from "../errors.js";

/** What becomes of a domain's definition when a copy of its disks shall run elsewhere or beside it. */
export interface Adaptation {
  /** Name of the new domain. */
  readonly name: string;
  readonly uuid: string;
  /** What it is a copy of, and of which moment. */
  readonly of: string;
  readonly moment: string;
  /** New path of each disk or drive by its target; a target that is missing here is removed with its device. */
  readonly disks: Readonly<Record<string, string>>;
  readonly nvram?: string | undefined;
  /** Whether its network cables are plugged. Its MAC addresses stay: guests know their networks by them. */
  readonly link: "up" | "down";
  /** Bridge by MAC address, where the host calls them otherwise. */
  readonly bridges?: Readonly<Record<string, string>>;
  /** Whether the host knows a network filter; references to others are removed. @default every one is known */
  readonly filterKnown?: (filter: string) => boolean;
}

/** Namespace of our metadata in a definition. */
const COPY_NAMESPACE = "https://pgkeep.example/xmlns/copy/1";

/** A disk or drive as the definition has it. */
export interface DefinedDisk {
  readonly target: string;
  readonly device: string;
  readonly encrypted: boolean;
  readonly readOnly: boolean;
  readonly format: string;
}

/** What a job has to know of a definition. */
export interface DefinitionFacts {
  readonly disks: readonly DefinedDisk[];
  readonly nvram: string | undefined;
  readonly tpm: boolean;
  readonly uuid: string;
}

export function definitionFacts(xml: string): DefinitionFacts {
  const root = parse(xml);
  const text = (element: Element | undefined): string | undefined =>
    element?.textContent?.trim() || undefined;
  return {
    disks: devices(root, "disk").map((disk) => ({
      target: child(disk, "target")?.getAttribute("dev") ?? "",
      device: disk.getAttribute("device") ?? "disk",
      encrypted: disk.getElementsByTagName("encryption").length > 0,
      readOnly: child(disk, "readonly") !== undefined,
      format: child(disk, "driver")?.getAttribute("type") ?? "raw",
    })),
    nvram: text(child(child(root, "os"), "nvram")),
    tpm: devices(root, "tpm").length > 0,
    uuid: text(child(root, "uuid")) ?? "",
  };
}

/** The UUID of a copy: the same for the same copy, another for every other one. */
export function copyUuid(...parts: readonly string[]): string {
  const digest = createHash("sha256").update(parts.join("\0")).digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  const hex = digest.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}

/** Guest that a definition made by us is a copy of; undefined when we did not make it. */
export function copyOf(xml: string): string | undefined {
  const [copy] = parse(xml).getElementsByTagNameNS(COPY_NAMESPACE, "copy");
  return copy?.getAttribute("of") ?? undefined;
}

/** Whether a network cable is plugged. */
export function isPlugged(xml: string): boolean {
  return devices(parse(xml), "interface").some((nic) => child(nic, "link")?.getAttribute("state") !== "down");
}

/** Adapts a definition. Pure. */
export function adaptDefinition(xml: string, adaptation: Adaptation): string {
  const root = parse(xml);
  root.removeAttribute("id");
  setText(root, "name", adaptation.name);
  setText(root, "uuid", adaptation.uuid);
  replaceMetadata(root, adaptation);
  for (const disk of devices(root, "disk")) adaptDisk(disk, adaptation.disks);
  for (const nic of devices(root, "interface")) adaptInterface(nic, adaptation);
  for (const channel of devices(root, "channel")) {
    // libvirt puts the domain's own path there.
    for (const source of children(channel, "source")) channel.removeChild(source);
  }
  for (const kind of ["serial", "console"])
    for (const line of devices(root, kind)) adaptSerial(line, adaptation.name);
  const nvram = child(child(root, "os"), "nvram");
  if (nvram !== undefined && adaptation.nvram !== undefined) nvram.textContent = adaptation.nvram;
  return new XMLSerializer().serializeToString(root);
}

function adaptDisk(disk: Element, paths: Readonly<Record<string, string>>): void {
  const path = paths[child(disk, "target")?.getAttribute("dev") ?? ""];
  if (path === undefined) {
    disk.parentNode?.removeChild(disk);
    return;
  }
  for (const name of ["backingStore", "mirror"])
    for (const old of children(disk, name)) disk.removeChild(old);
  const source = child(disk, "source") ?? append(disk, "source");
  for (const name of ["dev", "pool", "volume", "protocol", "name", "index", "startupPolicy"])
    source.removeAttribute(name);
  source.setAttribute("file", path);
  disk.setAttribute("type", "file");
}

/** A file that the original writes cannot be written by the copy as well. */
function adaptSerial(line: Element, name: string): void {
  const renamed = (path: string): string => path.replace(/([^/]*)$/, `${name}-$1`);
  if (line.getAttribute("type") === "file")
    for (const source of children(line, "source"))
      source.setAttribute("path", renamed(source.getAttribute("path") ?? ""));
  for (const log of children(line, "log")) log.setAttribute("file", renamed(log.getAttribute("file") ?? ""));
}

function adaptInterface(nic: Element, { link, bridges, filterKnown }: Adaptation): void {
  const state = child(nic, "link") ?? append(nic, "link");
  state.setAttribute("state", link);
  const bridge = bridges?.[child(nic, "mac")?.getAttribute("address")?.toLowerCase() ?? ""];
  if (bridge !== undefined && nic.getAttribute("type") === "bridge")
    child(nic, "source")?.setAttribute("bridge", bridge);
  for (const filter of children(nic, "filterref"))
    if (filterKnown?.(filter.getAttribute("filter") ?? "") === false) nic.removeChild(filter);
  // The host chooses the device's name.
  for (const target of children(nic, "target")) nic.removeChild(target);
}

/** Marks of the original, such as that it is fenced, must not stick to the copy. */
function replaceMetadata(root: Element, { of, moment }: Adaptation): void {
  for (const old of children(root, "metadata")) root.removeChild(old);
  const copy = document(root).createElementNS(COPY_NAMESPACE, "pgkeep:copy");
  copy.setAttribute("of", of);
  copy.setAttribute("moment", moment);
  append(root, "metadata").appendChild(copy);
}

function parse(xml: string): Element {
  const root = new DOMParser().parseFromString(xml, "text/xml").documentElement;
  if (root?.tagName !== "domain")
    throw new OperationError("libvirt gave a definition that is not one of a domain");
  return root;
}

function children(parent: Element | undefined, name: string): Element[] {
  const all = parent === undefined ? [] : [...parent.childNodes];
  return all.filter((node): node is Element => node.nodeType === 1 && node.nodeName === name);
}

function child(parent: Element | undefined, name: string): Element | undefined {
  return children(parent, name)[0];
}

function devices(root: Element, name: string): Element[] {
  return children(child(root, "devices"), name);
}

function document(element: Element): Document {
  if (element.ownerDocument === null) throw new TypeError("an element without a document");
  return element.ownerDocument;
}

function append(parent: Element, name: string): Element {
  const element = document(parent).createElement(name);
  parent.appendChild(element);
  return element;
}

function setText(root: Element, name: string, text: string): void {
  (child(root, name) ?? append(root, name)).textContent = text;
}
