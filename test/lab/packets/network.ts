import { ipBatch } from "../../../lab/hosts/network.js";
import { mustRun } from "../../../lab/subprocess.js";
import { Wiring } from "../postgres/sandbox.js";

/** An interface of the host, and the machines that it sees there. */
export interface Segment {
  /** Name of the interface. */
  readonly device: string;
  /** Addresses of the host. */
  readonly own: readonly string[];
}

const FAMILIES = [
  { flag: "-4", length: 32, everybody: "0.0.0.0/0", options: "" },
  // Nobody has the address twice, and none is fit for use before the kernel has made sure.
  { flag: "-6", length: 128, everybody: "::/0", options: "nodad" },
] as const;

/**
 * `ip` commands for a host that reaches everybody over the segment of the address that it calls from, and for the world, one machine
 * with the addresses of all others. Neighbours find one another by ARP and neighbour discovery, as they do outside.
 */
export function hostLines(segments: readonly Segment[]): string[] {
  return segments.flatMap(({ device, own }, i) => [
    ...own.map((address) => addressLine(address, device)),
    `link set ${device} up`,
    ...FAMILIES.flatMap(({ everybody }) => [
      ...(i === 0 ? [`route add ${everybody} dev ${device}`] : []),
      `route add ${everybody} dev ${device} table ${i + 100}`,
    ]),
  ]);
}

/** @param others addresses of all machines but the host */
export function worldLines(segments: readonly Segment[], others: readonly string[]): string[] {
  return segments.flatMap(({ device, own }) => [
    ...others.map((address) => addressLine(address, device)),
    `link set ${device} up`,
    ...own.map((address) => `route add ${withLength(address)} dev ${device}`),
  ]);
}

/** The command that joins two networks. */
export function cable(device: string, net: number, otherNet: number, otherDevice = device): string {
  return `link add ${device} netns ${net} type veth peer name ${otherDevice} netns ${otherNet}`;
}

/** A host and the world around it, each a network of its own. */
export class HostAndWorld {
  private constructor(
    private readonly wiring: Wiring,
    readonly host: number,
    readonly world: number,
  ) {}

  /**
   * @param others addresses of all machines but the host
   * @param host process that holds the host's network. @default a network of its own
   */
  static async open(
    segments: readonly Segment[],
    others: readonly string[],
    host?: number,
  ): Promise<HostAndWorld> {
    const wiring = new Wiring();
    const held = new HostAndWorld(wiring, host ?? (await wiring.network()), await wiring.network());
    try {
      for (const { device } of segments) await ipBatch(held.world, [cable(device, held.world, held.host)]);
      for (const net of [held.host, held.world]) await tune(net);
      await ipBatch(held.host, hostLines(segments));
      for (const [i, { own }] of segments.entries())
        for (const address of own) await rule(held.host, address, i);
      await ipBatch(held.world, worldLines(segments, others));
      return held;
    } catch (error) {
      await held.close();
      throw error;
    }
  }

  /** Loads rules of nftables at the host, in one transaction. */
  async load(...texts: readonly string[]): Promise<void> {
    await mustRun("nsenter", [`--net=/proc/${this.host}/ns/net`, "nft", "-f", "-"], {
      stdin: texts.join("\n"),
    });
  }

  async close(): Promise<void> {
    await this.wiring.close();
  }
}

/** Leads what comes from an address over the segment of that address; a batch of `ip` knows no family of rules. */
async function rule(net: number, address: string, segment: number): Promise<void> {
  const words = [familyOf(address).flag, "rule", "add", "from", address, "lookup", String(segment + 100)];
  await mustRun("nsenter", [`--net=/proc/${net}/ns/net`, "ip", ...words]);
}

/**
 * Makes a network fit for packets of many addresses: routes decide alone what may arrive, and of a protocol without ports a packet
 * back is no answer, since nobody answers it.
 */
export async function tune(net: number): Promise<void> {
  const settings = [
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.conf.default.rp_filter=0",
    "net.netfilter.nf_conntrack_generic_timeout=0",
  ];
  await mustRun("nsenter", [`--net=/proc/${net}/ns/net`, "sysctl", "-q", "-w", ...settings]);
}

function addressLine(address: string, device: string): string {
  return `address add ${withLength(address)} dev ${device} ${familyOf(address).options}`;
}

function withLength(address: string): string {
  return `${address}/${familyOf(address).length}`;
}

function familyOf(address: string): (typeof FAMILIES)[number] {
  return FAMILIES[address.includes(":") ? 1 : 0];
}
