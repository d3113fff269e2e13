import { DeclarationError, type Problem } from "../../declaration/index.js";
import { problemsOf } from "../../declaration/errors.js";
import { network, type Network } from "../network.js";
import { findProblems } from "./checks.js";
import { modelSchema, type ModelData, type ModelInput, type Service } from "./schema.js";

/** A set of endpoints with its networks ready to compute with. */
export interface Group extends Omit<ModelData["groups"][number], "networks"> {
  readonly networks: readonly Network[];
}

/** A rule with the groups and services that it names. */
export interface Rule extends Omit<ModelData["rules"][number], "from" | "to" | "services"> {
  readonly from: "any" | readonly Group[];
  readonly to: "any" | readonly Group[];
  readonly services: "any" | readonly Service[];
}

/** Who may reach what: the one source of every enforcement point's text. */
export interface AccessModel {
  readonly groups: readonly Group[];
  readonly services: readonly Service[];
  /** In order: the first that fits decides. */
  readonly rules: readonly Rule[];
  /** What no rule fits is denied at every enforced endpoint. */
  readonly denial: { readonly log: boolean };
}

/**
 * Makes a model and looks for contradictions.
 *
 * @param today day by which rules expire, such as 2026-11-25; without it no rule is too old
 * @throws DeclarationError with every problem: path, value, what is wrong, what would be right
 */
export function accessModel(input: ModelInput, today?: string): AccessModel {
  const problems = modelProblems(input, today);
  if (problems.length > 0) throw new DeclarationError(problems);
  return readModel(input);
}

/**
 * Makes a model of what is well formed, contradictions and all: decisions are defined even where a rule never decides.
 *
 * @throws DeclarationError with every problem of form
 */
export function readModel(input: ModelInput): AccessModel {
  const { data, problems } = parsed(input);
  if (data === undefined) throw new DeclarationError(problems);
  return resolved(data);
}

/** All that is wrong with a model, at once; empty when nothing is. */
export function modelProblems(input: ModelInput, today?: string): readonly Problem[] {
  const { data, problems } = parsed(input);
  return data === undefined ? problems : findProblems(data, resolved(data), today);
}

function parsed(input: ModelInput): { data?: ModelData; problems: Problem[] } {
  const result = modelSchema.safeParse(input);
  return result.success
    ? { data: result.data, problems: [] }
    : { problems: problemsOf(result.error.issues, input) };
}

/** Names replaced by what they name; unknown ones, which the checks report, name nothing. */
function resolved({ groups, services, rules, denial }: ModelData): AccessModel {
  const made = groups.map((group): Group => ({ ...group, networks: group.networks.map(network) }));
  const pick = <T extends { readonly name: string }>(all: readonly T[], names: "any" | readonly string[]) =>
    names === "any" ? names : names.flatMap((name) => all.find((each) => each.name === name) ?? []);
  return {
    groups: made,
    services,
    rules: rules.map((rule) => ({
      ...rule,
      from: pick(made, rule.from),
      to: pick(made, rule.to),
      services: pick(services, rule.services),
    })),
    denial,
  };
}
