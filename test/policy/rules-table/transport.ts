import type { Subject } from "../../../policy/index.js";
import { subject } from "../fixtures.js";
import type { RuleTable } from "./table.js";

const uri = (text: string | undefined): Subject => subject("provider", { uri: text });

export const transportTable: RuleTable = [
  {
    rule: "hypervisor-transport",
    violating: [
      [uri("qemu+tcp://10.0.0.1/system"), /transport tcp/],
      [uri("qemu+ssh://root@10.0.0.1/system?keyfile=/k"), /no known_hosts/],
      [uri("qemu+ssh://root@10.0.0.1/system?knownhosts=/dev/null"), /no known_hosts/],
      [uri("qemu+ssh://root@10.0.0.1/system?knownhosts=/h&known_hosts_verify=ignore"), /switched off/],
      [uri("qemu+ssh://root:pw@10.0.0.1/system?knownhosts=/h"), /password/],
      [uri("qemu+tls://10.0.0.1/system?no_verify=1"), /switched off/],
      [uri(undefined), /the environment decides/],
    ],
  },
  {
    rule: "command-host-key",
    violating: [
      [subject("remote", { connection: { host: "10.0.0.1" } }), /\.connection\.hostKey: no host key/],
      [
        subject("remote", { connection: { host: "10.0.0.1", hostKey: "k", proxy: { host: "p" } } }),
        /\.connection\.proxy\.hostKey/,
      ],
    ],
  },
];
