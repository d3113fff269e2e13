import { GONE } from "./change.js";
import { HBA, REPOSITORY, SERVER as SETTINGS } from "./stack.js";
import { SERVER, type Row } from "./table.js";

const rule = (more: Readonly<Record<string, unknown>>): readonly [string, string, unknown] => [
  "role",
  "rules[2]",
  { apiGroups: [""], resources: ["pods"], verbs: ["get"], ...more },
];
const clusterRule = (more: Readonly<Record<string, unknown>>): readonly [string, string, unknown] => [
  "cluster-role",
  "rules[1]",
  { apiGroups: [""], resources: ["nodes"], verbs: ["get"], ...more },
];
const allow = (path: string, value: unknown): readonly [string, string, unknown] => [
  "allow-shop",
  `spec.${path}`,
  value,
];
const calico = (path: string, value: unknown): readonly [string, string, unknown] => [
  "calico-allow",
  `spec.${path}`,
  value,
];
const parameter = (name: string, value: unknown): readonly [string, string, unknown] => [
  "cluster",
  `spec.postgresql.parameters.${name}`,
  value,
];
/** The ConfigMap with other words in its files. */
const settings = (words: string | RegExp, by: string): readonly [string, string, unknown] => [
  "config",
  'data."postgresql.conf"',
  SETTINGS.replace(words, by),
];
const hba = (word: string, by: string): readonly [string, string, unknown] => [
  "config",
  'data."pg_hba.conf"',
  HBA.replaceAll(word, by),
];

const repository = (words: string, by: string): readonly [string, string, unknown] => [
  "repository",
  'data."pgbackrest.conf"',
  REPOSITORY.replace(words, by),
];

/** Who may do what, who reaches what, and how the server is set up. */
export const accessRows: readonly Row[] = [
  {
    rule: "kubernetes-role-no-wildcard",
    violating: [
      [rule({ verbs: ["*"] }), /\.rules\[2\]\.verbs: a star/],
      [rule({ resources: ["*"] }), /resources: a star/],
      [rule({ apiGroups: ["*"] }), /apiGroups: a star/],
      [rule({ resources: ["*/scale"] }), /resources: a star/],
      [clusterRule({ nonResourceURLs: ["*"] }), /nonResourceURLs: a star/],
    ],
  },
  {
    rule: "kubernetes-role-no-escalation",
    violating: [
      [clusterRule({ resources: ["clusterroles"], verbs: ["bind"] }), /gives its holder any role/],
      [rule({ resources: ["roles"], verbs: ["escalate"] }), /any role/],
      [rule({ resources: ["rolebindings"], verbs: ["create"] }), /hands roles out/],
      [clusterRule({ resources: ["users"], verbs: ["impersonate"] }), /another's name/],
      [rule({ resources: ["serviceaccounts/token"], verbs: ["create"] }), /makes tokens/],
      [
        clusterRule({ resources: ["certificatesigningrequests/approval"], verbs: ["update"] }),
        /approves certificates/,
      ],
      [clusterRule({ resources: ["nodes/proxy"], verbs: ["get"] }), /every node/],
      [
        clusterRule({ resources: ["mutatingwebhookconfigurations"], verbs: ["patch"] }),
        /everything that is created/,
      ],
      [clusterRule({ resources: ["persistentvolumes"], verbs: ["create"] }), /directories of nodes/],
    ],
    near: [
      rule({ resources: ["roles"], verbs: ["get"] }),
      clusterRule({ resources: ["persistentvolumes"], verbs: ["list"] }),
    ],
  },
  {
    rule: "kubernetes-role-no-exec",
    violating: [
      [rule({ resources: ["pods/exec"], verbs: ["create"] }), /opens shells/],
      [rule({ resources: ["pods/attach"], verbs: ["get"] }), /opens shells/],
      [rule({ resources: ["pods/ephemeralcontainers"], verbs: ["patch"] }), /into running pods/],
      [clusterRule({ resources: ["pods"], verbs: ["create"] }), /makes pods in every namespace/],
    ],
    near: [
      rule({ resources: ["pods"], verbs: ["create"] }),
      rule({ resources: ["pods/log"], verbs: ["get"] }),
    ],
  },
  {
    rule: "kubernetes-role-secrets-by-name",
    violating: [
      [["role", "rules[1].resourceNames", GONE], /no names limit/],
      [["role", "rules[1].verbs", ["get", "list"]], /list and watch read every Secret/],
      [clusterRule({ resources: ["secrets"], resourceNames: ["a"], verbs: ["get"] }), /in every namespace/],
    ],
    near: [rule({ resources: ["secrets"], verbs: ["create"] })],
  },
  {
    rule: "kubernetes-binding-not-admin",
    violating: [
      [["binding", "roleRef.name", "cluster-admin"], /cluster-admin is bound/],
      [
        ["binding", "subjects[1]", { kind: "Group", name: "system:authenticated" }],
        /system:authenticated is bound/,
      ],
      [["binding", "subjects[1]", { kind: "Group", name: "system:masters" }], /system:masters/],
      [["binding", "subjects[1]", { kind: "User", name: "system:anonymous" }], /system:anonymous/],
      [["binding", "subjects[0].name", "default"], /the default account is bound/],
    ],
    near: [["binding", "subjects[1]", { kind: "User", name: "system:serviceaccount:jobs:backup" }]],
  },
  {
    rule: "kubernetes-default-deny",
    violating: [
      [{ without: ["deny-shop", "calico-deny"] }, /nothing denies ingress by default in namespace shop/],
      [
        { without: ["calico-deny"], changes: [["deny-shop", "spec.policyTypes", ["Ingress"]]] },
        /nothing denies egress by default in namespace shop/,
      ],
      [{ without: ["calico-deny"] }, /nothing denies egress by default in namespace ledger/],
      [
        { without: ["calico-deny"], changes: [["deny-shop", "spec.ingress", [{}]]] },
        /denies ingress .* shop/,
      ],
      [
        {
          without: ["calico-deny"],
          changes: [["deny-shop", "spec.podSelector", { matchLabels: { app: "x" } }]],
        },
        /shop/,
      ],
      [["calico-deny", "spec.selector", "app == 'orders'"], /ledger/],
      [["calico-deny", "spec.egress", [{ action: "Allow" }]], /nothing denies egress .* ledger/],
    ],
    near: [{ without: ["deny-shop"] }, ["calico-deny", "spec.ingress", []]],
  },
  {
    rule: "kubernetes-ingress-named",
    violating: [
      [allow("ingress[0].from", GONE), /ingress\[0\]\.from: everybody is let in/],
      [allow("ingress[0].from", []), /everybody/],
      [allow("ingress[0].from[1]", { ipBlock: { cidr: "0.0.0.0/0" } }), /from\[1\]: everybody/],
      [allow("ingress[0].from[1]", { ipBlock: { cidr: "::/0" } }), /everybody/],
      [allow("ingress[0].from[0]", { namespaceSelector: {} }), /everybody/],
      [allow("ingress[1]", {}), /ingress\[1\]/],
      [allow("ingress[1]", { ports: [{ port: "postgresql" }] }), /everybody/],
      [allow("ingress[1]", { ports: [{ port: 5000, endPort: 6000 }] }), /everybody/],
      [allow("ingress[1]", { ports: [{ port: 8432 }] }), /everybody/],
    ],
    near: [
      allow("ingress[1]", { ports: [{ port: 443 }] }),
      allow("ingress[0].from[0]", { namespaceSelector: {}, podSelector: { matchLabels: { app: "shop" } } }),
      allow("ingress[0].from[0]", { podSelector: {} }),
    ],
  },
  {
    rule: "kubernetes-egress-named",
    violating: [
      [allow("egress[2]", {}), /\.spec\.egress\[2\]\.to: everything is reachable/],
      [allow("egress[0].to[0].ipBlock.cidr", "0.0.0.0/0"), /everything is reachable/],
      [allow("egress[1].ports[2]", { port: 443 }), /everything is reachable/],
    ],
    near: [allow("egress[0].to[0].ipBlock.cidr", "10.20.0.0/16")],
  },
  {
    rule: "kubernetes-service-inside",
    violating: [
      [["service", "spec.type", "NodePort"], /the database is open on every node/],
      [["service", "spec.externalIPs", ["192.0.2.1"]], /external addresses are claimed/],
      [["balancer", "spec.loadBalancerSourceRanges", GONE], /no source ranges/],
      [["balancer", "spec.loadBalancerSourceRanges", ["0.0.0.0/0"]], /0\.0\.0\.0\/0 is everybody/],
    ],
    near: [
      ["service", "spec.type", GONE],
      ["service", "spec.externalIPs", []],
    ],
  },
  {
    rule: "kubernetes-operated-service-inside",
    violating: [
      [
        ["cluster", "spec.managed.services.additional[0].serviceTemplate.spec.type", "LoadBalancer"],
        /no source ranges/,
      ],
      [
        ["cluster", "spec.managed.services.additional[0].serviceTemplate.spec.type", "NodePort"],
        /every node/,
      ],
    ],
    near: [
      [
        "cluster",
        "spec.managed.services.additional[0].serviceTemplate.spec",
        { type: "LoadBalancer", loadBalancerSourceRanges: ["10.0.0.0/24"] },
      ],
    ],
  },
  {
    rule: "kubernetes-calico-public-api",
    violating: [
      [
        {
          added: {
            old: {
              type: "kubernetes:crd.projectcalico.org/v1:GlobalNetworkPolicy",
              inputs: { metadata: { name: "x" } },
            },
          },
        },
        /crd\.projectcalico\.org\/v1:GlobalNetworkPolicy is internal/,
      ],
    ],
  },
  {
    rule: "kubernetes-calico-explicit",
    violating: [
      [calico("order", GONE), /no order is given/],
      [calico("order", "10"), /no order is given/],
      [calico("types", GONE), /no direction is given/],
    ],
  },
  {
    rule: "kubernetes-calico-named",
    violating: [
      [calico("ingress[0].source", GONE), /everybody is let in/],
      [calico("ingress[0].source", { nets: ["0.0.0.0/0"] }), /source\.nets: everybody/],
      [calico("ingress[0].source", { selector: "all()" }), /everybody/],
      [calico("ingress[0].source", {}), /everybody/],
      [
        calico("egress[0]", { action: "Allow", protocol: "TCP" }),
        /egress\[0\]\.destination: everything is reachable/,
      ],
      [
        calico("egress[0]", { action: "Allow", destination: { ports: [53, 443] } }),
        /everything is reachable/,
      ],
      [calico("egress[0]", { action: "Allow", destination: { nets: ["::/0"] } }), /everything is reachable/],
    ],
    near: [
      calico("ingress[0]", { action: "Pass" }),
      calico("ingress[0].source", { nets: ["10.1.0.0/24"] }),
      calico("egress[0]", { action: "Pass" }),
      calico("egress[0]", { action: "Allow", protocol: "UDP", destination: { ports: [53] } }),
      calico("egress[0]", { action: "Allow", destination: { nets: ["10.1.0.0/24"], ports: [443] } }),
      calico("egress[0]", { action: "Allow", destination: { selector: "app == 'store'" } }),
    ],
  },
  {
    rule: "kubernetes-calico-final-deny",
    violating: [
      [{ without: ["calico-deny"] }, /nothing denies the rest in the tier default/],
      [["calico-deny", "spec.tier", "platform"], /tier default/],
      [
        ["calico-deny", "spec.order", 5],
        /NetworkPolicy ledger-clients \(order 10\) allows what .* \(order 5\) has denied/,
      ],
      [["calico-deny", "spec.ingress[1].action", "Pass"], /nothing denies the rest/],
      [["calico-deny", "spec.ingress[1]", { action: "Deny", protocol: "TCP" }], /nothing denies the rest/],
    ],
    near: [calico("ingress[0].action", "Deny")],
  },
  {
    rule: "kubernetes-operated-durable",
    violating: [
      [
        parameter("synchronous_commit", "off"),
        /\.spec\.postgresql\.parameters\.synchronous_commit: .* is off/,
      ],
      [parameter("wal_level", "minimal"), /wal_level is minimal/],
      [parameter("ignore_checksum_failure", "on"), /handed out as data/],
      [parameter("zero_damaged_pages", "on"), /damage is overwritten/],
      [parameter("fsync", false), /fsync is off/],
      [parameter("full_page_writes", "off"), /full_page_writes is off/],
      [parameter("archive_command", "echo archived %p"), /keeps nothing/],
      [parameter("archive_command", "/bin/true"), /keeps nothing/],
      [parameter("archive_mode", "off"), /archive_mode is off/],
    ],
    near: [
      parameter("synchronous_commit", "remote_apply"),
      parameter("archive_command", "test ! -f /a/%f && cp %p /a/%f"),
    ],
  },
  {
    rule: "kubernetes-operated-server-safe",
    violating: [
      [parameter("ssl", "off"), /ssl is off/],
      [parameter("ssl_min_protocol_version", "TLSv1"), /TLS before 1\.2/],
      [parameter("password_encryption", "md5"), /not stored as SCRAM/],
      [parameter("log_connections", "off"), /log_connections is off/],
      [parameter("row_security", "off"), /row_security/],
      [parameter("allow_system_table_mods", "on"), /system tables/],
    ],
    near: [
      parameter("ssl_min_protocol_version", "TLSv1.2"),
      parameter("password_encryption", "scram-sha-256"),
    ],
  },
  {
    rule: "kubernetes-server-encrypts",
    violating: [
      [settings("ssl = on\n", ""), /nothing shows a server with TLS \(ssl = on\) for StatefulSet orders/],
      [settings("ssl = on", "ssl = off"), /a server with TLS/],
      [hba("hostssl", "host"), /demands TLS/],
      [hba("reject", "scram-sha-256"), /rejects the rest/],
      [{ without: ["config"] }, /rejects the rest/],
      [["config", "metadata.namespace", "jobs"], /demands TLS/],
    ],
    near: [
      { changes: [settings("ssl = on\n", ""), ["database", `${SERVER}.args[2]`, "--ssl=on"]] },
      {
        changes: [["config", 'data."pg_hba.conf"', ""]],
        added: {
          hba: {
            type: "kubernetes:core/v1:Secret",
            inputs: {
              metadata: { name: "hba", namespace: "shop" },
              data: { "pg_hba.conf": Buffer.from(HBA).toString("base64") },
            },
          },
        },
      },
    ],
  },
  {
    rule: "kubernetes-server-archives",
    violating: [
      [settings("archive_mode = on", "archive_mode = off"), /nothing shows archive_mode = on/],
      [settings(/archive_command.*\n/, ""), /an archive_command or archive_library/],
    ],
    near: [
      settings("archive_mode = on", "archive_mode = always"),
      settings(/archive_command.*/, "archive_library = 'pgbackrest'"),
    ],
  },
  {
    rule: "kubernetes-repository-away",
    violating: [
      [
        repository("repo1-cipher-type=aes-256-cbc", "repo1-cipher-type=none"),
        /nothing shows an encrypted repository/,
      ],
      [repository("repo1-retention-full=7", ""), /a retention for StatefulSet orders/],
      [repository("repo1-type=s3", "repo1-type=posix"), /away from the cluster/],
      [{ without: ["repository"] }, /an encrypted repository/],
    ],
    near: [repository("repo1-type=s3", "repo1-host=backup.example.org")],
  },
  {
    rule: "kubernetes-server-audits",
    violating: [
      [settings(/log_connections.*/, "log_connections = off"), /a log of connections/],
      [settings("'pgaudit'", "''"), /pgAudit/],
      [settings(/shared_preload_libraries.*/, "# shared_preload_libraries = 'pgaudit'"), /pgAudit/],
    ],
    near: [settings("'pgaudit'", "'pg_stat_statements, pgaudit'")],
  },
  {
    rule: "kubernetes-initdb-safe",
    violating: [
      [
        ["database", `${SERVER}.env[3]`, { name: "POSTGRES_HOST_AUTH_METHOD", value: "trust" }],
        /METHOD is trust/,
      ],
      [["database", `${SERVER}.env[1].value`, "--no-data-checksums"], /switched off/],
      [["database", `${SERVER}.env[1].value`, "--auth-host=trust"], /initdb is told to trust/],
    ],
    near: [["database", `${SERVER}.env[3]`, { name: "POSTGRES_HOST_AUTH_METHOD", value: "scram-sha-256" }]],
  },
  {
    rule: "kubernetes-operated-tls-only",
    violating: [
      [["cluster", "spec.postgresql.pg_hba", GONE], /nothing refuses connections without TLS/],
      [["cluster", "spec.postgresql.pg_hba[1]", "host all all 10.0.0.0/8 reject"], /nothing refuses/],
      [["cluster", "spec.postgresql.pg_hba[1]", "host all all all scram-sha-256"], /nothing refuses/],
    ],
    near: [["cluster", "spec.postgresql.pg_hba[1]", "hostnossl all all all reject"]],
  },
];
