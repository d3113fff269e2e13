import { gunzipSync } from "node:zlib";
import type { Node } from "./node.js";
import type { Subject } from "./rule.js";

/** Types of the resources that rules name. */
export const TYPES = {
  domain: "libvirt:index/domain:Domain",
  volume: "libvirt:index/volume:Volume",
  network: "libvirt:index/network:Network",
  cloudInit: "libvirt:index/cloudInitDisk:CloudInitDisk",
  libvirtProvider: "pulumi:providers:libvirt",
  command: /^command:/,
  remote: /^command:remote:/,
  vsphereProvider: "pulumi:providers:vsphere",
  vm: "vsphere:index/virtualMachine:VirtualMachine",
  virtualDisk: "vsphere:index/virtualDisk:VirtualDisk",
  vmSnapshot: "vsphere:index/virtualMachineSnapshot:VirtualMachineSnapshot",
  portGroup: "vsphere:index/distributedPortGroup:DistributedPortGroup",
  hostPortGroup: "vsphere:index/hostPortGroup:HostPortGroup",
  role: "vsphere:index/role:Role",
  permissions: "vsphere:index/entityPermissions:EntityPermissions",
  antiAffinity: "vsphere:index/computeClusterVmAntiAffinityRule:ComputeClusterVmAntiAffinityRule",
  haOverride: "vsphere:index/haVmOverride:HaVmOverride",
  /** The component, which shows its arguments to policies, and the dynamic resource that it makes. */
  nsxFirewall: /^pgkeep:nsx:DistributedFirewall$|^pulumi-nodejs:dynamic\/nsx:FirewallIntent$/,
} as const;

/**
 * The style sheet that the provider runs over its XML, with white space and quotes made uniform; "" when there is none.
 * Style sheets are judged by the elements that they insert and the places that they match; they are not executed.
 */
export function styleSheet({ inputs }: Subject): string {
  return uniform(inputs.at("xml").text("xslt") ?? "");
}

/** XML with one space between words and double quotes only. */
export function uniform(xml: string): string {
  return xml.replaceAll("'", '"').replace(/\s+/g, " ").replaceAll(" />", "/>").replace(/> </g, "><");
}

/** A text of a resource and its place. */
export interface Text {
  readonly text: string;
  readonly at: Node;
}

// Many rules ask for the texts of the same resource; unpacking them is most of the work.
const said = new WeakMap<Node, readonly Text[]>();
const saidPlainly = new WeakMap<Node, readonly Text[]>();

/** All texts of a resource with their places; a text that holds base64 is followed by what that says. */
export function texts({ inputs }: Subject): readonly Text[] {
  return remembered(said, inputs, () =>
    [...inputs.leaves()]
      .filter((leaf) => !leaf.unknown)
      .flatMap((leaf) => {
        const text = String(leaf.value);
        return [text, ...decoded(text)].map((each) => ({ text: each, at: leaf }));
      }),
  );
}

/**
 * All texts as the programs read them that they are for: without the escapes of the JSON, YAML or shell word around them, and
 * with continued lines in one.
 */
export function plainTexts(subject: Subject): readonly Text[] {
  return remembered(saidPlainly, subject.inputs, () =>
    texts(subject).map(({ text, at }) => ({ text: unescaped(text), at })),
  );
}

function remembered<T>(memory: WeakMap<Node, T>, key: Node, make: () => T): T {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const made = make();
  memory.set(key, made);
  return made;
}

function unescaped(text: string): string {
  return text
    .replace(/\\\r?\n/g, " ")
    .replace(/\\+n/g, "\n")
    .replace(/\\+t/g, "\t")
    .replace(/\\+"/g, '"')
    .replaceAll("'\\''", "'");
}

const BASE64 = /[A-Za-z0-9+/]{40,}={0,2}/g;
const MOST_DECODED = 64;

/** Longest text that is unpacked, in bytes: cloud-init takes no more. */
const MOST_UNPACKED = 16 * 1024 * 1024;

/** What base64 inside a text says, packed by gzip or not, as far as it is text itself. */
export function decoded(text: string): string[] {
  return [...text.matchAll(BASE64)]
    .slice(0, MOST_DECODED)
    .map(([match]) => unpacked(Buffer.from(match, "base64")).toString("utf8"))
    .filter((inner) => !/\ufffd|[^\P{Cc}\t\n\r]/u.test(inner));
}

function unpacked(bytes: Buffer): Buffer {
  // The two bytes that every gzip file begins with.
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_UNPACKED });
  } catch {
    return bytes;
  }
}
