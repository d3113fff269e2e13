import ipaddr from "ipaddr.js";
import { CannotJudge } from "./judgement.js";

/** True for IPv6. Enforcement points see the family of a packet first. */
export function isV6(address: string): boolean {
  return address.includes(":");
}

/** True when the address lies in a network, a range `a-b`, or is the address itself. */
export function addressIn(address: string, item: string): boolean {
  const [first = "", last] = item.split("-");
  if (last !== undefined) return within(address, first, last);
  const [base = "", length] = item.split("/");
  const [one, network] = [parse(address), parse(base)];
  if (one.kind() !== network.kind()) return false;
  if (length === undefined) return one.match(network, 8 * network.toByteArray().length);
  return one.match(network, prefix(length));
}

/** True when an address with a mask, a length or written out, takes the other in. */
export function maskedIn(address: string, base: string, mask: string | undefined): boolean {
  return addressIn(address, mask === undefined ? base : `${base}/${prefix(mask)}`);
}

function within(address: string, first: string, last: string): boolean {
  const [one, from, to] = [parse(address), parse(first), parse(last)];
  if (one.kind() !== from.kind() || one.kind() !== to.kind()) return false;
  const text = (each: ipaddr.IPv4 | ipaddr.IPv6): string =>
    each
      .toByteArray()
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("");
  return text(from) <= text(one) && text(one) <= text(to);
}

/** The same few addresses are compared again and again. */
const parsed = new Map<string, ipaddr.IPv4 | ipaddr.IPv6>();
const MOST_PARSED = 10_000;

function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const known = parsed.get(address);
  if (known !== undefined) return known;
  if (!ipaddr.isValid(address)) throw new CannotJudge(`"${address}" is not an address`);
  const made = ipaddr.parse(address);
  if (parsed.size >= MOST_PARSED) parsed.clear();
  parsed.set(address, made);
  return made;
}

function prefix(mask: string): number {
  if (/^\d+$/.test(mask)) return Number(mask);
  const length = parse(mask).prefixLengthFromSubnetMask();
  if (length === null) throw new CannotJudge(`"${mask}" is a mask with holes`);
  return length;
}
