import type { Fields } from "../common/answers.js";
import { badRequest, fieldsOf, listOf } from "./answers.js";
import { checkExpression } from "./expression.js";

export type Kind = "Group" | "Service" | "SecurityPolicy" | "Rule";

type Check = (value: unknown, at: string) => void;

const text: Check = (value, at) => {
  if (typeof value !== "string") throw badRequest(`${at} is not a text`);
};
const flag: Check = (value, at) => {
  if (typeof value !== "boolean") throw badRequest(`${at} is neither true nor false`);
};
const texts: Check = (value, at) => {
  listOf(value, at).forEach((one, i) => {
    text(one, `${at}[${i}]`);
  });
};
const oneOf =
  (...values: readonly string[]): Check =>
  (value, at) => {
    if (typeof value !== "string" || !values.includes(value))
      throw badRequest(`${at} is not one of ${values.join(", ")}`);
  };
const whole =
  (least: number, most: number): Check =>
  (value, at) => {
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
      throw badRequest(`${at} is not between ${least} and ${most}`);
  };
/** Groups or services: `ANY` alone, or something else. */
const anyOrTexts: Check = (value, at) => {
  texts(value, at);
  const list = value as string[];
  if (list.length === 0) throw badRequest(`${at} is empty`);
  if (list.includes("ANY") && list.length > 1) throw badRequest(`${at} has ANY beside others`);
  if (new Set(list).size < list.length) throw badRequest(`${at} names something twice`);
};
const anything: Check = () => undefined;

/** Fields that NSX fills in; they are accepted, and ignored. */
const READ_ONLY =
  /^_|^(path|relative_path|parent_path|remote_path|unique_id|realization_id|owner_id|origin_site_id)$/;

const COMMON: Readonly<Record<string, Check>> = {
  resource_type: text,
  id: (value, at) => {
    if (typeof value !== "string" || value === "" || /[/&]/.test(value))
      throw badRequest(`${at} is missing, or has / or & in it`);
  },
  display_name: (value, at) => {
    text(value, at);
    if ((value as string).length > 255) throw badRequest(`${at} is longer than 255`);
  },
  description: (value, at) => {
    text(value, at);
    if ((value as string).length > 1024) throw badRequest(`${at} is longer than 1024`);
  },
  tags: (value, at) => {
    const tags = listOf(value, at);
    if (tags.length > 30) throw badRequest(`${at} has more than 30 tags`);
    for (const tag of tags) checkTag(tag, at);
  },
  children: anything,
  marked_for_delete: flag,
};

const KINDS: Readonly<Record<Kind, Readonly<Record<string, Check>>>> = {
  Group: { expression: checkExpression, group_type: texts },
  Service: {
    service_entries: (value, at) => {
      listOf(value, at).forEach((entry, i) => {
        checkEntry(entry, `${at}[${i}]`);
      });
    },
  },
  SecurityPolicy: {
    category: oneOf("Ethernet", "Emergency", "Infrastructure", "Environment", "Application"),
    sequence_number: whole(0, 999_999),
    scope: anyOrTexts,
    stateful: flag,
    tcp_strict: flag,
    locked: flag,
    comments: text,
    scheduler_path: text,
    connectivity_preference: oneOf(
      "ALLOWLIST",
      "DENYLIST",
      "ALLOWLIST_ENABLE_LOGGING",
      "DENYLIST_ENABLE_LOGGING",
      "NONE",
    ),
    // Whether `rules` in a policy replaces or adds is not published: rules are children here.
  },
  Rule: {
    action: oneOf("ALLOW", "DROP", "REJECT", "JUMP_TO_APPLICATION"),
    direction: oneOf("IN", "OUT", "IN_OUT"),
    ip_protocol: oneOf("IPV4", "IPV6", "IPV4_IPV6"),
    source_groups: anyOrTexts,
    destination_groups: anyOrTexts,
    sources_excluded: flag,
    destinations_excluded: flag,
    services: anyOrTexts,
    service_entries: (value, at) => {
      listOf(value, at).forEach((entry, i) => {
        checkEntry(entry, `${at}[${i}]`);
      });
    },
    profiles: anyOrTexts,
    scope: anyOrTexts,
    sequence_number: whole(0, 2 ** 31 - 1),
    logged: flag,
    tag: text,
    disabled: flag,
    notes: text,
  },
};

const DEFAULTS: Readonly<Record<Kind, Fields>> = {
  Group: { expression: [] },
  Service: { service_entries: [] },
  SecurityPolicy: {
    sequence_number: 0,
    scope: ["ANY"],
    stateful: true,
    tcp_strict: true,
    locked: false,
  },
  Rule: {
    direction: "IN_OUT",
    ip_protocol: "IPV4_IPV6",
    source_groups: ["ANY"],
    destination_groups: ["ANY"],
    services: ["ANY"],
    scope: ["ANY"],
    profiles: ["ANY"],
    sequence_number: 0,
    sources_excluded: false,
    destinations_excluded: false,
    logged: false,
    disabled: false,
  },
};

const NEEDED: Readonly<Record<Kind, readonly string[]>> = {
  Group: [],
  Service: ["service_entries"],
  SecurityPolicy: ["category"],
  Rule: ["action"],
};

/** An object as it is kept: checked field by field, defaults filled in, what only NSX writes left out. */
export function readObject(kind: Kind, value: unknown, id: string): Fields {
  const fields = fieldsOf(value, kind);
  const kept: Fields = {};
  for (const [key, one] of Object.entries(fields)) {
    if (READ_ONLY.test(key)) continue;
    const check = COMMON[key] ?? KINDS[kind][key];
    if (check === undefined)
      throw badRequest(`Unrecognized field "${key}" in ${kind} ${id}, not marked as ignorable`);
    check(one, `${kind} ${id}: ${key}`);
    if (key !== "children" && key !== "marked_for_delete") kept[key] = one;
  }
  if (fields["resource_type"] !== undefined && fields["resource_type"] !== kind)
    throw badRequest(`${id} is of type ${String(fields["resource_type"])}, not ${kind}`);
  if (fields["id"] !== undefined && fields["id"] !== id)
    throw badRequest(`${kind} ${id} has another id inside`);
  for (const key of NEEDED[kind]) if (kept[key] === undefined) throw badRequest(`${kind} ${id} lacks ${key}`);
  return { display_name: id, ...DEFAULTS[kind], ...kept, resource_type: kind, id };
}

function checkTag(value: unknown, at: string): void {
  const { scope, tag, ...more } = fieldsOf(value, at);
  if (Object.keys(more).length > 0) throw badRequest(`${at} has unknown fields`);
  if (typeof (scope ?? "") !== "string" || typeof (tag ?? "") !== "string")
    throw badRequest(`${at} is no tag`);
  if (String(scope ?? "").length > 128 || String(tag ?? "").length > 256)
    throw badRequest(`${at} is too long`);
}

function checkEntry(value: unknown, at: string): void {
  const entry = fieldsOf(value, at);
  const { resource_type: type, l4_protocol: protocol, destination_ports: to, source_ports: from } = entry;
  const known = [
    "resource_type",
    "id",
    "display_name",
    "description",
    "tags",
    "l4_protocol",
    "destination_ports",
    "source_ports",
  ];
  const unknown = Object.keys(entry).find((key) => !known.includes(key) && !READ_ONLY.test(key));
  if (unknown !== undefined)
    throw badRequest(`Unrecognized field "${unknown}" in ${at}, not marked as ignorable`);
  if (type !== "L4PortSetServiceEntry") throw badRequest(`${at} is of an unknown type`);
  COMMON["id"]?.(entry["id"], `${at}: id`);
  oneOf("TCP", "UDP")(protocol, `${at}: l4_protocol`);
  const ports = [...listOf(to ?? [], at), ...listOf(from ?? [], at)].map(String);
  for (const port of ports) {
    const ends = port.split("-").map(Number);
    if (!/^\d+(-\d+)?$/.test(port) || ends.some((end) => end > 65535) || (ends[0] ?? 0) > (ends.at(-1) ?? 0))
      throw badRequest(`${at}: ${port} is no port`);
  }
  if (ports.reduce((sum, port) => sum + (port.includes("-") ? 2 : 1), 0) > 15)
    throw badRequest(`${at} has more than 15 ports`);
}
