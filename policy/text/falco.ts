import { parseAllDocuments } from "yaml";

/** A rule of Falco. */
export interface FalcoRule {
  readonly rule: string;
  readonly condition: string;
  readonly keys: readonly string[];
  readonly priority: string;
  readonly enabled: boolean;
  /** True when it changes a rule that stands elsewhere. */
  readonly override: boolean;
  /** Names of lists in the same text; a condition names them in place of their items. */
  readonly lists: readonly string[];
}

/** Rules of Falco in a text; undefined when the text is no file of Falco's rules. */
export function falcoRules(text: string): FalcoRule[] | undefined {
  if (!/^\s*-\s+(?:rule|macro|list|required_engine_version|required_plugin_versions)\s*:/m.test(text))
    return undefined;
  const items = parseAllDocuments(text, { logLevel: "silent" }).flatMap((document): unknown[] => {
    const value: unknown = document.errors.length > 0 ? undefined : document.toJS();
    return Array.isArray(value) ? (value as unknown[]) : [];
  });
  const lists = items.flatMap((item) => nameOfList(item) ?? []);
  return items.flatMap((item) => {
    if (typeof item !== "object" || item === null || !Object.hasOwn(item, "rule")) return [];
    const fields = item as Readonly<Record<string, unknown>>;
    const field = (key: string): string => (typeof fields[key] === "string" ? fields[key] : "");
    return [
      {
        rule: field("rule"),
        condition: field("condition"),
        keys: Object.keys(fields),
        priority: field("priority"),
        enabled: fields["enabled"] !== false,
        override: Object.hasOwn(fields, "override") || fields["append"] === true,
        lists,
      },
    ];
  });
}

function nameOfList(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null || !("list" in item)) return undefined;
  return typeof item.list === "string" ? item.list : undefined;
}

const MANDATORY = ["rule", "desc", "condition", "output", "priority"];
const PRIORITY = /^(?:EMERGENCY|ALERT|CRITICAL|ERROR|WARNING|NOTICE|INFO|INFORMATIONAL|DEBUG)$/i;
/** Names of processes are cut to this many bytes by the kernel. */
const COMM = 15;

/** What is wrong with a rule, as Falco or the kernel would have it; empty when nothing is. */
export function faultsOf({ rule, condition, keys, priority, override, enabled, lists }: FalcoRule): string[] {
  if (!enabled) return [`${rule} is switched off`];
  const faults: string[] = [];
  const missing = MANDATORY.filter((key) => !keys.includes(key));
  // A rule that changes another says only what it changes.
  if (!override && missing.length > 0) faults.push(`${rule} lacks ${missing.join(", ")}`);
  if (priority !== "" && !PRIORITY.test(priority)) faults.push(`${rule}: ${priority} is no priority`);
  if (/\bevt\.dir\b/.test(condition)) faults.push(`${rule}: evt.dir is given up since 0.42`);
  if (/\bfd\.[csl]?r?ip\s*(?:=|!=|in)\s*\(?[^)]*\/\d+/.test(condition))
    faults.push(`${rule}: a network in fd.cip or fd.sip does not compile; fd.cnet and fd.snet take networks`);
  for (const [, list = ""] of condition.matchAll(
    /\bproc\.(?:p?name)\s*(?:=|!=|in)\s*\(?([^)]*?)(?:\)|\band\b|\bor\b|$)/g,
  ))
    for (const name of list.split(",").map((each) => each.trim().replace(/^["']|["']$/g, "")))
      if (/^[\w.-]+$/.test(name) && name.length > COMM && !lists.includes(name))
        faults.push(`${rule}: proc.name ends after ${COMM} bytes, so ${name} never fits`);
  return faults;
}

/** True when a rule watches PostgreSQL: its port, its files or its processes. */
export function watchesPostgres({ condition, enabled }: FalcoRule): boolean {
  return enabled && /\b5432\b|\bpostgres\b|\/var\/lib\/(?:postgresql|pgsql)/.test(condition);
}
