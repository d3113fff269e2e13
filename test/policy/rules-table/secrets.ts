import { seed, subject } from "../fixtures.js";
import type { RuleTable } from "./table.js";
import { vmSecretCases } from "./vsphere.js";

export const secretsTable: RuleTable = [
  {
    rule: "secrets-are-secret",
    violating: [
      [subject("remote", {}, { secretPaths: [] }), /\.connection\.privateKey: holds a private key in clear/],
      [subject("remote", {}, { secretPaths: undefined }), /cannot be told/],
      [
        subject("remote", { environment: { PGPASSWORD: "hunter2hunter2" } }),
        /\.environment\.PGPASSWORD: holds a secret by its name in clear/,
      ],
      [
        subject("cluster", { note: "postgres://app:hunter2hunter2@db/shop" }, { secretPaths: [] }),
        /a password in an address/,
      ],
      [
        subject("network", { description: `SCRAM-SHA-256$4096:${"A".repeat(24)}$x:y` }, { secretPaths: [] }),
        /a SCRAM verifier/,
      ],
      [
        subject("network", { certificates: { serverCASecret: "orders-authority" } }, { secretPaths: [] }),
        /\.certificates\.serverCASecret: holds a secret by its name/,
      ],
    ],
    compliant: [
      // A Cluster of CloudNativePG names Secrets, and is promoted by what another one tells.
      subject(
        "network",
        {
          spec: {
            certificates: { serverCASecret: "orders-authority", clientCASecret: "orders-authority" },
            replica: { promotionToken: "eyJyZWRvV2FsRmlsZSI6IjAifQ==" },
          },
        },
        { secretPaths: [] },
      ),
    ],
  },
  {
    rule: "no-secret-on-command-line",
    violating: [
      [subject("remote", { create: "PGPASSWORD=hunter2hunter2 psql" }), /\.create: holds a password/],
      [
        subject("remote", { update: "psql -c \"ALTER ROLE app PASSWORD 'hunter2hunter2'\"" }),
        /SQL statement/,
      ],
      [subject("remote", { delete: "curl https://u:hunter2hunter2@x/" }), /password in an address/],
    ],
  },
  {
    rule: "no-secret-in-seed",
    violating: [
      [seed("password: hunter2hunter2\n"), /holds a password/],
      [seed("passwd: $6$rounds=4096$abcdefghijklmnop$0123456789abcdef"), /hashed password/],
      [
        seed(Buffer.from("-----BEGIN PRIVATE KEY-----\nhunter2hunter2hunter2hunter2\n").toString("base64")),
        /private key/,
      ],
      [seed("repo1-cipher-pass=hunter2hunter2hunter2"), /holds a password/],
      [seed('key "pgkeep" { algorithm hmac-sha256; secret "aHVudGVyMmh1bnRlcjI="; };'), /TSIG/],
      ...vmSecretCases,
    ],
  },
];
