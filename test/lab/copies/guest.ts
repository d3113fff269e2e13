import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kvmOf } from "../../../components/declaration/index.js";
import type { RecoveryPlan } from "../../../components/recovery/index.js";
import type { HypervisorName } from "../../../lab/hosts/topology.js";
import type { Lab } from "../../../lab/hosts/lab.js";
import { GUEST } from "./environment.js";
import type { Suite } from "./suite.js";

const HOST: HypervisorName = "host-a";

/**
 * One guest with PostgreSQL 17, data and WAL on disks of their own, and a writer. It starts without cloud-init and is set up through the
 * guest agent, which is quicker under emulation than a first start of the product's own guest.
 */
export async function startGuest(lab: Lab, plan: RecoveryPlan, base: string): Promise<void> {
  const guest = plan.guests.find(({ name }) => name === GUEST);
  const pool = kvmOf(plan.environment).hosts[0]?.poolPath ?? "";
  if (guest === undefined) throw new Error("the plan lost its guest");
  const [system, data, wal] = guest.disks.map(({ path }) => path);
  await lab.mustExecIn(HOST, [
    "sh",
    "-ec",
    `mkdir -p "$1"; cd "$1"
     qemu-img create -q -f qcow2 -o compat=1.1 -b "$5" -F qcow2 "$2"
     qemu-img create -q -f qcow2 -o compat=1.1 "$3" 1G
     qemu-img create -q -f qcow2 -o compat=1.1 "$4" 1G`,
    "sh",
    pool,
    ...[system ?? "", data ?? "", wal ?? "", base],
  ]);
  const xml = domainXml(lab.domainType, guest.macs.management, [system ?? "", data ?? "", wal ?? ""]);
  await lab.mustExecIn(
    HOST,
    ["sh", "-ec", "cat > /tmp/guest.xml; virsh -q define /tmp/guest.xml; virsh -q start pg-a1"],
    {
      stdin: xml,
    },
  );
}

/** Waits for the guest and sets up its database and the writer. */
export async function setUpGuest(suite: Suite): Promise<void> {
  await agentOf(suite, GUEST, HOST);
  const script = readFileSync(join(__dirname, "guest-setup.sh"), "utf8");
  const outcome = await suite.pgkeep(["guest", "exec", GUEST, "--timeout", "600", "--", "sh", "-c", script]);
  if (outcome.code !== 0) throw new Error(`the guest could not be set up: ${outcome.stderr}`);
}

/** Waits until a domain's agent answers; under emulation on a busy machine that takes minutes. */
export async function agentOf(suite: Suite, domain: string, host: HypervisorName): Promise<void> {
  const ping = `for i in $(seq 600); do virsh -q qemu-agent-command "$1" '{"execute":"guest-ping"}' >/dev/null 2>&1 && exit 0; sleep 1; done; exit 1`;
  await suite.lab.mustExecIn(host, ["sh", "-c", ping, "sh", domain], { timeoutMs: 900_000 });
}

function domainXml(type: string, mac: string, disks: readonly string[]): string {
  const entries = disks.map(
    (path, index) =>
      `<disk type='file' device='disk'><driver name='qemu' type='qcow2' discard='unmap'/><source file='${path}'/>` +
      `<target dev='vd${"abc"[index] ?? ""}' bus='virtio'/></disk>`,
  );
  return `<domain type='${type}'>
  <name>${GUEST}</name>
  <memory unit='MiB'>640</memory><vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type>
    <kernel>/srv/pgkeep/images/pg17/vmlinuz</kernel><initrd>/srv/pgkeep/images/pg17/initrd</initrd>
    <cmdline>root=/dev/vda rw console=ttyS0 no_timer_check cloud-init=disabled systemd.unit=multi-user.target</cmdline></os>
  <features><acpi/></features><cpu mode='maximum'/>
  <devices>
    ${entries.join("\n    ")}
    <interface type='bridge'><mac address='${mac}'/><source bridge='br-mgmt'/><model type='virtio'/></interface>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <serial type='file'><source path='/var/log/libvirt/qemu/${GUEST}-console.log'/></serial>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    <memballoon model='none'/><video><model type='none'/></video>
  </devices>
</domain>`;
}
