import { plainTexts } from "../facts.js";
import type { Control } from "../controls.js";
import { resourceRule, type ResourceRule, type Rule, type Severity } from "../rule.js";
import { isOff, isOn, settingsIn } from "../text/settings.js";

interface SettingRule {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly why: string;
  readonly fix: string;
  readonly controls: readonly Control[];
  /** What is wrong with a plain text, one sentence for each fault. */
  readonly faults: (text: string) => readonly string[];
}

/** A rule about PostgreSQL's settings and statements, wherever a text holds them: cloud-init, ConfigMap, command, bundle. */
function settingRule({ faults, ...rule }: SettingRule): ResourceRule {
  return resourceRule({
    ...rule,
    level: "mandatory",
    types: [/.*/],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource)) for (const fault of faults(text)) find(fault, at);
    },
  });
}

/** One sentence for each of the settings that has a value of the wrong kind. */
function wrong(
  text: string,
  names: readonly string[],
  isWrong: (value: string) => boolean,
  says: (name: string, value: string) => string,
): string[] {
  return names.flatMap((name) =>
    settingsIn(text, name)
      .filter(isWrong)
      .slice(0, 1)
      .map((value) => says(name, value)),
  );
}

/** Commands that report success and archive nothing. */
const DOES_NOTHING =
  /^(?:|:|true|\/bin\/true|\/usr\/bin\/true|cd \.|exit 0|echo\b[^&|;]*|test [^&|;]*|\(disabled\))$/;

/** An empty text is given, and no library either; a value that merely stands on the next line is none. */
function isEmptied(text: string): boolean {
  return (
    /archive_command["']?[ \t]*(?:[=:]|[ \t]to)[ \t]*(?:''|"")/i.test(text) &&
    settingsIn(text, "archive_library").every((value) => value === "")
  );
}

/** A restore for a drill rightly does not archive; its options are not the server's. */
const RESTORES = /^.*\bpgbackrest\b.*\brestore\b.*$/gm;
const WEAK_CIPHERS =
  /^(?:ALL|DEFAULT|MEDIUM|LOW|EXP\w*|e?NULL|aNULL|ADH|AECDH|.*(?:RC4|3DES|DES|MD5|IDEA|SEED).*)$/i;

function weakCiphers(list: string): string[] {
  return list
    .split(/[:, ]+/)
    .filter((word) => !/^[!-]/.test(word) && WEAK_CIPHERS.test(word.replace(/^\+/, "")));
}

/** What a prefix has to tell: each with the escapes that tell it. */
const PREFIX = [
  ["when", /%[mtn]/],
  ["who", /%u/],
  ["which database", /%d/],
  ["from where", /%[hr]/],
] as const;

/** Classes of statements that an audit must have; `all` has them, `-write` takes one away. */
function auditsEnough(list: string): boolean {
  const words = list.toLowerCase().split(/[, ]+/);
  return ["ddl", "role", "write"].every(
    (each) => !words.includes(`-${each}`) && (words.includes(each) || words.includes("all")),
  );
}

const MIGHTY = /\b(?:CREATE|ALTER)\s+(?:ROLE|USER)\s+"?([\w-]+)"?[^;]*?\b(SUPERUSER|BYPASSRLS)\b/gi;
const SERVER_FILES =
  /\bGRANT\s+[^;]*?\b(pg_execute_server_program|pg_read_server_files|pg_write_server_files)\b[^;]*?\bTO\b/gi;

/** Durability, audit and privileges of the server. */
export const settingRules: readonly Rule[] = [
  settingRule({
    id: "commits-durable",
    title: "What the server has confirmed is on disk.",
    severity: "critical",
    why: "Without fsync and full page writes a power cut tears the files for good; with synchronous_commit off it takes confirmed transactions.",
    fix: "fsync, full_page_writes and synchronous_commit on, or left out.",
    controls: ["SOC 2 A1.2", "SOC 2 PI1.5", "ISO 27001 A.8.14"],
    faults: (text) =>
      wrong(text, ["fsync", "full_page_writes", "synchronous_commit"], isOff, (name) => `${name} is off`),
  }),
  settingRule({
    id: "wal-archived",
    title: "WAL is archived, and not into nothing.",
    severity: "critical",
    why: "Without the archive there is no recovery to a point in time; a command that only says yes lets the server throw WAL away.",
    fix: "wal_level replica, archive_mode on, and an archive_command or archive_library that stores.",
    controls: ["CIS PostgreSQL 7.4", "SOC 2 A1.2", "ISO 27001 A.8.13"],
    faults: (given) => {
      const text = given.replace(RESTORES, "");
      return [
        ...wrong(text, ["archive_mode"], isOff, () => "archive_mode is off"),
        ...wrong(
          text,
          ["wal_level"],
          (value) => /^minimal$/i.test(value),
          () => "wal_level minimal archives nothing",
        ),
        ...wrong(
          text,
          ["archive_command"],
          (value) => DOES_NOTHING.test(value) && (value !== "" || isEmptied(text)),
          (_, value) => (value === "" ? "archive_command is empty" : "archive_command stores nothing"),
        ),
      ];
    },
  }),
  settingRule({
    id: "corruption-shown",
    title: "The server never hides that data is damaged.",
    severity: "critical",
    why: "These settings return wrong or zeroed rows instead of an error, and the next backup keeps them.",
    fix: "zero_damaged_pages, ignore_checksum_failure, ignore_invalid_pages and allow_system_table_mods off or left out; data checksums on.",
    controls: ["CIS PostgreSQL 6.5", "SOC 2 PI1.5"],
    faults: (text) => [
      ...wrong(
        text,
        ["zero_damaged_pages", "ignore_checksum_failure", "ignore_invalid_pages", "allow_system_table_mods"],
        isOn,
        (name) => `${name} is on`,
      ),
      ...(/\binitdb\b[^\n]*--no-data-checksums\b/.test(text) ? ["initdb leaves data checksums out"] : []),
    ],
  }),
  settingRule({
    id: "audit-extension-loaded",
    title: "Where libraries are loaded, pgAudit is one of them.",
    severity: "medium",
    why: "The server's own log tells statements, not what they touched; a list that replaces another drops the audit silently.",
    fix: "shared_preload_libraries with pgaudit, and pgaudit.log at least 'ddl, role, write'.",
    controls: ["CIS PostgreSQL 3.2", "PCI DSS 10.2.1", "SOC 2 CC7.2"],
    faults: (text) => [
      ...wrong(
        text,
        ["shared_preload_libraries"],
        (value) => !/\bpgaudit\b/.test(value) && !/[${]/.test(value),
        (_, value) => `shared_preload_libraries is "${value}", without pgaudit`,
      ),
      ...wrong(
        text,
        ["pgaudit.log"],
        (value) => !/[${]/.test(value) && !auditsEnough(value),
        (_, value) => `pgaudit.log is "${value}", without ddl, role or write`,
      ),
    ],
  }),
  settingRule({
    id: "log-lines-tell-who",
    title: "Log lines tell when, who, from where and in which database, to the end of the session.",
    severity: "medium",
    why: "Without these a line cannot be laid to anybody.",
    fix: "log_line_prefix '%m [%p]: db=%d,user=%u,app=%a,client=%h ' and log_disconnections on.",
    controls: ["CIS PostgreSQL 3.1.21", "CIS PostgreSQL 3.1.24", "PCI DSS 10.2.2", "ISO 27001 A.8.15"],
    faults: (text) => [
      ...wrong(text, ["log_disconnections"], isOff, () => "log_disconnections is off"),
      ...settingsIn(text, "log_line_prefix").flatMap((prefix) => {
        const missing = PREFIX.filter(([, escape]) => !escape.test(prefix)).map(([what]) => what);
        return missing.length === 0 ? [] : [`log_line_prefix does not tell ${missing.join(", ")}`];
      }),
    ],
  }),
  settingRule({
    id: "log-files-private",
    title: "The server's log is read by its own account and group only.",
    severity: "medium",
    why: "It holds statements with their values, names of users and of databases.",
    fix: "log_file_mode 0600 or 0640.",
    controls: ["PCI DSS 10.3.1", "ISO 27001 A.8.15"],
    faults: (text) =>
      wrong(
        text,
        ["log_file_mode"],
        (value) => /^0?[0-7]?[0-7][0-7][1-7]$/.test(value),
        (_, value) => `log_file_mode ${value} lets others in`,
      ),
  }),
  settingRule({
    id: "no-debug-output",
    title: "The server does not log parse trees and plans.",
    severity: "low",
    why: "They carry the values of statements, which the other settings of the log keep out.",
    fix: "debug_print_parse, debug_print_rewritten and debug_print_plan off or left out.",
    controls: ["CIS PostgreSQL 3.1.16", "CIS PostgreSQL 3.1.17", "CIS PostgreSQL 3.1.18"],
    faults: (text) =>
      wrong(
        text,
        ["debug_print_parse", "debug_print_rewritten", "debug_print_plan"],
        isOn,
        (name) => `${name} is on`,
      ),
  }),
  settingRule({
    id: "ciphers-strong",
    title: "No weak cipher is allowed.",
    severity: "high",
    why: "PostgreSQL's own default still takes what is called MEDIUM, and 3DES.",
    fix: "ssl_ciphers with ECDHE and AEAD suites only, or TLS 1.3 alone.",
    controls: ["CIS PostgreSQL 6.10", "PCI DSS 4.2.1", "ISO 27001 A.8.24"],
    faults: (text) =>
      settingsIn(text, "ssl_ciphers").flatMap((list) => {
        const weak = weakCiphers(list);
        return weak.length === 0 ? [] : [`ssl_ciphers takes ${weak.join(", ")}`];
      }),
  }),
  settingRule({
    id: "roles-of-least-privilege",
    title: "No statement makes a role a superuser, or lets one read files and run programs of the server.",
    severity: "critical",
    why: "Each is the operating system account of the server, and passes by every grant and row policy.",
    fix: "roles with grants on what they need, pg_monitor, pg_maintain and pg_checkpoint for operations.",
    controls: ["CIS PostgreSQL 4.3", "PCI DSS 7.2.5", "SOC 2 CC6.3", "ISO 27001 A.8.2"],
    faults: (text) => [
      ...[...text.matchAll(MIGHTY)]
        .filter(([, role]) => role !== "postgres")
        .map(([, role, right]) => `${role} gets ${right?.toUpperCase()}`),
      ...[...text.matchAll(SERVER_FILES)].map(([, right]) => `${right} is granted`),
    ],
  }),
];
