import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../subprocess.js";
import { replace } from "./files.js";
import { systemPath } from "./namespaces.js";
import { addressOf, HYPERVISORS, type HypervisorName, SEGMENTS } from "./topology.js";

/** Keys of the lab, made anew at each start. */
export interface SshFiles {
  /** Private key of the operator at the workstation (0600). */
  readonly privateKey: string;
  /** Host keys of all hypervisors, by name and address. */
  readonly knownHosts: string;
}

export function sshFiles(labDir: string): SshFiles {
  return { privateKey: join(labDir, "keys", "operator"), knownHosts: join(labDir, "keys", "known_hosts") };
}

/** Makes the operator's key, a host key for each hypervisor and the list of known hosts. */
export async function makeSshKeys(labDir: string, etcOf: (host: HypervisorName) => string): Promise<void> {
  const files = sshFiles(labDir);
  mkdirSync(join(labDir, "keys"), { mode: 0o700 });
  await keygen(files.privateKey, "pgkeep lab operator");
  const operator = readFileSync(`${files.privateKey}.pub`, "utf8");
  const known: string[] = [];
  for (const host of HYPERVISORS) {
    const ssh = join(etcOf(host), "ssh");
    mkdirSync(ssh, { recursive: true });
    const key = join(ssh, "ssh_host_ed25519_key");
    await keygen(key, host);
    const [type, value] = readFileSync(`${key}.pub`, "utf8").split(" ");
    known.push(`${host},${addressOf(host, "management")} ${type} ${value}`);
    replace(join(ssh, "sshd_config"), sshdConfig(addressOf(host, "management") ?? ""));
    replace(join(ssh, "authorized_keys.d", "root"), operator, 0o600);
  }
  replace(files.knownHosts, known.join("\n") + "\n");
}

/** Key-only login on the management network. Users' own authorized_keys count as well: a forced command for fencing goes there. */
function sshdConfig(address: string): string {
  return `ListenAddress ${address}
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile /run/sshd.pid
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u .ssh/authorized_keys
UsePAM no
UseDNS no
X11Forwarding no
AllowAgentForwarding no
MaxStartups 100
MaxSessions 100
SetEnv PATH=${systemPath}
Subsystem sftp internal-sftp
`;
}

/** Client configuration of the workstation: `ssh host-a` and `qemu+ssh://` just work, and never fall back to the user's own keys. */
export function writeClientConfig(etc: string, labDir: string): void {
  const files = sshFiles(labDir);
  const network = SEGMENTS.management.network;
  replace(
    join(etc, "ssh", "ssh_config"),
    `Host ${HYPERVISORS.join(" ")} ${network}.*
    User root
    IdentityFile "${files.privateKey}"
    IdentitiesOnly yes
    UserKnownHostsFile "${files.knownHosts}"
    StrictHostKeyChecking yes
    PasswordAuthentication no
    ConnectTimeout 5
    ServerAliveInterval 5
    ServerAliveCountMax 3
`,
  );
}

async function keygen(path: string, comment: string): Promise<void> {
  await mustRun("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path]);
  chmodSync(path, 0o600);
}
