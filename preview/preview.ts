import type { AccessChange, TermChange } from "../components/access/index.js";
import type { Environment } from "../components/declaration/index.js";
import {
  achieved,
  expectedAvailability,
  failureWords,
  objectiveOf,
  unmet,
  type Achieved,
} from "../components/recovery/index.js";
import { RULES, unconfigured, type Rule, type RuleConfiguration } from "../policy/index.js";
import { declareEnvironment } from "../stacks/declare.js";
import { previewConfiguration, type StackConfig } from "./configuration.js";
import { judge, type Judgement } from "./judge.js";
import { declaredBy, type DeclaredResource } from "./monitor.js";

/** What to preview; everything is read already. */
export interface PreviewRequest {
  readonly environment: Environment;
  /** What stands under `config` in the stack's file. */
  readonly config: StackConfig;
  /** Name of the Pulumi project, in URNs and in the name of the stack's own resource. */
  readonly project: string;
  readonly stack: string;
  /** What holds for each rule. @default no exemptions, every rule at its own level */
  readonly configured?: ((rule: Rule) => RuleConfiguration) | undefined;
  /** The day by which exemptions expire. */
  readonly now: Date;
  /** What the change opens and closes; undefined when there is nothing to compare with. */
  readonly access?: AccessComparison | undefined;
  /** Other things that a reader must know, as plain text. */
  readonly notes?: readonly string[];
}

/** The access of two declarations. */
export interface AccessComparison {
  /** What is compared with, in words. */
  readonly base: string;
  readonly changes: readonly AccessChange[];
  /** Rules with another owner or another last day. */
  readonly terms: readonly TermChange[];
}

/** A recovery objective for one failure beside what the declaration achieves. */
export interface ObjectiveRow {
  readonly achieved: Achieved;
  /** The failure in words. */
  readonly what: string;
  /** Seconds. */
  readonly rpo: number;
  readonly rto: number;
  readonly kept: boolean;
}

export interface Preview {
  readonly project: string;
  readonly stack: string;
  readonly environment: string;
  /** True when nothing blocks. */
  readonly ok: boolean;
  readonly resources: readonly DeclaredResource[];
  readonly policy: Judgement;
  readonly objectives: {
    readonly rows: readonly ObjectiveRow[];
    /** Per cent. */
    readonly availability: { readonly wanted: number; readonly expected?: number; readonly text: string };
    /** One sentence for each objective that is missed. */
    readonly unmet: readonly string[];
  };
  readonly access?: AccessComparison | undefined;
  readonly notes: readonly string[];
}

/**
 * Runs an environment in this process without credentials or network, and judges what it declares.
 *
 * @throws DeclarationError for what the stack's program would refuse
 */
export async function previewEnvironment(request: PreviewRequest): Promise<Preview> {
  const { environment, project, stack, access, now, configured = unconfigured } = request;
  const { configuration, missing } = previewConfiguration(environment, request.config);
  const resources = await declaredBy(() => declareEnvironment(configuration), { project, stack });
  const policy = judge(RULES, resources, configured, now);
  return {
    project,
    stack,
    environment: environment.name,
    ok: policy.findings.every(({ level }) => level !== "mandatory"),
    resources,
    policy,
    objectives: objectivesOf(environment),
    access,
    notes: [
      ...(request.notes ?? []),
      ...missing.map((what) => `The stack's file lacks ${what}: the real preview will refuse it.`),
    ],
  };
}

function objectivesOf(environment: Environment): Preview["objectives"] {
  const rows = achieved(environment);
  const { percent, text } = expectedAvailability(rows);
  return {
    rows: rows.map((row) => {
      const { rpo, rto } = objectiveOf(environment, row.failure);
      const kept = (value: number | undefined, wanted: number): boolean =>
        value !== undefined && value <= wanted;
      return {
        achieved: row,
        what: failureWords(environment, row.failure),
        rpo,
        rto,
        kept: kept(row.rpo, rpo) && kept(row.rto, rto),
      };
    }),
    availability: {
      wanted: environment.objectives.availability,
      ...(percent === undefined ? {} : { expected: percent }),
      text,
    },
    unmet: unmet(environment).map((each) => each.text),
  };
}
