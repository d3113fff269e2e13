import { textOf } from "../../node.js";
import { forEach, type Find, type Rule } from "../../rule.js";
import { accepts, hbaRecords } from "../../text/hba.js";
import { isOff, isOn } from "../../text/settings.js";
import { objectRule, some, type KubernetesObject } from "./object.js";
import { containerRule, variable } from "./pod.js";

interface Setting {
  readonly name: string;
  readonly wrong: (value: string) => boolean;
  readonly so: string;
}

/** What stands for an archive and keeps nothing. */
const NO_ARCHIVE = /^(?:(?:\/usr)?\/bin\/)?(?:true|:|exit 0|(?:echo|test)\b[^&|;>]*)$/;

/** Settings that lose or tear data, or keep no history of it. */
const DURABILITY: readonly Setting[] = [
  { name: "fsync", wrong: isOff, so: "fsync is off: a crash of the node tears the data directory" },
  { name: "full_page_writes", wrong: isOff, so: "full_page_writes is off: half-written pages stay" },
  {
    name: "synchronous_commit",
    wrong: isOff,
    so: "synchronous_commit is off: acknowledged commits are lost",
  },
  {
    name: "zero_damaged_pages",
    wrong: isOn,
    so: "zero_damaged_pages is on: damage is overwritten with nothing",
  },
  {
    name: "ignore_checksum_failure",
    wrong: isOn,
    so: "ignore_checksum_failure is on: damage is handed out as data",
  },
  {
    name: "wal_level",
    wrong: (value) => /^minimal$/i.test(value),
    so: "wal_level is minimal: nothing can be archived",
  },
  { name: "archive_mode", wrong: isOff, so: "archive_mode is off" },
  {
    name: "archive_command",
    wrong: (value) => NO_ARCHIVE.test(value.trim()),
    so: "the archive command keeps nothing",
  },
];

/** Settings that open the server, or let it forget who came. */
const SECURITY: readonly Setting[] = [
  { name: "ssl", wrong: isOff, so: "ssl is off" },
  {
    name: "ssl_min_protocol_version",
    wrong: (value) => /^(?:TLSv1(?:\.1)?)?$/i.test(value),
    so: "TLS before 1.2 is accepted",
  },
  {
    name: "password_encryption",
    wrong: (value) => !/^scram-sha-256$/i.test(value),
    so: "passwords are not stored as SCRAM",
  },
  { name: "log_connections", wrong: (value) => value === "" || isOff(value), so: "log_connections is off" },
  { name: "allow_system_table_mods", wrong: isOn, so: "system tables can be changed" },
  { name: "row_security", wrong: isOff, so: "row_security is off" },
];

/** Says which parameters of a CloudNativePG Cluster are wrong; the rules about texts do not see a map of settings. */
function judgeParameters({ spec }: KubernetesObject, settings: readonly Setting[], find: Find): void {
  const parameters = spec.at("postgresql").at("parameters");
  forEach(settings, ({ name, wrong, so }) => {
    const { value } = parameters.at(name);
    if (value !== undefined && value !== null && wrong(textOf(value))) find(so, parameters.at(name));
  });
}

/** How PostgreSQL is set up by its image and by its operator. What files and commands say, rules for every platform judge. */
export const kubernetesServerRules: readonly Rule[] = [
  objectRule({
    id: "kubernetes-operated-durable",
    title: "No parameter of a CloudNativePG Cluster trades its data for speed.",
    severity: "critical",
    level: "mandatory",
    kinds: ["postgresql.cnpg.io/Cluster"],
    why: "A snapshot or a restarted pod recovers only what was written in order; without fsync and full pages it may start and be wrong.",
    fix: "leave fsync, full_page_writes, synchronous_commit, wal_level and archive_mode out.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13", "CIS PostgreSQL 6.5", "CIS PostgreSQL 7.4"],
    judge: (cluster, find) => judgeParameters(cluster, DURABILITY, find),
  }),
  objectRule({
    id: "kubernetes-operated-server-safe",
    title: "Parameters of a CloudNativePG Cluster keep TLS, SCRAM and the log of connections on.",
    severity: "high",
    level: "mandatory",
    kinds: ["postgresql.cnpg.io/Cluster"],
    why: "The operator's defaults are sound; a parameter in the Cluster takes them away without a word in any file.",
    fix: "leave ssl, ssl_min_protocol_version and password_encryption out; log_connections: on.",
    controls: ["CIS PostgreSQL 6.8", "CIS PostgreSQL 3.1.20", "CIS PostgreSQL 5.4", "PCI DSS 4.2.1"],
    judge: (cluster, find) => judgeParameters(cluster, SECURITY, find),
  }),
  containerRule({
    id: "kubernetes-initdb-safe",
    title: "A new data directory starts with checksums, and trusts nobody.",
    severity: "critical",
    level: "mandatory",
    why: "POSTGRES_HOST_AUTH_METHOD=trust lets everybody in as anybody; without checksums damage is found when it is everywhere, in the backups too.",
    fix: 'POSTGRES_INITDB_ARGS="--auth=scram-sha-256 --data-checksums", and no POSTGRES_HOST_AUTH_METHOD.',
    controls: ["CIS PostgreSQL 5.3", "CIS PostgreSQL 5.4", "PCI DSS 8.3.1"],
    judge: (container, find) => {
      const at = container.at.at("env");
      const method = variable(container, "POSTGRES_HOST_AUTH_METHOD") ?? "scram-sha-256";
      if (/^(?:trust|password|md5|ident)$/.test(method)) find(`POSTGRES_HOST_AUTH_METHOD is ${method}`, at);
      const options = variable(container, "POSTGRES_INITDB_ARGS") ?? "";
      if (/--no-data-checksums\b/.test(options)) find("data checksums are switched off", at);
      if (/(?:--auth(?:-host|-local)?[= ]|-A\s*)(?:trust|password|md5|ident)\b/.test(options))
        find("initdb is told to trust", at);
    },
  }),
  objectRule({
    id: "kubernetes-operated-tls-only",
    title: "A CloudNativePG Cluster refuses connections without TLS.",
    severity: "high",
    level: "mandatory",
    kinds: ["postgresql.cnpg.io/Cluster"],
    why: "The operator ends pg_hba.conf with `host all all all scram-sha-256`, which takes plain text as well.",
    fix: 'postgresql.pg_hba with "hostssl …" records and, as the last, "host all all all reject".',
    controls: ["CIS PostgreSQL 5.4", "CIS PostgreSQL 6.8", "PCI DSS 4.2.1"],
    judge: ({ spec, partial }, find) => {
      const records = spec.at("postgresql").list("pg_hba");
      const refused = (text: string): boolean =>
        hbaRecords(text).some(
          (record) =>
            ["host", "hostnossl"].includes(record.kind) &&
            record.user === "all" &&
            record.address === "all" &&
            !accepts(record),
        );
      if (!partial && !some(records, ({ value }) => refused(textOf(value))))
        find("nothing refuses connections without TLS", spec.at("postgresql").at("pg_hba"));
    },
  }),
];
