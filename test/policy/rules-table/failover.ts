import { seed, subject } from "../fixtures.js";
import type { RuleTable } from "./table.js";

const command = (stdin: string) => subject("remote", { stdin });
const patroni = (restapi: string, ctl: string, etcd: string): string =>
  `restapi:\n  listen: 10.0.0.1:8008\n  verify_client: ${restapi}\nctl:\n  insecure: ${ctl}\netcd3:\n  hosts:\n    - 10.0.0.1:2379\n  protocol: ${etcd}\n`;
const key = (mode: string): string =>
  JSON.stringify({
    files: [{ path: "/k", mode, owner: "root:root", content: "-----BEGIN PRIVATE KEY-----\nx" }],
  });

export const failoverTable: RuleTable = [
  {
    rule: "cluster-links-proven",
    violating: [
      [seed(patroni("none", "false", "https")), /asks no client/],
      [seed(patroni("optional", "false", "https")), /asks no client/],
      [command(patroni("required", "true", "https")), /trusts any server/],
      [command(patroni("required", "false", "http")), /talks to etcd in clear/],
      [command("ETCD_LISTEN_PEER_URLS=http://10.0.0.1:2380\n"), /listens without TLS/],
      [
        command("etcd --listen-client-urls https://10.0.0.1:2379,http://10.0.0.1:2379"),
        /listens without TLS/,
      ],
      [seed("ETCD_PEER_CLIENT_CERT_AUTH=false\n"), /etcd asks no client/],
      [command("etcd --client-cert-auth=false"), /etcd asks no client/],
    ],
    compliant: [
      seed(patroni("required", "false", "https")),
      command(
        "ETCD_LISTEN_CLIENT_URLS=https://10.0.0.1:2379,http://127.0.0.1:2379\nETCD_CLIENT_CERT_AUTH=true\n",
      ),
      command("proxy:\n  protocol: http\n"),
    ],
  },
  {
    rule: "watchdog-required",
    violating: [
      [seed("watchdog:\n  mode: off\n"), /the mode is off/],
      [command('{"watchdog": {"mode": "automatic"}}'), /the mode is automatic/],
    ],
    compliant: [seed("watchdog:\n  mode: required\n"), seed("tags:\n  mode: off\n")],
  },
  {
    rule: "kernel-hardened",
    violating: [
      [seed("net.ipv4.ip_forward = 1\n"), /ip_forward: the server forwards/],
      [seed("net.ipv4.conf.all.accept_redirects=1\n"), /change its routes/],
      [command("sysctl -w net.ipv4.conf.all.accept_source_route=1"), /past the filters/],
      [seed("net.ipv4.conf.all.rp_filter = 0\n"), /forged senders/],
      [seed("fs.suid_dumpable = 2\n"), /land in a file/],
      [seed("kernel.kptr_restrict = 0\n"), /addresses of the kernel/],
      [seed("kernel.dmesg_restrict = 0\n"), /reads the kernel's log/],
      [seed("kernel.randomize_va_space = 0\n"), /not randomized/],
    ],
    compliant: [seed("net.ipv4.ip_forward = 0\n# kernel.kptr_restrict = 0\nkernel.kptr_restrict = 2\n")],
  },
  {
    rule: "secret-files-private",
    violating: [
      [command(key("0644")), /a private key gets mode 644/],
      [command(key("0660")), /mode 660/],
      [command(JSON.stringify({ nested: key("0604") })), /mode 604/],
    ],
    compliant: [command(key("0600")), command(key("0640")), command(key("0400"))],
  },
];
