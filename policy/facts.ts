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

/** All texts of a resource with their places; a text that holds base64 is followed by what that says. */
export function texts(subject: Subject): { readonly text: string; readonly at: Node }[] {
  return [...subject.inputs.leaves()]
    .filter((leaf) => !leaf.unknown)
    .flatMap((leaf) => {
      const text = String(leaf.value);
      return [text, ...decoded(text)].map((each) => ({ text: each, at: leaf }));
    });
}

/**
 * All texts as the programs read them that they are for: without the escapes of the JSON, YAML or shell word around them, and
 * with continued lines in one.
 */
export function plainTexts(subject: Subject): { readonly text: string; readonly at: Node }[] {
  return texts(subject).map(({ text, at }) => ({ text: unescaped(text), at }));
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

/** What base64 inside a text says, as far as it is text itself. */
function decoded(text: string): string[] {
  return [...text.matchAll(BASE64)]
    .slice(0, MOST_DECODED)
    .map(([match]) => Buffer.from(match, "base64").toString("utf8"))
    .filter((inner) => !/\ufffd|[^\P{Cc}\t\n\r]/u.test(inner));
}
