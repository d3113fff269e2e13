import { seed, subject } from "../fixtures.js";
import type { RuleTable } from "./table.js";

export const repositoryTable: RuleTable = [
  {
    rule: "repository-encrypted",
    violating: [
      [seed("[global]\nrepo1-cipher-type=none\n"), /repo1-cipher-type is none/],
      [
        subject("remote", { stdin: JSON.stringify({ conf: "repo2-cipher-type = none\n" }) }),
        /repo2-cipher-type/,
      ],
    ],
    compliant: [seed("[global]\nrepo1-cipher-type=aes-256-cbc\n")],
  },
  {
    rule: "repository-retention",
    violating: [
      [seed("[global]\nrepo1-retention-full=1\n"), /repo1-retention-full is 1, less than 2 copies/],
      [seed("[global]\nrepo1-retention-full-type=time\nrepo1-retention-full=3\n"), /is 3, less than 7 days/],
    ],
    compliant: [
      seed("[global]\nrepo1-retention-full=2\n"),
      seed("[global]\nrepo1-retention-full-type=time\nrepo1-retention-full=14\n"),
    ],
  },
  {
    rule: "repository-verified",
    violating: [
      [seed("repo1-storage-verify-tls=n\n"), /repo1-storage-verify-tls is off/],
      [subject("remote", { create: "pgbackrest --no-repo1-s3-verify-tls check" }), /switched off/],
      [seed("repo1-sftp-host-key-check-type=none\n"), /repo1-sftp-host-key-check-type is none/],
    ],
    compliant: [seed("repo1-storage-verify-tls=y\nrepo1-sftp-host-key-check-type=fingerprint\n")],
  },
];
