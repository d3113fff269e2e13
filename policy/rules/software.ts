import { plainTexts, TYPES } from "../facts.js";
import { resourceRule, type Rule } from "../rule.js";
import { isPinned, parseImage } from "../../components/declaration/index.js";
import { imagesIn } from "../text/images.js";

const EVERYTHING = /.*/;
type Sign = readonly [shown: RegExp, says: string];

const UNVERIFIED: readonly Sign[] = [
  [/\[[^\]\n]*\btrusted=yes\b[^\]\n]*\]|^Trusted:\s*yes\b/im, "a repository is trusted without a signature"],
  [
    /--allow-unauthenticated\b|--force-yes\b|AllowUnauthenticated\s+"?true/i,
    "unsigned packages are installed",
  ],
  [
    /^\s*(?:repo_)?gpgcheck\s*[=:]\s*(?:0|false|no)\b|--nogpgcheck\b|--no-gpg-checks\b/im,
    "signatures are not checked",
  ],
  [
    /\b(?:curl|wget)\b[^\n|;&]*\|\s*(?:sudo\s+(?:-\w+\s+)*)?(?:\/bin\/)?(?:ba|z|da)?sh\b/,
    "a script from the network is run unread",
  ],
  [
    /\b(?:curl\b[^\n|;&]*\s(?:-k|--insecure)\b|wget\b[^\n|;&]*--no-check-certificate)/,
    "a download is not verified",
  ],
];

const OPEN_LOGINS: readonly Sign[] = [
  [/^\s*PasswordAuthentication\s+yes\b/im, "sshd takes passwords"],
  [/^\s*PermitEmptyPasswords\s+yes\b/im, "sshd takes empty passwords"],
  [/^\s*["']?ssh_pwauth["']?\s*:\s*["']?(?:true|yes|1)\b/im, "cloud-init lets sshd take passwords"],
  [/^\s*[-\s]*["']?lock_passwd["']?\s*:\s*["']?(?:false|no)\b/im, "an account has its password unlocked"],
  [
    /StrictHostKeyChecking\s*[= ]\s*no\b|UserKnownHostsFile\s*[= ]\s*\/dev\/null/i,
    "the key of an SSH host is not checked",
  ],
];

const SWITCHED_OFF: readonly Sign[] = [
  [
    /\bsystemctl\b[^\n;&|]*\b(?:disable|mask|stop)\b[^\n;&|]*\b(?:nftables|firewalld|ufw)\b/,
    "the firewall is stopped",
  ],
  [/\bufw\s+(?:--force\s+)?disable\b/, "the firewall is stopped"],
  [/\bsetenforce\s+(?:0|permissive)\b|^\s*SELINUX\s*=\s*(?:disabled|permissive)\b/im, "SELinux is off"],
  [/\bselinux=0\b|\bapparmor=0\b|\benforcing=0\b/, "the kernel starts without mandatory access control"],
  [
    /\baa-(?:teardown|disable|complain)\b|\bsystemctl\b[^\n;&|]*\b(?:disable|mask|stop)\b[^\n;&|]*\bapparmor\b/,
    "AppArmor is off",
  ],
  [/^\s*security_driver\s*=\s*(?:\[\s*)?"none"/m, "libvirt confines no guest (sVirt)"],
];

function signs(text: string, table: readonly Sign[]): string[] {
  // A line of comment does nothing.
  const said = text.replace(/^\s*#(?!cloud-config).*$/gm, "");
  return table.filter(([shown]) => shown.test(said)).map(([, says]) => says);
}

/** What is installed, and how the system below the database is set up. */
export const softwareRules: readonly Rule[] = [
  resourceRule({
    id: "packages-verified",
    title: "Software is installed only when its signature is checked.",
    severity: "high",
    level: "mandatory",
    types: [EVERYTHING],
    why: "Whoever stands on the way, or breaks into a mirror, becomes root on the database server.",
    fix: "signed repositories with signed-by, gpgcheck=1, and downloads that are compared with a known digest.",
    controls: ["CIS PostgreSQL 1.1", "SOC 2 CC6.8", "ISO 27001 A.8.19", "PCI DSS 2.2.1"],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource))
        for (const says of signs(text, UNVERIFIED)) find(says, at);
    },
  }),
  resourceRule({
    id: "container-images-pinned",
    title: "Container images that a VM runs are named by digest.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.command, TYPES.cloudInit, TYPES.vm, TYPES.domain],
    why: "A tag is moved: the next start runs something that nobody has scanned.",
    fix: "name:version@sha256:digest.",
    controls: ["SOC 2 CC6.8", "ISO 27001 A.8.19", "PCI DSS 6.3.1"],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource))
        for (const image of imagesIn(text))
          if (!isPinned(parseImage(image))) find(`${image} has no digest`, at);
    },
  }),
  resourceRule({
    id: "disk-images-verified",
    title: "Images of disks come over a checked connection and do not move.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.volume],
    why: "The provider compares no digest: what http or a moving name delivers is what the database runs on.",
    fix: "source as a file, or https with a version in its path and no latest or current.",
    controls: ["SOC 2 CC6.8", "ISO 27001 A.8.19"],
    judge: ({ inputs }, find) => {
      const source = inputs.text("source") ?? "";
      if (/^(?:http|ftp):/i.test(source)) find("the image comes unprotected", ".source");
      if (/^\w+:.*[/._-](?:latest|current|daily)(?:[/._-]|$)/i.test(source))
        find("the address names whatever is newest", ".source");
    },
  }),
  resourceRule({
    id: "logins-by-key",
    title: "SSH takes keys only, and both sides prove who they are.",
    severity: "high",
    level: "mandatory",
    types: [EVERYTHING],
    why: "Passwords of accounts are guessed day and night, and an unchecked host takes what is sent to it.",
    fix: "PasswordAuthentication no, ssh_pwauth: false, lock_passwd: true, and known_hosts.",
    controls: ["PCI DSS 8.3.1", "SOC 2 CC6.1", "ISO 27001 A.8.5"],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource))
        for (const says of signs(text, OPEN_LOGINS)) find(says, at);
    },
  }),
  resourceRule({
    id: "host-protection-on",
    title: "Nothing switches the firewall or mandatory access control off.",
    severity: "high",
    level: "mandatory",
    types: [EVERYTHING],
    why: "They confine the server, and on a hypervisor the guests, after something in there was broken into.",
    fix: "rules that let through what is needed, and profiles that are extended rather than disabled.",
    controls: ["PCI DSS 2.2.6", "ISO 27001 A.8.9", "SOC 2 CC6.8"],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource))
        for (const says of signs(text, SWITCHED_OFF)) find(says, at);
    },
  }),
];
