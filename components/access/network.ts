import ipaddr from "ipaddr.js";

export type Family = 4 | 6;

/** A network as the range of its addresses, so that sets of them can be computed with. */
export interface Network {
  /** CIDR, canonical. */
  readonly text: string;
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

const BITS = { 4: 32, 6: 128 } as const;

/** The network of a canonical CIDR. */
export function network(text: string): Network {
  const [address = "", length = ""] = text.split("/");
  const { family, value } = addressValue(address);
  return { text, family, first: value, last: value + (1n << BigInt(BITS[family] - Number(length))) - 1n };
}

/** The network of one address. */
export function hostNetwork(address: string): Network {
  const { family, value } = addressValue(address);
  return { text: `${address}/${BITS[family]}`, family, first: value, last: value };
}

/** An address as a number, with its family. */
export interface AddressValue {
  readonly family: Family;
  readonly value: bigint;
}

export function addressValue(address: string): AddressValue {
  const parsed = ipaddr.parse(address);
  const value = parsed.toByteArray().reduce((sum, byte) => (sum << 8n) + BigInt(byte), 0n);
  return { family: parsed.kind() === "ipv4" ? 4 : 6, value };
}

/** The address of a number. */
export function addressText(family: Family, value: bigint): string {
  const bytes = Array.from({ length: BITS[family] / 8 }, (_, i) =>
    Number((value >> BigInt(BITS[family] - 8 - 8 * i)) & 0xffn),
  );
  return ipaddr.fromByteArray(bytes).toString();
}

export function contains({ family, first, last }: Network, address: AddressValue): boolean {
  return address.family === family && first <= address.value && address.value <= last;
}

/** True when the networks share an address. */
export function meet(a: Network, b: Network): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** True when every address of the inner network lies in one of the others, perhaps in several of them together. */
export function covered(inner: Network, others: readonly Network[]): boolean {
  let next = inner.first;
  for (const { first, last } of others
    .filter((other) => meet(inner, other))
    .toSorted((a, b) => compare(a.first, b.first))) {
    if (first > next) return false;
    if (last >= next) next = last + 1n;
  }
  return next > inner.last;
}

/** The same addresses in as few networks as possible, IPv4 first, ascending. */
export function aggregate(networks: readonly Network[]): readonly Network[] {
  return ([4, 6] as const).flatMap((family) => {
    const ranges: { first: bigint; last: bigint }[] = [];
    for (const { first, last } of networks
      .filter((each) => each.family === family)
      .toSorted((a, b) => compare(a.first, b.first))) {
      const open = ranges.at(-1);
      if (open === undefined || first > open.last + 1n) ranges.push({ first, last });
      else if (last > open.last) open.last = last;
    }
    return ranges.flatMap(({ first, last }) => networksOf(family, first, last));
  });
}

/** A range of addresses in as few networks as possible. */
export function networksOf(family: Family, first: bigint, last: bigint): readonly Network[] {
  const networks: Network[] = [];
  for (let next = first; next <= last;) {
    let bits = 0;
    while (
      bits < BITS[family] &&
      (next & (1n << BigInt(bits))) === 0n &&
      next + (1n << BigInt(bits + 1)) - 1n <= last
    )
      bits++;
    networks.push(network(`${addressText(family, next)}/${BITS[family] - bits}`));
    next += 1n << BigInt(bits);
  }
  return networks;
}

/** Orders numbers of any size. */
export function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
