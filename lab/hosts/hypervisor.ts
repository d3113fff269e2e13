import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ProcessIdentity } from "../processes.js";
import { replace } from "./files.js";
import { enter, mustEnter } from "./namespaces.js";
import { type HypervisorName } from "./topology.js";

/** What differs from the packaged configuration of libvirt; qemu.conf stays as it is. */
export function configureLibvirt(etc: string): void {
  replace(
    join(etc, "libvirt", "libvirtd.conf"),
    `${readFileSync("/etc/libvirt/libvirtd.conf", "utf8")}
host_uuid = "${randomUUID()}"
access_drivers = [ "polkit" ]
log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
max_clients = 200
`,
  );
  // libvirt looks for hooks when it starts and calls those of this folder later, so that one can be added while it runs
  replace(join(etc, "libvirt", "hooks", "qemu.d", "00-present"), "#!/bin/sh\nexit 0\n", 0o755);
}

/** Starts message bus, access control, libvirt and SSH. Each of them is in the background when this returns. */
export async function startHypervisor(holder: ProcessIdentity, node: HypervisorName): Promise<void> {
  const script = `set -eu
dbus-daemon --system --fork --nopidfile
setsid /usr/lib/polkit-1/polkitd --no-debug >/var/log/polkitd.log 2>&1 </dev/null &
virtlogd -d
libvirtd -d
/usr/sbin/sshd -E /var/log/sshd.log
`;
  await mustEnter(holder, ["sh", "-c", script], { node, timeoutMs: 180_000 });
  await until(
    `libvirt on ${node}`,
    120_000,
    async () => (await enter(holder, ["virsh", "-q", "uri"], { node })).code === 0,
  );
}

/** Ends and starts the hypervisor daemon; running guests stay. */
export async function restartLibvirt(holder: ProcessIdentity, node: HypervisorName): Promise<void> {
  const script = `set -eu
pid=$(cat /run/libvirtd.pid)
kill "$pid"
for i in $(seq 100); do [ -d "/proc/$pid" ] || break; sleep 0.1; done
libvirtd -d`;
  await mustEnter(holder, ["sh", "-c", script], { node, timeoutMs: 180_000 });
  await until(
    `libvirt on ${node}`,
    120_000,
    async () => (await enter(holder, ["virsh", "-q", "uri"], { node })).code === 0,
  );
}

export async function startNameServer(holder: ProcessIdentity, node: HypervisorName): Promise<void> {
  const script =
    "install -d -o bind -g bind /run/named && touch /var/log/named.log && chown bind /var/log/named.log && named -u bind -c /etc/bind/named.conf";
  await mustEnter(holder, ["sh", "-c", script], { node, timeoutMs: 120_000 });
}

/**
 * Power loss of a guest: its QEMU process is killed without any warning. False when it was not running.
 */
export async function killGuest(
  holder: ProcessIdentity,
  node: HypervisorName,
  domain: string,
): Promise<boolean> {
  if (!/^[\w.+-]+$/.test(domain)) throw new Error(`no such domain name: ${JSON.stringify(domain)}`);
  const script = `pid=$(cat "/run/libvirt/qemu/$1.pid" 2>/dev/null) || exit 3
tr '\\0' '\\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -q "^guest=$1[,]" || exit 3
kill -KILL "$pid"`;
  const outcome = await enter(holder, ["sh", "-c", script, "sh", domain], { node, timeoutMs: 60_000 });
  if (outcome.code !== 0 && outcome.code !== 3)
    throw new Error(`killing ${domain} on ${node}: ${outcome.stderr.trim()}`);
  return outcome.code === 0;
}

/** Asks until the answer is yes. */
export async function until(what: string, timeoutMs: number, ask: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; ;) {
    if (await ask()) return;
    if (Date.now() > deadline) throw new Error(`${what} is not ready after ${timeoutMs / 1000} s`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}
