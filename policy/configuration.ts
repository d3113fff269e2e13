import type { Exemption } from "./exemptions.js";
import { SECRET_PROBE, UNUSED_EXEMPTIONS } from "./helpers.js";
import type { Rule } from "./rule.js";

export type Level = "mandatory" | "advisory" | "disabled";
const LEVELS: readonly string[] = ["mandatory", "advisory", "disabled"] satisfies readonly Level[];

/** What a configuration says about one rule. */
export interface RuleConfiguration {
  readonly level: Level;
  readonly exemptions: readonly Exemption[];
  /** Values of parameters, as far as they are given. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What holds for a rule without any configuration. */
export function unconfigured({ level }: Rule): RuleConfiguration {
  return { level, exemptions: [], parameters: {} };
}

/**
 * Reads a configuration of the pack in the form of `--policy-pack-config`: an object with a level, or an object, for each rule
 * and for `all` of them.
 *
 * @returns the configuration of each rule, or everything that is wrong with the document
 */
export function readConfiguration(
  document: unknown,
  rules: readonly Rule[],
):
  | { readonly ok: true; readonly of: (rule: Rule) => RuleConfiguration }
  | { readonly ok: false; readonly problems: readonly string[] } {
  if (!isRecord(document))
    return { ok: false, problems: ['the configuration is no object: give { "rule-id": … }'] };
  const ids = new Map(rules.map((rule) => [rule.id, rule]));
  const problems = Object.entries(document).flatMap(([id, value]) => {
    if ([SECRET_PROBE, UNUSED_EXEMPTIONS, "all"].includes(id)) return checkRule(id, value, undefined);
    const rule = ids.get(id);
    return rule === undefined
      ? [`${id} is no rule of the pack: \`pgkeep policy list\` names them`]
      : checkRule(id, value, rule);
  });
  if (problems.length > 0) return { ok: false, problems };
  const everywhere = levelIn(document["all"]);
  return {
    ok: true,
    of: (rule) => {
      const own = document[rule.id];
      const entries: Readonly<Record<string, unknown>> = isRecord(own) ? own : {};
      const { enforcementLevel: _, exemptions, ...parameters } = entries;
      return {
        level: levelIn(own) ?? everywhere ?? rule.level,
        exemptions: Array.isArray(exemptions) ? (exemptions as Exemption[]) : [],
        parameters,
      };
    },
  };
}

function levelIn(value: unknown): Level | undefined {
  const level = isRecord(value) ? value["enforcementLevel"] : value;
  return typeof level === "string" && LEVELS.includes(level) ? (level as Level) : undefined;
}

function checkRule(id: string, value: unknown, rule: Rule | undefined): string[] {
  const levels = `one of ${LEVELS.join(", ")}`;
  if (typeof value === "string") return LEVELS.includes(value) ? [] : [`${id} is "${value}": give ${levels}`];
  if (!isRecord(value)) return [`${id} is neither a level nor an object: give ${levels}, or an object`];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = `${id}.${key}`;
    if (key === "enforcementLevel")
      return levelIn(inner) === undefined ? [`${at} is ${JSON.stringify(inner)}: give ${levels}`] : [];
    const parameter = rule?.parameters?.[key];
    if (key === "exemptions" && rule !== undefined) return checkExemptions(at, inner);
    if (parameter === undefined) {
      const known = ["enforcementLevel", ...(rule === undefined ? [] : ["exemptions"])];
      return [`${at} is unknown: give ${[...known, ...Object.keys(rule?.parameters ?? {})].join(", ")}`];
    }
    const { minimum, maximum = Number.POSITIVE_INFINITY } = parameter;
    const fits = typeof inner === "number" && inner >= minimum && inner <= maximum;
    const limit = parameter.maximum === undefined ? "" : ` and at most ${parameter.maximum}`;
    return fits ? [] : [`${at} is ${JSON.stringify(inner)}: give a number of at least ${minimum}${limit}`];
  });
}

/** The form alone: whether an exemption holds is judged with what it is for, so that a finding says so. */
function checkExemptions(at: string, value: unknown): string[] {
  if (!Array.isArray(value)) return [`${at} is no list`];
  return value.flatMap((item: unknown, i) => {
    const keys = isRecord(item) ? Object.keys(item) : [];
    const foreign = keys.filter((key) => !["resource", "reason", "expires"].includes(key));
    return isRecord(item) && foreign.length === 0
      ? []
      : [`${at}[${i}] is no exemption: give resource, reason and expires`];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
