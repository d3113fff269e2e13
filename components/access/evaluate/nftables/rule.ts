import type { Protocol } from "../../packet.js";
import { addressIn, isV6 } from "../addresses.js";
import { CannotJudge } from "../judgement.js";
import { Reader, type Token } from "./tokens.js";

/** A packet at a hook. */
export interface NftPacket {
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  /** Destination port; absent where there is none, and of answers, which go to some port of a client. */
  readonly port?: number | undefined;
  /** Interface that it comes in by, at input. */
  readonly iif?: string;
  /** Interface that it goes out by, at output. */
  readonly oif?: string;
  readonly state: "new" | "established" | "related" | "invalid";
}

export type NftVerdict =
  | { readonly kind: "accept" | "drop" | "return" }
  | { readonly kind: "jump" | "goto"; readonly chain: string };

type Match = (packet: NftPacket) => boolean;

export interface NftRule {
  readonly text: string;
  readonly comment?: string;
  readonly matches: Match;
  /** Absent for a rule that only logs or counts. */
  readonly verdict?: NftVerdict;
}

type Sets = ReadonlyMap<string, readonly string[]>;

/** Reads a rule: conditions from left to right, then statements. @throws CannotJudge for a word that is not known here */
export function ruleOf(tokens: readonly Token[], sets: Sets): NftRule {
  const reader = new Reader(tokens);
  const conditions: Match[] = [];
  let verdict: NftVerdict | undefined;
  let comment: string | undefined;
  let limited = false;
  while (!reader.done) {
    const word = reader.take().text;
    if (word === "comment") comment = reader.take().text;
    else if (word === "counter") takeOptions(reader, ["packets", "bytes"]);
    else if (word === "log") takeOptions(reader, ["prefix", "level", "flags", "group", "snaplen"]);
    else if (word === "limit") {
      limited = true;
      takeLimit(reader);
    } else if (word === "accept" || word === "drop" || word === "return") verdict = { kind: word };
    else if (word === "reject") {
      verdict = { kind: "drop" };
      if (reader.accept("with")) while (!reader.done && !reader.sees("comment")) reader.take();
    } else if (word === "jump" || word === "goto") verdict = { kind: word, chain: reader.take().text };
    else conditions.push(conditionOf(word, reader, sets));
  }
  const text = tokens.map(({ text: one, quoted }) => (quoted ? `"${one}"` : one)).join(" ");
  if (limited && verdict !== undefined)
    throw new CannotJudge(`nftables: "${text}" decides by how many packets there were`);
  return {
    text,
    ...(comment === undefined ? {} : { comment }),
    matches: (packet) => conditions.every((condition) => condition(packet)),
    ...(verdict === undefined ? {} : { verdict }),
  };
}

/** Takes the options of a statement, each with its value. */
function takeOptions(reader: Reader, options: readonly string[]): void {
  while (options.some((option) => reader.accept(option))) reader.take();
}

function takeLimit(reader: Reader): void {
  reader.expect("rate");
  reader.accept("over");
  reader.take();
  if (!reader.accept("burst")) return;
  reader.take();
  reader.take();
}

const NUMBERS = { tcp: 6, udp: 17, icmp: 1, vrrp: 112 } as const;
const ICMP6 = 58;
const PROTOCOL_NUMBERS: Readonly<Record<string, number>> = {
  ...NUMBERS,
  icmpv6: ICMP6,
  "ipv6-icmp": ICMP6,
  sctp: 132,
  esp: 50,
  ah: 51,
};

function numberOf({ protocol, from }: NftPacket): number {
  return protocol === "icmp" && isV6(from) ? ICMP6 : NUMBERS[protocol];
}

function conditionOf(word: string, reader: Reader, sets: Sets): Match {
  switch (word) {
    case "ct":
      reader.expect("state");
      return among(reader, sets, (packet, item) => packet.state === item);
    case "iif":
    case "iifname":
      return among(reader, sets, (packet, item) => packet.iif === item);
    case "oif":
    case "oifname":
      return among(reader, sets, (packet, item) => packet.oif === item);
    case "ip":
    case "ip6":
      return addressCondition(word, reader, sets);
    case "tcp":
    case "udp":
    case "th":
      return portCondition(word, reader, sets);
    case "icmp":
    case "icmpv6": {
      reader.expect("type");
      const asked = among(reader, sets, (_, item) => ["echo-request", "8", "128"].includes(item));
      const wanted = word === "icmp" ? NUMBERS.icmp : ICMP6;
      return (packet) => numberOf(packet) === wanted && asked(packet);
    }
    case "meta":
      return metaCondition(reader, sets);
    default:
      throw new CannotJudge(`nftables: "${word}" is not known here`);
  }
}

function addressCondition(word: "ip" | "ip6", reader: Reader, sets: Sets): Match {
  const field = reader.take().text;
  if (field !== "saddr" && field !== "daddr")
    throw new CannotJudge(`nftables: "${word} ${field}" is not known here`);
  const asked = among(reader, sets, (packet, item) =>
    addressIn(field === "saddr" ? packet.from : packet.to, item),
  );
  // A header of the other version is no match, not even for "!=".
  return (packet) => isV6(packet.from) === (word === "ip6") && asked(packet);
}

function portCondition(word: "tcp" | "udp" | "th", reader: Reader, sets: Sets): Match {
  const field = reader.take().text;
  if (field !== "dport") throw new CannotJudge(`nftables: "${word} ${field}" is not known here`);
  const asked = among(reader, sets, ({ port }, item) => {
    const [first = "", last = first] = item.split("-");
    if (!/^\d+$/.test(first) || !/^\d+$/.test(last))
      throw new CannotJudge(`nftables: the port "${item}" is not known here`);
    return port !== undefined && Number(first) <= port && port <= Number(last);
  });
  return (packet) =>
    (word === "th" ? packet.protocol === "tcp" || packet.protocol === "udp" : packet.protocol === word) &&
    asked(packet);
}

function metaCondition(reader: Reader, sets: Sets): Match {
  const key = reader.take().text;
  if (key === "l4proto")
    return among(reader, sets, (packet, item) => {
      const wanted = PROTOCOL_NUMBERS[item] ?? Number(item);
      if (Number.isNaN(wanted)) throw new CannotJudge(`nftables: the protocol "${item}" is not known here`);
      return numberOf(packet) === wanted;
    });
  if (key === "nfproto")
    return among(reader, sets, ({ from }, item) => item === (isV6(from) ? "ipv6" : "ipv4"));
  if (key === "iifname") return among(reader, sets, (packet, item) => packet.iif === item);
  if (key === "oifname") return among(reader, sets, (packet, item) => packet.oif === item);
  throw new CannotJudge(`nftables: "meta ${key}" is not known here`);
}

/** What stands to the right: one value, several by comma, a set in braces or by name; "!=" turns it around. */
function among(reader: Reader, sets: Sets, is: (packet: NftPacket, item: string) => boolean): Match {
  const not = reader.accept("!=");
  if (!not) reader.accept("==");
  const items = itemsOf(reader, sets);
  return (packet) => items.some((item) => is(packet, item)) !== not;
}

function itemsOf(reader: Reader, sets: Sets): string[] {
  if (reader.accept("{")) {
    const items: string[] = [];
    while (!reader.accept("}")) if (!reader.accept(",")) items.push(reader.take().text);
    return items;
  }
  const { text } = reader.take();
  if (text.startsWith("@")) {
    const set = sets.get(text.slice(1));
    if (set === undefined) throw new CannotJudge(`nftables: there is no set ${text}`);
    return [...set];
  }
  const items = [text];
  while (reader.accept(",")) items.push(reader.take().text);
  return items;
}
