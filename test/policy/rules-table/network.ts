import { COMPLIANT, seed, subject } from "../fixtures.js";
import type { Subject } from "../../../policy/index.js";
import type { RuleTable } from "./table.js";

const filter = (...rules: string[]): Subject =>
  subject("filter", { stdin: `<filter name='pg' chain='root'>${rules.join("\n")}</filter>` });
const accept = (inner: string, direction = "in"): Subject =>
  filter(`<rule action='accept' direction='${direction}'>${inner}</rule>`);
const nft = (policy: string, ...rules: string[]): Subject =>
  seed(`#cloud-config
write_files:
- content: |
    table inet filter {
      chain input {
        type filter hook input priority filter; ${policy}
        ${rules.join("\n        ")}
      }
    }
`);
const command = (create: string): Subject => subject("remote", { create });

const DROP = "<rule action='drop' direction='inout' priority='1000'><all/></rule>";

export const networkTable: RuleTable = [
  {
    rule: "network-isolated",
    violating: [
      [subject("network", { mode: "nat" }), /mode nat forwards/],
      [subject("network", { mode: undefined }), /mode nat forwards/],
      [subject("network", { mode: "route" }), /mode route forwards/],
    ],
  },
  {
    rule: "filter-drops-the-rest",
    violating: [
      [
        subject("filter", {
          stdin:
            "<filter name='pg'><rule action='drop' direction='inout' priority='900'><all/></rule></filter>",
        }),
        /<all-ipv6\/>/,
      ],
      [
        subject("filter", {
          stdin:
            "<filter name='pg'><rule action='drop' direction='in' priority='900'><all/></rule><rule action='drop' direction='inout'><all-ipv6/></rule></filter>",
        }),
        /<all\/>/,
      ],
      [
        // One complete filter does not answer for another.
        subject("filter", {
          stdin: `${String(COMPLIANT.filter()["stdin"])}<filter name='other'><rule action='drop' direction='inout'><all/></rule></filter>`,
        }),
        /<all-ipv6\/>/,
      ],
      [
        filter(
          "<rule action='drop' direction='inout'><all srcipaddr='10.0.0.1'/></rule>",
          "<rule action='drop' direction='inout'><all-ipv6/></rule>",
        ),
        /<all\/>/,
      ],
    ],
    compliant: [
      filter(
        "<rule direction='in' action='drop'>\n<all comment='the rest'/></rule><rule direction='out' action='reject'><all/></rule>",
        '<rule priority="1000" direction="inout" action="drop"><all-ipv6 /></rule>',
      ),
      command(
        'echo "<filter name=\\"pg\\"><rule action=\\"drop\\" direction=\\"inout\\"><all/></rule><rule action=\\"drop\\" direction=\\"inout\\"><all-ipv6/></rule></filter>"',
      ),
    ],
  },
  {
    rule: "no-open-source",
    violating: [
      [
        subject("filter", {
          stdin: "<filter name='pg'><rule action='accept' direction='in' priority='1'><tcp/></rule></filter>",
        }),
        /every source/,
      ],
      [
        subject("filter", {
          stdin:
            "<filter name='x'><rule action='accept' direction='in'><tcp srcipaddr='0.0.0.0' srcipmask='0' dstportstart='5432'/></rule></filter>",
        }),
        /every source/,
      ],
      [
        seed("write_files:\n- content: |\n    hostssl shop app 0.0.0.0/0 scram-sha-256\n"),
        /pg_hba.conf accepts every address/,
      ],
      [
        seed(
          `b64: ${Buffer.from("# a longer line of comment, so that it is found\nhostssl all all ::/0 cert\n").toString("base64")}`,
        ),
        /every address/,
      ],
      [
        subject("remote", { create: "nft add rule inet f i ip saddr 0.0.0.0/0 tcp dport 5432 accept" }),
        /nftables accepts every source/,
      ],
      [accept("<tcp dstportstart='5432'/>"), /a filter accepts every source/],
      [seed("<rule direction='inout' action='accept'><all-ipv6 comment='all'/></rule>"), /a filter accepts/],
      [accept("<tcp srcipaddr='0.0.0.0' srcipmask='0.0.0.0'/>"), /a filter accepts/],
      [accept("<tcp srcipaddr='128.0.0.0' srcipmask='1' dstportstart='5432'/>"), /a filter accepts/],
      [accept("<tcp-ipv6 srcipaddr='::' srcipmask='0'/>"), /a filter accepts/],
      [accept("<tcp srcipfrom='0.0.0.1' srcipto='255.255.255.254'/>"), /a filter accepts/],
      [accept("<tcp match='no' srcipaddr='10.0.0.1'/>"), /a filter accepts/],
      [accept("<tcp state='NEW,ESTABLISHED' dstportstart='5432'/>"), /a filter accepts/],
      [
        command(`virsh nwfilter-define <(echo '<rule action="accept" direction="in"><tcp/></rule>')`),
        /a filter/,
      ],
      [seed("hostssl shop app 0.0.0.0 0.0.0.0 scram-sha-256\n"), /pg_hba\.conf accepts every address/],
      [seed("hostssl shop app :: :: scram-sha-256\n"), /pg_hba\.conf accepts/],
      [seed("hostssl shop app 0.0.0.0/1 scram-sha-256\n"), /pg_hba\.conf accepts.*\(0\.0\.0\.0\/1\)/],
      [seed("hostssl shop app 128.0.0.0/1 scram-sha-256\n"), /pg_hba\.conf accepts/],
      [seed("hostssl shop app 2000::/3 cert\n"), /pg_hba\.conf accepts/],
      [command(`echo "hostssl shop app all cert" >> pg_hba.conf`), /pg_hba\.conf accepts/],
      [
        seed(`pg_hba: ["local all postgres peer", "hostssl shop app 0.0.0.0/0 cert"]\n`),
        /pg_hba\.conf accepts/,
      ],
      [nft("policy drop;", "tcp dport 5432 accept"), /nftables accepts port 5432 from every source/],
      [nft("policy drop;", 'iifname "eth1" tcp dport { 22,\n 5432 } ct state new accept'), /port 5432/],
      [nft("policy drop;", "tcp dport 1024-65535 accept"), /port 5432/],
      [nft("policy drop;", "tcp dport != 22 accept"), /port 5432/],
      [nft("policy drop;", "tcp dport postgresql accept"), /port 5432/],
      [nft("policy drop;", "ip saddr != 10.0.0.1 tcp dport 5432 accept"), /port 5432/],
      [nft("policy drop;", "ip saddr { 0.0.0.0/1, 128.0.0.0/1 } tcp dport 5432 accept"), /every source/],
      [seed("chain postgres {\n  tcp dport 5432 accept\n}\n"), /port 5432/],
      [command('echo "tcp dport 5432 accept" >> /etc/nftables.d/pg.conf'), /port 5432/],
      [nft("policy accept;", "ip saddr 10.0.0.0/24 tcp dport 5432 accept"), /what no rule names/],
      [nft("", "ip saddr 10.0.0.0/24 tcp dport 5432 accept"), /what no rule names/],
      [command("nft add rule inet filter input tcp dport 5432 accept && true"), /port 5432/],
      [
        command(
          "nft 'add chain inet f i { type filter hook input priority 0; policy accept; }'; nft add rule inet f i ip saddr 10.0.0.1 tcp dport 5432 accept",
        ),
        /what no rule names/,
      ],
      [seed("listen_addresses = '*'\n"), /listens on every address/],
      [seed("listen_addresses='10.0.0.1, 0.0.0.0'\n"), /listens on every/],
      [seed("listen_addresses '::'\n"), /listens on every/],
      [seed('postgresql:\n  parameters: { listen_addresses: "*" }\n'), /listens on every/],
      [seed("postgresql:\n  listen: 0.0.0.0:5432\n"), /listens on every/],
      [command("postgres -D /data -c listen_addresses=*"), /listens on every/],
      [command(`psql -c "ALTER SYSTEM SET listen_addresses TO '*'"`), /listens on every/],
      [
        command(`sed -i "s/^#listen_addresses.*/listen_addresses = '*'/" postgresql.conf`),
        /listens on every/,
      ],
      [
        subject("remote", { stdin: JSON.stringify({ conf: "port = 5432\nlisten_addresses = '*'\n" }) }),
        /listens/,
      ],
    ],
    compliant: [
      accept("<tcp dstportstart='443'/>", "out"),
      accept("<icmp/>"),
      accept("<udp dstportstart='68'/>"),
      accept("<tcp state='ESTABLISHED,RELATED'/>"),
      accept("<tcp srcipfrom='10.0.0.1' srcipto='10.0.0.9'/>"),
      accept("<tcp ipset='clients' ipsetflags='src'/>"),
      accept("<!-- <rule action='accept' direction='in'><tcp/></rule> --><tcp srcipaddr='$IP'/>"),
      seed(
        "host all all 0.0.0.0/0 reject\nhost all all 0.0.0.0 0.0.0.0 reject\nhostssl a b 10.0.0.0/8 cert\n",
      ),
      seed("hostssl shop app db-1.example.org scram-sha-256\nhostssl shop app samenet scram-sha-256\n"),
      nft(
        "policy drop;",
        "iif lo tcp dport 5432 accept",
        "tcp dport 22 accept # tcp dport 5432 accept",
        "udp dport 5432 accept",
        "ip saddr { 10.0.0.0/8,\n 192.168.0.1-192.168.0.9 } tcp dport 5432 accept",
        "ip saddr . tcp dport { 10.0.0.1 . 5432 } accept",
        "ip6 saddr @clients tcp dport 5432 accept",
        'tcp dport 5432 drop comment "accept later"',
      ),
      nft("policy accept;", "ip saddr 10.0.0.0/8 tcp dport 5432 accept", 'log prefix "x" counter drop'),
      nft(
        "policy accept;",
        "ip saddr 10.0.0.0/8 tcp dport 5432 accept",
        "tcp dport 5432 reject with tcp reset",
      ),
      nft("policy accept;", "ip saddr 10.0.0.0/8 tcp dport 22 accept"),
      seed(
        "chain output {\n type filter hook output priority 0; policy accept;\n tcp dport 5432 accept\n}\n",
      ),
      command("nft add rule inet filter output tcp dport 5432 accept"),
      seed("#listen_addresses = '*'\nlisten_addresses = 'localhost' # not '*'\n"),
      seed("postgresql:\n  listen: 10.0.0.1,[fd00::1]:5432\nrestapi:\n  listen: 0.0.0.0:8008\n"),
    ],
  },
  {
    rule: "filter-refuses-spoofing",
    violating: [
      [filter("<filterref filter='no-mac-spoofing'/>", DROP), /no-arp-spoofing is not used/],
      [filter(DROP), /no-ip-spoofing is not used/],
    ],
    compliant: [
      filter('<filterref filter="clean-traffic"/>', DROP),
      subject("filter", { stdin: "<filter name='pieces'><filterref filter='others'/></filter>" }),
    ],
  },
];
