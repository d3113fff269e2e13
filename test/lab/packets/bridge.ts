import { ipBatch } from "../../../lab/hosts/network.js";
import { mustRun } from "../../../lab/subprocess.js";
import { Wiring } from "../postgres/sandbox.js";
import { TAP, type KernelRules } from "./hypervisor.js";
import { cable, hostLines, tune, worldLines } from "./network.js";
import type { Point } from "./observer.js";

/**
 * Around everything that libvirt loads: its rules for frames begin at a bridge's dstnat, those for packets stand between, where the
 * kernel shows bridged packets to iptables, and srcnat is the last place of rules for frames.
 */
export const BRIDGE: Point = {
  family: "bridge",
  chains: [
    { set: "arrived", at: "hook prerouting priority dstnat - 10", first: "" },
    { set: "passed", at: "hook postrouting priority srcnat + 10", first: "" },
  ],
};

const DEVICE = "eth0";

/** A guest behind a bridge of its hypervisor, whose rules are replayed there, and the world on the other side. */
export class BridgedGuest {
  private constructor(
    private readonly wiring: Wiring,
    readonly guest: number,
    readonly bridge: number,
    readonly world: number,
  ) {}

  static async open(own: readonly string[], others: readonly string[]): Promise<BridgedGuest> {
    const wiring = new Wiring();
    try {
      const guest = await wiring.network();
      const bridge = await wiring.network();
      const world = await wiring.network();
      const segments = [{ device: DEVICE, own }];
      // Snooping would hold back the multicast by which neighbours look for one another.
      await ipBatch(bridge, [
        "link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
        "link set br0 up",
        cable(TAP.device, bridge, guest, DEVICE),
        cable("uplink", bridge, world, DEVICE),
        ...[TAP.device, "uplink"].map((port) => `link set ${port} master br0 up`),
      ]);
      for (const net of [guest, world]) await tune(net);
      const bridged = ["iptables", "ip6tables"].map((tool) => `net.bridge.bridge-nf-call-${tool}=1`);
      const alike = "net.netfilter.nf_conntrack_generic_timeout=0";
      await mustRun("nsenter", [...inside(bridge), "sysctl", "-q", "-w", ...bridged, alike]);
      await ipBatch(guest, [`link set ${DEVICE} address ${TAP.mac}`, ...hostLines(segments)]);
      await ipBatch(world, worldLines(segments, others));
      return new BridgedGuest(wiring, guest, bridge, world);
    } catch (error) {
      await wiring.close();
      throw error;
    }
  }

  /** Puts the rules in the place of those before. */
  async load(rules: KernelRules, observer: string): Promise<void> {
    for (const [tool, text] of Object.entries(rules))
      await mustRun("nsenter", [...inside(this.bridge), `${tool}-restore`], { stdin: text });
    await mustRun("nsenter", [...inside(this.bridge), "nft", "-f", "-"], { stdin: observer });
  }

  async close(): Promise<void> {
    await this.wiring.close();
  }
}

function inside(net: number): string[] {
  return [`--net=/proc/${net}/ns/net`];
}
