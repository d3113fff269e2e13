import { SSH } from "../access/guest-rules.js";
import { hostOf, type PlanGuest, type RecoveryPlan } from "../recovery/plan.js";
import { ACCOUNTS, GUEST_PATHS, UNITS } from "./layout.js";
import { FREEZE_SCRIPT } from "./freeze.js";
import type { BundleCommand, BundleFile, BundleService } from "./bundle/types.js";

/** Account over which the operations host of a site configures its guests on VMware; its key runs one command. */
export const CONFIGURATION_ACCOUNT = "pgkeep";

/** Key in guestinfo under which a guest shows the public key of its SSH server. */
export const HOST_KEY_INFO = "guestinfo.pgkeep.hostkey";

const HOST_KEY = "/etc/ssh/ssh_host_ed25519_key";
const PUBLISH_UNIT = "pgkeep-host-key.service";

/** What lets the platform into a guest, and what cloud-init and the bundle do for it. */
export interface GuestAccess {
  /** Accounts for cloud-init; none of them has a password. */
  readonly users: readonly Record<string, unknown>[];
  readonly files: readonly BundleFile[];
  /** Last commands of the first start. */
  readonly start: readonly (readonly string[])[];
  readonly commands: readonly BundleCommand[];
  readonly services: readonly BundleService[];
}

/**
 * The way into a guest.
 *
 * KVM: the guest agent, over a channel of the hypervisor. VMware: SSH from the site's operations host, with one key that is
 * bound to `pgkeep-apply`. Nothing secret stands in guestinfo, which everybody with `System.Read` can read through the API; guest
 * operations of VMware Tools would need a password in the guest, a right in vCenter that is as good as root, and a vCenter that
 * lives when a guest has to be configured in a disaster, so they are switched off. The guest makes its host key itself and tells the
 * public half to vCenter through Tools; who connects takes it from there over TLS, so no first contact is believed blindly.
 *
 * @param operationsKey public half of the operations key; needed on VMware
 */
export function guestAccess(
  plan: RecoveryPlan,
  guest: PlanGuest,
  operationsKey: string | undefined,
): GuestAccess {
  if (plan.environment.platform === "kvm")
    return {
      users: [],
      files: [],
      start: [["systemctl", "start", "--no-block", "qemu-guest-agent.service"]],
      commands: [],
      services: [],
    };
  if (operationsKey === undefined)
    throw new TypeError(`guest ${guest.name}: the public operations key is needed on VMware`);
  const files = vmwareFiles(plan, guest, operationsKey);
  return {
    users: [
      {
        name: CONFIGURATION_ACCOUNT,
        system: true,
        shell: "/bin/sh",
        homedir: "/nonexistent",
        no_create_home: true,
        lock_passwd: true,
      },
    ],
    files,
    start: [
      ["systemctl", "daemon-reload"],
      // Never the template's keys, which all its clones would share, and not left to a module that a template may have switched off.
      ["sh", "-c", `rm -f /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f ${HOST_KEY}`],
      ["systemctl", "restart", UNITS.tools, UNITS.ssh],
      // Whoever sees the key may configure the guest, so it comes last.
      ["systemctl", "enable", "--now", "--no-block", PUBLISH_UNIT],
    ],
    commands: [
      // Also when files were written and the run was killed before.
      { name: "tools", run: ["systemctl", "restart", UNITS.tools], watch: [GUEST_PATHS.tools] },
    ],
    services: [
      {
        name: UNITS.ssh,
        // Sessions outlive a reload, the one that brings this bundle too.
        onChange: "reload",
        watch: [GUEST_PATHS.sshConfig],
        enable: true,
        checks: [["/usr/sbin/sshd", "-t"]],
      },
    ],
  };
}

function vmwareFiles(plan: RecoveryPlan, guest: PlanGuest, operationsKey: string): BundleFile[] {
  const { address } = hostOf(plan.environment, guest.site);
  const command = `sudo -n ${GUEST_PATHS.apply}`;
  const file = (path: string, mode: string, content: string): BundleFile => ({
    path,
    mode,
    owner: ACCOUNTS.root,
    content,
  });
  return [
    file(
      GUEST_PATHS.authorizedKeys,
      "0644",
      `restrict,from="${address}",command="${command}" ${operationsKey.trim()}\n`,
    ),
    file(GUEST_PATHS.sshConfig, "0644", SSH_CONFIG),
    file(
      GUEST_PATHS.sudoers,
      "0440",
      `# pgkeep: the operations host applies what is declared, and nothing else.
Defaults:${CONFIGURATION_ACCOUNT} !requiretty
${CONFIGURATION_ACCOUNT} ALL=(root) NOPASSWD: ${GUEST_PATHS.apply} ""
`,
    ),
    file(GUEST_PATHS.tools, "0644", TOOLS_CONFIG),
    file(`/etc/systemd/system/${PUBLISH_UNIT}`, "0644", publishUnit()),
    ...(guest.kind === "member" ? [file(GUEST_PATHS.freeze, "0755", FREEZE_SCRIPT)] : []),
  ];
}

/**
 * The guest's SSH server: one account, one kind of key, no forwarding. Which network reaches it is the firewall's matter: bound to an
 * address, it would not come up when the network is late.
 */
const SSH_CONFIG = `# Generated from the declaration; changes here are lost.
Port ${SSH}
HostKey ${HOST_KEY}
AllowUsers ${CONFIGURATION_ACCOUNT}
AuthorizedKeysFile ${GUEST_PATHS.authorizedKeys}
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
DisableForwarding yes
PermitTTY no
PermitUserEnvironment no
MaxAuthTries 2
LoginGraceTime 20
`;

/**
 * VMware Tools: no guest operations, no customization after the first start, nothing collected about what runs here, log to
 * syslog. Controls guest-8.tools-deactivate-guestoperations, tools-prevent-recustomization, tools-deactivate-appinfo,
 * -containerinfo and -servicediscovery, tools-enable-syslog of the vendor's Security Configuration Guide 8.
 */
const TOOLS_CONFIG = `# Generated from the declaration; changes here are lost.
[logging]
log = true
vmtoolsd.level = message
vmtoolsd.handler = syslog

[guestoperations]
disabled = true

[deployPkg]
enable-customization = false

[appinfo]
disabled = true

[containerinfo]
poll-interval = 0

[servicediscovery]
disabled = true
`;

/** Shows the public host key at each start: what a guest tells Tools is forgotten when it is powered off. */
function publishUnit(): string {
  return `# Generated from the declaration; changes here are lost.
[Unit]
Description=pgkeep: the SSH server's public key, for vCenter
Wants=${UNITS.tools}
After=${UNITS.tools} ${UNITS.ssh}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'vmware-rpctool "info-set ${HOST_KEY_INFO} $$(cut -d " " -f 1,2 ${HOST_KEY}.pub)"'
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
`;
}
