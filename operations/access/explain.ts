import {
  decide,
  decideLogin,
  derivedInput,
  derivedModel,
  modelProblems,
  type AccessModel,
  type Decision,
  termsOf,
  type Login,
  type Packet,
  type Protocol,
} from "../../components/access/index.js";
import { PORTS } from "../../components/postgres/index.js";
import type { RecoveryPlan } from "../../components/recovery/index.js";
import { DeployedAccess, type Enforcement } from "./deployed.js";
import { endpointOf, pathsBetween, type Path } from "./endpoints.js";

/** What an operator asks. */
export interface Question {
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  readonly port?: number | undefined;
}

/** A login that a server is asked for, with what it says. */
export interface ExplainedLogin {
  readonly role: string;
  /** Absent for physical replication. */
  readonly database?: string;
  readonly verdict: "allow" | "deny";
  /** Record of pg_hba.conf. */
  readonly by: string;
}

/** A way of the connection, and what is decided about it where. */
export interface Explanation extends Path {
  readonly verdict: "allow" | "deny";
  /** What the declaration means. */
  readonly model: {
    readonly verdict: "allow" | "deny";
    readonly rule?: string;
    readonly description?: string;
    /** Who answers for the rule. */
    readonly owner?: string;
    /** Last day of the rule. */
    readonly expires?: string;
  };
  /** What the texts do that are really loaded. */
  readonly enforcement: readonly Enforcement[];
  /** Logins that a server is asked for over the connection; empty where none is called. */
  readonly logins: readonly ExplainedLogin[];
  /** Where texts and declaration disagree; empty when they do not. */
  readonly disagreements: readonly string[];
}

export interface Answer {
  readonly question: Question;
  readonly paths: readonly Explanation[];
  /** Contradictions of the declared rules, and rules that have ended. */
  readonly problems: readonly string[];
}

/**
 * Follows a connection through every text that is loaded on its way.
 *
 * @param today day by which rules end, such as 2026-11-27
 * @param deployed what is loaded. @default the texts of the plan itself
 * @throws UsageError for unknown names
 */
export function explain(
  plan: RecoveryPlan,
  question: Question,
  today: string,
  deployed: DeployedAccess = new DeployedAccess(plan),
): Answer {
  const model = derivedModel(plan, PORTS);
  const from = endpointOf(plan, question.from, "--from");
  const to = endpointOf(plan, question.to, "--to");
  return {
    question,
    paths: pathsBetween(plan, from, to).map((path) => explainPath(model, deployed, path, question)),
    problems: problemsOf(plan, today),
  };
}

/** Problems by their path in the declaration; groups and rules that are derived have none there. */
function problemsOf(plan: RecoveryPlan, today: string): string[] {
  const { access } = plan.environment;
  return modelProblems(derivedInput(plan, PORTS), today).map(({ path, value, problem, remedy }) => {
    const [, part, index] = /^(groups|rules)\[(\d+)\]/.exec(path) ?? [];
    const declared = part === "groups" ? access.groups : part === "rules" ? access.rules : [];
    const at = Number(index) < declared.length ? `access.${path}: ` : "";
    return `${at}${value} ${problem}; give ${remedy}`;
  });
}

function explainPath(
  model: AccessModel,
  deployed: DeployedAccess,
  path: Path,
  { protocol, port }: Question,
): Explanation {
  const packet: Packet = {
    from: { address: path.from },
    to: { address: path.to },
    protocol,
    ...(port === undefined ? {} : { port }),
  };
  const said = decide(model, packet);
  const enforcement = deployed.judge(packet);
  const passes = enforcement.every(({ verdict }) => verdict === "accept");
  const { logins, wrong } = passes ? loginsOf(model, deployed, packet) : { logins: [], wrong: [] };
  const verdict = passes ? "allow" : "deny";
  return {
    ...path,
    verdict,
    model: modelWords(said),
    enforcement,
    logins,
    disagreements: [
      ...(verdict === modelWords(said).verdict
        ? []
        : [
            `the texts ${passes ? "let through" : "drop"} what the declaration ${passes ? "denies" : "allows"}`,
          ]),
      ...wrong,
    ],
  };
}

function modelWords({ verdict, rule }: Decision): Explanation["model"] {
  return {
    verdict: verdict === "allow" ? "allow" : "deny",
    ...(rule === undefined ? {} : { rule: rule.name, description: rule.description, ...termsOf(rule) }),
  };
}

/** Every login that the model knows, asked of the server over TLS and with what proof it takes. */
function loginsOf(
  model: AccessModel,
  deployed: DeployedAccess,
  packet: Packet,
): { readonly logins: readonly ExplainedLogin[]; readonly wrong: readonly string[] } {
  const asked = new Map<string, Login & { readonly shown?: string | undefined }>();
  for (const { database, role, certificate } of model.rules.flatMap((rule) => rule.logins))
    asked.set(`${role} ${database ?? ""}`, {
      role,
      certificate,
      database: database ?? "",
      replication: database === undefined,
      shown: database,
    });
  const logins: ExplainedLogin[] = [];
  const wrong: string[] = [];
  for (const { shown, ...login } of asked.values()) {
    const judged = deployed.judgeLogin(packet, login);
    if (judged === undefined) continue;
    const verdict = judged.verdict === "accept" ? "allow" : "deny";
    const said = decideLogin(model, packet, login).verdict;
    const name = shown === undefined ? `${login.role} for replication` : `${login.role} on ${shown}`;
    if (said !== verdict)
      wrong.push(`pg_hba ${verdict === "allow" ? "admits" : "refuses"} ${name} against the declaration`);
    logins.push({
      role: login.role,
      ...(shown === undefined ? {} : { database: shown }),
      verdict,
      by: judged.by,
    });
  }
  return { logins, wrong };
}
