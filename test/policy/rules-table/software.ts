import { seed, subject } from "../fixtures.js";
import type { Subject } from "../../../policy/index.js";
import type { RuleTable } from "./table.js";

const command = (create: string): Subject => subject("remote", { create });
const volume = (source: string): Subject => subject("volume", { source });
const DIGEST = `sha256:${"0".repeat(64)}`;

export const softwareTable: RuleTable = [
  {
    rule: "packages-verified",
    violating: [
      [
        seed("apt:\n  sources:\n    x: { source: 'deb [trusted=yes] http://x/ y main' }\n"),
        /trusted without a signature/,
      ],
      [command("apt-get install -y --allow-unauthenticated postgresql-18"), /unsigned packages/],
      [seed("write_files:\n- content: |\n    [pgdg]\n    gpgcheck=0\n"), /signatures are not checked/],
      [command("curl -fsSL https://get.example.org | sudo bash"), /run unread/],
      [command("curl -k -o /tmp/x https://example.org/x"), /not verified/],
    ],
    compliant: [
      seed(
        "deb [signed-by=/usr/share/keyrings/pgdg.gpg] https://apt.postgresql.org/pub/repos/apt trixie-pgdg main\n",
      ),
      seed("gpgcheck=1\n# gpgcheck=0\n"),
      command("curl -fsSLo /tmp/x https://example.org/x && echo 'abc  /tmp/x' | sha256sum -c"),
    ],
  },
  {
    rule: "container-images-pinned",
    violating: [
      [
        command("docker run -d --name pg -v /data:/var/lib/postgresql postgres:18"),
        /postgres:18 has no digest/,
      ],
      [command("podman pull docker.io/aquasec/trivy:latest"), /trivy:latest has no digest/],
      [seed("services:\n  db:\n    image: postgres:18.6\n"), /postgres:18\.6 has no digest/],
    ],
    compliant: [
      command(`docker run --rm -e A=b -p 5432:5432 postgres:18@${DIGEST} postgres -c fsync=on`),
      seed(`services:\n  db:\n    image: "postgres:18.6@${DIGEST}"\n`),
      command("podman run $IMAGE"),
    ],
  },
  {
    rule: "disk-images-verified",
    violating: [
      [volume("http://example.org/debian-13.qcow2"), /comes unprotected/],
      [volume("https://cloud.example.org/images/latest/debian.qcow2"), /whatever is newest/],
    ],
    compliant: [
      volume("/var/lib/pgkeep/images/debian-13.qcow2"),
      volume("https://cloud.example.org/images/20261101-2290/debian-13.qcow2"),
    ],
  },
  {
    rule: "logins-by-key",
    violating: [
      [seed("write_files:\n- content: |\n    PasswordAuthentication yes\n"), /sshd takes passwords/],
      [seed("#cloud-config\nssh_pwauth: true\n"), /cloud-init lets sshd/],
      [seed("users:\n  - name: ops\n    lock_passwd: false\n"), /password unlocked/],
      [command("ssh -o StrictHostKeyChecking=no root@10.0.0.1 true"), /not checked/],
    ],
    compliant: [seed("PasswordAuthentication no\n# PasswordAuthentication yes\nlock_passwd: true\n")],
  },
  {
    rule: "host-protection-on",
    violating: [
      [command("systemctl disable --now nftables"), /the firewall is stopped/],
      [command("ufw disable"), /the firewall is stopped/],
      [seed("runcmd:\n- setenforce 0\n"), /SELinux is off/],
      [command("sed -i 's/$/ apparmor=0/' /etc/default/grub"), /mandatory access control/],
      [seed('security_driver = "none"\n'), /confines no guest/],
    ],
    compliant: [
      command("systemctl enable --now nftables && systemctl restart nftables"),
      seed("SELINUX=enforcing\n# SELINUX=disabled\n"),
    ],
  },
];
