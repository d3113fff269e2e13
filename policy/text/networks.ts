import ipaddr from "ipaddr.js";
import { SHORTEST_PREFIX } from "../../components/declaration/checks/access.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * True for a network or range that takes in so much that it names the world. Names and variables cannot be judged and
 * pass; an address alone is one host.
 *
 * @param mask length or netmask, where it stands apart from the address
 */
export function isWorld(network: string, mask?: string): boolean {
  const [first = "", last] = network.split("-");
  if (last !== undefined) return isWideRange(first, last);
  const [address = "", width = mask] = network.split("/");
  if (!ipaddr.isValid(address) || width === undefined) return false;
  const parsed = ipaddr.parse(address);
  const prefix = prefixOf(width);
  return prefix !== undefined && prefix < SHORTEST_PREFIX[parsed.kind()];
}

/** True for what a server that listens on it takes for every address it has. */
export function isAnyAddress(address: string): boolean {
  const bare = address.replace(/^\[(.*)\]$/, "$1");
  return bare === "*" || (ipaddr.isValid(bare) && ipaddr.parse(bare).range() === "unspecified");
}

function prefixOf(width: string): number | undefined {
  if (/^\d+$/.test(width)) return Number(width);
  // A mask with holes takes in addresses from everywhere.
  return ipaddr.isValid(width) ? (ipaddr.parse(width).prefixLengthFromSubnetMask() ?? 0) : undefined;
}

function isWideRange(first: string, last: string): boolean {
  if (!ipaddr.isValid(first) || !ipaddr.isValid(last)) return false;
  const [from, to] = [ipaddr.parse(first), ipaddr.parse(last)];
  const bits = 8 * from.toByteArray().length;
  return numberOf(to) - numberOf(from) >= 1n << BigInt(bits - SHORTEST_PREFIX[from.kind()]);
}

function numberOf(address: Address): bigint {
  return address.toByteArray().reduce((sum, byte) => (sum << 8n) + BigInt(byte), 0n);
}
