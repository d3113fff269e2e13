import ipaddr from "ipaddr.js";
import { addressValue } from "../access/network.js";
import { SHORTEST_PREFIX } from "../declaration/checks/access.js";

/** What NSX accepts as an address: one, a network, or a range. */
export interface AddressValue {
  readonly family: "ipv4" | "ipv6";
  /** So wide that it names nearly everybody. */
  readonly world: boolean;
}

/** Reads `10.0.0.7`, `10.0.0.0/24` or `10.0.0.1-10.0.0.9`; undefined when it is none of them. */
export function readAddress(text: string): AddressValue | undefined {
  if (text.includes("/")) {
    const [base = "", prefix = ""] = text.split("/");
    if (!plain(base) || !/^\d{1,3}$/.test(prefix)) return undefined;
    const { family, bits } = sizeOf(base);
    const length = Number(prefix);
    if (length > bits) return undefined;
    return { family, world: length < SHORTEST_PREFIX[family] };
  }
  if (text.includes("-")) {
    const [first = "", last = "", ...more] = text.split("-");
    if (more.length > 0 || !plain(first) || !plain(last)) return undefined;
    const { family, bits } = sizeOf(first);
    if (sizeOf(last).family !== family) return undefined;
    const [from, to] = [addressValue(first).value, addressValue(last).value];
    if (from > to) return undefined;
    return { family, world: to - from >= 2n ** BigInt(bits - SHORTEST_PREFIX[family]) };
  }
  if (!plain(text)) return undefined;
  // 0.0.0.0 and :: stand for every address in many places, for a host in none.
  return { family: sizeOf(text).family, world: addressValue(text).value === 0n };
}

function plain(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (text.includes(":") && ipaddr.IPv6.isValid(text));
}

function sizeOf(address: string): { family: "ipv4" | "ipv6"; bits: 32 | 128 } {
  return address.includes(":") ? { family: "ipv6", bits: 128 } : { family: "ipv4", bits: 32 };
}
