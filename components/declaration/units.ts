import ipaddr from "ipaddr.js";
import { z } from "zod";
import { give } from "./remedy.js";

/**
 * Units, parsed once. What an operator writes ("30 min", "16 GiB", "10.0.0.0/24", "0 2 * * *") becomes a plain number or
 * text here; every other room receives seconds, bytes and canonical addresses and never parses again.
 */

const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  min: 60,
  m: 60,
  h: 3600,
  d: 86400,
  w: 604800,
};

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

const DURATION = /^(\d+(?:\.\d+)?)\s*(s|sec|min|m|h|d|w)$/;
const SIZE = /^(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB|TiB)$/;

/** Adds a problem with its remedy; `errors.ts` prints both. */
export function refuse(
  context: z.RefinementCtx,
  problem: string,
  remedy: string,
  path: PropertyKey[] = [],
): void {
  context.addIssue({ code: "custom", message: problem, path, params: { remedy } });
}

/** A text; anything else is answered with the remedy. */
export function text(remedy: string): z.ZodString {
  return z.string({ error: give(remedy) });
}

/** A text of one form; anything else is answered with the remedy. */
export function matching(pattern: RegExp, remedy: string): z.ZodString {
  return text(remedy).regex(pattern, { error: give(remedy) });
}

/** A sentence or a name that may stand in any generated text. */
export function plain(remedy: string): z.ZodString {
  return matching(/^[\x20-\x7e]{3,200}$/, remedy);
}

/** A day of the calendar, in UTC. */
export const day = z.iso.date({ error: give("a day, such as 2027-06-30") });

/** The day of a moment, in UTC. */
export function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

function quantity(
  pattern: RegExp,
  units: Readonly<Record<string, number>>,
  remedy: string,
): z.ZodType<number, string> {
  return matching(pattern, remedy).transform((text, context) => {
    const match = pattern.exec(text);
    const factor = units[match?.[2] ?? ""];
    const value = Math.round(Number(match?.[1]) * (factor ?? Number.NaN));
    if (Number.isSafeInteger(value)) return value;
    refuse(context, "is too large to count exactly", remedy);
    return z.NEVER;
  });
}

const durationRemedy = 'a number and a unit of s, min, h, d or w, such as "30 min"';
const sizeRemedy = 'a number and a unit of MiB, GiB or TiB, such as "16 GiB"';

interface Bounds {
  readonly min?: string;
  readonly max?: string;
}

function bounded(
  schema: z.ZodType<number, string>,
  bounds: Bounds,
  parse: (text: string) => number,
): z.ZodType<number, string> {
  const low = bounds.min === undefined ? 0 : parse(bounds.min);
  const high = bounds.max === undefined ? Number.MAX_SAFE_INTEGER : parse(bounds.max);
  return schema.superRefine((value, context) => {
    if (value < low) refuse(context, `is less than ${bounds.min}`, `at least ${bounds.min}`);
    if (value > high) refuse(context, `is more than ${bounds.max}`, `at most ${bounds.max}`);
  });
}

/** Parses a duration text into whole seconds; throws on anything else. For values that our own code wrote. */
export function seconds(text: string): number {
  const match = DURATION.exec(text);
  if (match === null) throw new RangeError(`"${text}" is not a duration: ${durationRemedy}`);
  return Math.round(Number(match[1]) * (SECONDS[match[2] ?? ""] ?? Number.NaN));
}

/** Parses a size text into bytes; throws on anything else. For values that our own code wrote. */
export function bytes(text: string): number {
  const match = SIZE.exec(text);
  if (match === null) throw new RangeError(`"${text}" is not a size: ${sizeRemedy}`);
  return Math.round(Number(match[1]) * (BYTES[match[2] ?? ""] ?? Number.NaN));
}

/** Duration text to whole seconds, within inclusive bounds. */
export function duration(bounds: Bounds = {}): z.ZodType<number, string> {
  return bounded(quantity(DURATION, SECONDS, durationRemedy), bounds, seconds).describe(
    `Duration: ${durationRemedy}${describeBounds(bounds)}`,
  );
}

/** Size text to bytes, within inclusive bounds. */
export function size(bounds: Bounds = {}): z.ZodType<number, string> {
  return bounded(quantity(SIZE, BYTES, sizeRemedy), bounds, bytes).describe(
    `Size: ${sizeRemedy}${describeBounds(bounds)}`,
  );
}

function describeBounds({ min, max }: Bounds): string {
  return [min && ` at least ${min}`, max && ` at most ${max}`]
    .filter(Boolean)
    .map((text) => `,${text}`)
    .join("");
}

/** Prints seconds in the largest unit that divides them, so that a value read back is the same value. */
export function formatDuration(value: number): string {
  for (const unit of ["w", "d", "h", "min"]) {
    const factor = SECONDS[unit] ?? 1;
    if (value !== 0 && value % factor === 0) return `${value / factor} ${unit}`;
  }
  return `${value} s`;
}

/** Prints bytes in the largest binary unit that divides them. */
export function formatSize(value: number): string {
  for (const unit of ["TiB", "GiB", "MiB", "KiB"]) {
    const factor = BYTES[unit] ?? 1;
    if (value !== 0 && value % factor === 0) return `${value / factor} ${unit}`;
  }
  return `${value} B`;
}

const addressRemedy = "one IPv4 or IPv6 address, such as 10.0.0.5";

/** One IPv4 or IPv6 address, canonical. */
export const address = text(addressRemedy)
  .superRefine((text, context) => {
    if (!isAddress(text)) refuse(context, "is not an IP address", addressRemedy);
  })
  .transform((text) => (isAddress(text) ? ipaddr.parse(text).toString() : text))
  .describe("One IPv4 or IPv6 address");

function isAddress(text: string): boolean {
  // ipaddr.js also takes octal, hexadecimal and short IPv4 forms, which people read differently than machines.
  return text.includes(":")
    ? ipaddr.IPv6.isValid(text) && !text.includes("%")
    : ipaddr.IPv4.isValidFourPartDecimal(text);
}

const cidrRemedy = "a network address with its prefix length, such as 10.0.0.0/24 or 2001:db8::/64";

/** A network in CIDR form, with no host bits set, canonical. */
export const cidr = text(cidrRemedy)
  .transform((text, context) => {
    const [head = "", length = "", ...rest] = text.split("/");
    if (
      rest.length > 0 ||
      !isAddress(head) ||
      !/^\d{1,3}$/.test(length) ||
      Number(length) > (head.includes(":") ? 128 : 32)
    ) {
      refuse(context, "is not a network in CIDR form", cidrRemedy);
      return z.NEVER;
    }
    const canonical = `${ipaddr.parse(head).toString()}/${Number(length)}`;
    const network = networkOf(canonical);
    if (network === canonical) return canonical;
    refuse(
      context,
      "has host bits set",
      `${network} for the network, or ${head}/${head.includes(":") ? 128 : 32} for one host`,
    );
    return z.NEVER;
  })
  .describe("A network in CIDR form, such as 10.0.0.0/24");

function networkOf(text: string): string {
  const [parsed, length] = ipaddr.parseCIDR(text);
  const base =
    parsed.kind() === "ipv4"
      ? ipaddr.IPv4.networkAddressFromCIDR(text)
      : ipaddr.IPv6.networkAddressFromCIDR(text);
  return `${base.toString()}/${length}`;
}

/** True when the address lies in the network. Both canonical, as the schemas above give them. */
export function inNetwork(host: string, network: string): boolean {
  const parsed = ipaddr.parse(host);
  const [base, length] = ipaddr.parseCIDR(network);
  return parsed.kind() === base.kind() && parsed.match(base, length);
}

/** True when the whole network lies in the other. Both canonical. */
export function within(network: string, outer: string): boolean {
  const [base = "", length] = network.split("/");
  return inNetwork(base, outer) && Number(length) >= Number(outer.split("/")[1]);
}

/** True for the address of the network itself and for its broadcast address. Both canonical. */
export function isReserved(host: string, network: string): boolean {
  if (network.includes(":") || Number(network.split("/")[1]) > 30) return false;
  return [ipaddr.IPv4.networkAddressFromCIDR(network), ipaddr.IPv4.broadcastAddressFromCIDR(network)].some(
    (reserved) => reserved.toString() === host,
  );
}

/** True when the networks share an address. Both canonical. */
export function overlap(a: string, b: string): boolean {
  return inNetwork(a.split("/")[0] ?? "", b) || inNetwork(b.split("/")[0] ?? "", a);
}

const NAME = /^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/;
const nameRemedy =
  "1 to 30 lower-case letters, digits and hyphens, beginning with a letter, not ending in a hyphen";

/** A name that is valid as a DNS label, a libvirt domain, a Patroni member and a file name alike. */
export const name = text(nameRemedy)
  .meta({ pattern: NAME.source })
  .superRefine((text, context) => {
    if (!NAME.test(text)) refuse(context, "is not a usable name", nameRemedy);
  })
  .describe("Name: lower-case letters, digits and hyphens, beginning with a letter, at most 30");

const IDENTIFIER = /^[a-z_][a-z0-9_]{0,62}$/;
const identifierRemedy = "at most 63 lower-case letters, digits and underscores, no leading digit";

/** A PostgreSQL identifier that needs no quoting. */
export const identifier = text(identifierRemedy)
  .meta({ pattern: IDENTIFIER.source })
  .superRefine((text, context) => {
    if (!IDENTIFIER.test(text)) refuse(context, "is not a plain identifier", identifierRemedy);
    else if (text.startsWith("pg_"))
      refuse(context, "begins with pg_, which PostgreSQL reserves", "another name");
  })
  .describe("PostgreSQL identifier that needs no quoting");

const EXTENSION = /^[a-z][a-z0-9_-]{0,62}$/;
const extensionRemedy = "such as pg_trgm or uuid-ossp";

/** The name of a PostgreSQL extension; unlike other names it may begin with pg_ and hold hyphens. */
export const extension = text(extensionRemedy)
  .meta({ pattern: EXTENSION.source })
  .superRefine((text, context) => {
    if (!EXTENSION.test(text)) refuse(context, "is not the name of an extension", extensionRemedy);
  })
  .describe("PostgreSQL extension");

const PATH = /^(?:\/[A-Za-z0-9._@+-]+)+$/;
const pathRemedy = "an absolute path such as /var/lib/pgkeep, without spaces, '.' or '..'";

/** An absolute path without white space or dot segments. */
export const absolutePath = text(pathRemedy)
  .meta({ pattern: PATH.source })
  .superRefine((text, context) => {
    if (!PATH.test(text) || /\/\.{1,2}(\/|$)/.test(text))
      refuse(context, "is not a plain absolute path", pathRemedy);
  })
  .describe("Absolute path");
