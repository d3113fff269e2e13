import type { RecoveryPlan } from "../../../components/recovery/index.js";
import type { Lab } from "../../../lab/hosts/lab.js";
import { GUEST } from "./environment.js";
import type { Ledger } from "./suite.js";

/**
 * A guest without an operating system: real domain, real QEMU, real disks, no processor time. What a program in the guest would write is
 * written through QEMU's monitor: the number of a round to a place of its own on every disk, so that a copy of which any round or disk
 * is missing is found out. For whoever works on the jobs, and where an emulated boot takes too long.
 */
export class BareGuest {
  private round = 0;

  constructor(private readonly lab: Lab) {}

  /** Defines and starts it. */
  async start(plan: RecoveryPlan): Promise<void> {
    const guest = plan.guests.find(({ name }) => name === GUEST);
    const disks = guest?.disks ?? [];
    for (const { path } of disks)
      await this.on('mkdir -p "$(dirname "$1")"; qemu-img create -q -f qcow2 -o compat=1.1 "$1" 64M', path);
    const entries = disks.map(
      ({ target, path }) =>
        `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${path}'/><target dev='${target}' bus='scsi'/></disk>`,
    );
    const xml = `<domain type='${this.lab.domainType}'><name>${GUEST}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type></os><devices>${entries.join("")}
      <controller type='scsi' model='virtio-scsi'/><interface type='bridge'><mac address='${guest?.macs.management ?? ""}'/>
      <source bridge='br-mgmt'/><model type='virtio'/></interface><channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
      <memballoon model='none'/><video><model type='none'/></video></devices></domain>`;
    const script = "cat > /tmp/bare.xml; virsh -q define /tmp/bare.xml; virsh -q start pg-a1";
    await this.lab.mustExecIn("host-a", ["sh", "-euc", script], { stdin: xml });
  }

  /** Writes one more round to every disk and tells its number. */
  async write(): Promise<Ledger> {
    this.round += 1;
    const script = `for disk in scsi0-0-0-0 scsi0-0-0-1 scsi0-0-0-2; do
      for place in 0 $(($1 * 64)); do
        virsh -q qemu-monitor-command ${GUEST} --hmp "qemu-io -d $disk \\"write -P $1 \${place}k 64k\\"" >/dev/null
      done; virsh -q qemu-monitor-command ${GUEST} --hmp "qemu-io -d $disk flush" >/dev/null; done`;
    await this.on(script, String(this.round));
    return { newest: this.round, sum: 100_000, wrong: 0 };
  }

  /** Reads all rounds from a copy; a disk that lacks one, or ends elsewhere than the others, counts as wrong. */
  async read(host: "host-a" | "host-b", directory: string): Promise<Ledger> {
    const script = `for disk in vda vdb vdc; do
      eval "qemu-io -r -U -f qcow2 $(for round in $(seq 0 $2); do printf -- "-c 'read -v %sk 1' " $((round * 64)); done) $1/$disk.qcow2" |
        sed -n 's/^[0-9a-f]\\{8\\}:  *\\([0-9a-f][0-9a-f]\\) .*/\\1/p' | tr '\\n' ' '; echo; done`;
    const text = await this.lab.mustExecIn(host, ["sh", "-euc", script, "sh", directory, String(this.round)]);
    const disks = text
      .trim()
      .split("\n")
      .map((line) =>
        line
          .trim()
          .split(/\s+/)
          .map((byte) => Number.parseInt(byte, 16)),
      );
    const newest = disks[0]?.[0] ?? 0;
    let wrong = disks.length === 3 ? 0 : 1;
    for (const [last, ...rounds] of disks) {
      if (last !== newest) wrong += 1;
      wrong += rounds.slice(0, newest).filter((byte, index) => byte !== index + 1).length;
      if (rounds.length < newest) wrong += 1;
    }
    return { newest, sum: 100_000, wrong };
  }

  private on(script: string, ...args: string[]): Promise<string> {
    return this.lab.mustExecIn("host-a", ["sh", "-euc", script, "sh", ...args]);
  }
}
