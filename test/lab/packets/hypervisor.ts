import { startLab, stopLab, type Lab } from "../../../lab/hosts/lab.js";
import type { FilterParameter } from "../../../components/access/index.js";
import { temporaryLab } from "../hosts/machine.js";

/** Name and UUID of the filter under test; a definition with both changes the running guest. */
export const FILTER = { name: "packets", uuid: "7c0c1a1e-0000-4000-8000-000000000001" } as const;
/** The guest's interface on the hypervisor, and the hardware address that it has in the guest. */
export const TAP = { device: "guest0", mac: "52:54:00:00:53:01" } as const;

/** What libvirt has loaded into the kernel for the guest's interface, as the tools write it that read it back. */
export type KernelRules = Readonly<Record<(typeof TOOLS)[number], string>>;
const TOOLS = ["ebtables", "iptables", "ip6tables"] as const;

const HOST = "host-a";
const EMPTY = `<filter name='${FILTER.name}' chain='root'><uuid>${FILTER.uuid}</uuid></filter>`;

/** A real libvirt with a running guest whose interface it filters. The guest's processor stands still. */
export class Hypervisor {
  private constructor(
    private readonly lab: Lab,
    private readonly place: ReturnType<typeof temporaryLab>,
  ) {}

  /** @param parameters what the filter is told about the interface */
  static async open(parameters: readonly FilterParameter[]): Promise<Hypervisor> {
    const place = temporaryLab();
    const hypervisor = new Hypervisor(await startLab({ dir: place.dir, name: "packets" }), place);
    try {
      await hypervisor.define("nwfilter-define", EMPTY);
      await hypervisor.define("create --paused", hypervisor.domain(parameters));
      return hypervisor;
    } catch (error) {
      await hypervisor.close();
      throw error;
    }
  }

  /** Changes the filter of the running guest. @returns what libvirt loads for it */
  async rulesOf(filter: string): Promise<KernelRules> {
    await this.define("nwfilter-define", filter);
    const texts = await Promise.all(TOOLS.map((tool) => this.lab.mustExecIn(HOST, [`${tool}-save`])));
    return Object.fromEntries(TOOLS.map((tool, i) => [tool, texts[i] ?? ""])) as KernelRules;
  }

  async close(): Promise<void> {
    await stopLab({ dir: this.place.dir });
    this.place.remove();
  }

  private async define(command: string, xml: string): Promise<void> {
    await this.lab.mustExecIn(HOST, ["sh", "-euc", `cat | virsh -q ${command} /dev/stdin`], { stdin: xml });
  }

  private domain(parameters: readonly FilterParameter[]): string {
    const given = parameters.map(({ name, value }) => `<parameter name='${name}' value='${value}'/>`);
    return `<domain type='${this.lab.domainType}'><name>filtered</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
      <interface type='bridge'><mac address='${TAP.mac}'/><source bridge='br-client'/><target dev='${TAP.device}'/>
      <model type='virtio'/><filterref filter='${FILTER.name}'>${given.join("")}</filterref></interface>
      <memballoon model='none'/><video><model type='none'/></video></devices></domain>`;
  }
}
