import { decideAmong, loginsAmong, type Decision } from "./decide.js";
import type { AccessModel, Rule } from "./model.js";
import { callRanges, regionsOf, sidesOf, type CallRange, type Region } from "./regions.js";
import type { ModelLogin } from "./schema.js";
import { termsOf } from "./terms.js";

/** Something that one model lets happen and the other does not. */
export interface AccessChange {
  readonly kind: "opens" | "closes" | "login-opens" | "login-closes";
  /** Who, by groups and networks. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Protocol and ports, such as `tcp 5432`; of a login `role on database`. */
  readonly what: string;
  /** Rule that allows it, before or after. */
  readonly rule: string;
  readonly description: string;
  /** Who answers for the rule. */
  readonly owner?: string | undefined;
  /** Last day of the rule. */
  readonly expires?: string | undefined;
}

/**
 * Every connection and every login to the server's port that the two models decide differently about. Networks and ports are
 * split wherever a model draws a line, so the answer is exact; endpoints known by tags or labels are not looked at.
 */
export function changesBetween(
  before: AccessModel,
  after: AccessModel,
  serverPort: number,
): readonly AccessChange[] {
  const regions = regionsOf(before, after);
  const calls = callRanges(before, after);
  const found: AccessChange[] = [];
  for (const from of regions)
    for (const to of regions) {
      if (from.family !== to.family || from === to || !isGoverned(from, to)) continue;
      found.push(...packetChanges(before, after, from, to, calls));
      found.push(...loginChanges(before, after, from, to, serverPort));
    }
  return merged(merged(merged(found, "what"), "from"), "to");
}

function isGoverned(from: Region, to: Region): boolean {
  return [from.before, from.after, to.before, to.after].some((groups) =>
    [...groups].some(({ enforced }) => enforced),
  );
}

/** A range of calls that one rule allows, before or after. */
interface Difference extends CallRange {
  readonly now: boolean;
  readonly rule: Rule;
}

function packetChanges(
  before: AccessModel,
  after: AccessModel,
  from: Region,
  to: Region,
  calls: readonly CallRange[],
): AccessChange[] {
  const found: Difference[] = [];
  for (const range of calls) {
    const call = { protocol: range.protocol, ...(range.first === undefined ? {} : { port: range.first }) };
    const old = allowing(decideAmong(before, sidesOf(from, to, "before"), call));
    const young = allowing(decideAmong(after, sidesOf(from, to, "after"), call));
    const rule = young ?? old;
    if (rule === undefined || (old !== undefined && young !== undefined)) continue;
    const open = found.at(-1);
    const goesOn =
      open?.protocol === range.protocol && open.rule === rule && (open.last ?? 0) + 1 === range.first;
    if (goesOn) found.pop();
    found.push({ ...(goesOn ? { ...open, last: range.last ?? 0 } : range), now: young !== undefined, rule });
  }
  return found.map(({ now, rule, ...range }) => ({
    kind: now ? "opens" : "closes",
    from: labelsOf(from, now),
    to: labelsOf(to, now),
    what: rangeText(range),
    rule: rule.name,
    description: rule.description,
    ...termsOf(rule),
  }));
}

/** The rule that allows; what a model does not govern it does not allow either, for no guest is there. */
function allowing({ verdict, rule }: Decision): Rule | undefined {
  return verdict === "allow" ? rule : undefined;
}

function rangeText({ protocol, first, last }: CallRange): string {
  if (first === undefined) return protocol;
  return `${protocol} ${first === last ? first : `${first}-${last ?? first}`}`;
}

function loginChanges(
  before: AccessModel,
  after: AccessModel,
  from: Region,
  to: Region,
  port: number,
): AccessChange[] {
  const call = { protocol: "tcp", port } as const;
  const permitted = (model: AccessModel, which: "before" | "after"): Set<string> =>
    new Set(loginsAmong(model, sidesOf(from, to, which), call).map(nameOf));
  const [old, young] = [permitted(before, "before"), permitted(after, "after")];
  const change = (kind: "login-opens" | "login-closes", what: string): AccessChange => {
    const now = kind === "login-opens";
    const { rule } = decideAmong(now ? after : before, sidesOf(from, to, now ? "after" : "before"), call);
    return {
      ...{ kind, from: labelsOf(from, now), to: labelsOf(to, now), what },
      rule: rule?.name ?? "",
      description: rule?.description ?? "",
      ...(rule === undefined ? {} : termsOf(rule)),
    };
  };
  return [
    ...[...young].filter((name) => !old.has(name)).map((name) => change("login-opens", name)),
    ...[...old].filter((name) => !young.has(name)).map((name) => change("login-closes", name)),
  ];
}

function nameOf({ role, database }: ModelLogin): string {
  return database === undefined ? `${role} for replication` : `${role} on ${database}`;
}

const MOST_NETWORKS = 3;

/** A region by the groups that hold it, with its networks where these are few. */
function labelsOf({ networks, before, after }: Region, now: boolean): string[] {
  const groups = [...(now ? after : before)];
  // One that was in a group and is no more still has the group's old name.
  const names = (groups.length > 0 ? groups : [...before, ...after]).map(({ name }) => name);
  const unique = [...new Set(names)].join(" and ");
  if (unique === "") return ["everybody else"];
  return [networks.length <= MOST_NETWORKS ? `${unique} (${networks.join(", ")})` : unique];
}

/** Puts changes together that differ in one part alone. */
function merged(changes: readonly AccessChange[], part: "from" | "to" | "what"): AccessChange[] {
  const byRest = new Map<string, AccessChange>();
  for (const change of changes) {
    const key = JSON.stringify({ ...change, [part]: "" });
    const known = byRest.get(key);
    byRest.set(key, known === undefined ? change : joined(known, change, part));
  }
  return [...byRest.values()];
}

function joined(a: AccessChange, b: AccessChange, part: "from" | "to" | "what"): AccessChange {
  if (part === "what") return a.what === b.what ? a : { ...a, what: `${a.what}, ${b.what}` };
  return { ...a, [part]: [...new Set([...a[part], ...b[part]])] };
}
