import type {
  Policies,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import type { Exemption } from "./exemptions.js";
import { SECRET_PROBE, UNUSED_EXEMPTIONS } from "./helpers.js";
import { Node, unproxied } from "./node.js";
import { configSchema } from "./parameters.js";
import type { Rule, Subject } from "./rule.js";
import { secretPaths } from "./secret-probe.js";
import { applies, visit, type Circumstances, type Report } from "./visitor.js";

/** Exemptions, and values of the rule's parameters by their names. */
interface RuleConfig extends Readonly<Record<string, unknown>> {
  readonly exemptions?: readonly Exemption[];
}

/** Turns the table of rules into policies of the engine. */
export function policies(rules: readonly Rule[], clock: () => Date = () => new Date()): Policies {
  const memory = new Memory();
  return [
    memory.probe(),
    ...rules.map((rule) =>
      rule.scope === "resource" ? resourcePolicy(rule, memory, clock) : stackPolicy(rule, memory, clock),
    ),
    memory.unusedExemptions(),
  ];
}

function common(
  rule: Rule,
): Pick<
  ResourceValidationPolicy,
  "name" | "description" | "enforcementLevel" | "severity" | "remediationSteps" | "tags" | "configSchema"
> {
  return {
    name: rule.id,
    description: rule.title,
    enforcementLevel: rule.level,
    severity: rule.severity,
    remediationSteps: rule.fix,
    tags: [...rule.controls],
    configSchema: configSchema(rule.parameters),
  };
}

function resourcePolicy(rule: Rule, memory: Memory, clock: () => Date): ResourceValidationPolicy {
  return {
    ...common(rule),
    validateResource: (args, reportViolation) => {
      const subject = memory.see(args);
      if (!applies(rule, args.type)) return;
      say(rule.id, visit(rule, [subject], memory.circumstances(rule, args, clock())), reportViolation);
    },
  };
}

function stackPolicy(rule: Rule, memory: Memory, clock: () => Date): StackValidationPolicy {
  return {
    ...common(rule),
    validateStack: (args, reportViolation) => {
      // Inputs as they were judged one by one; after an update the engine hands out outputs here.
      const subjects = args.resources.map(
        (resource) => memory.subject(resource.urn) ?? subjectOf(resource, undefined),
      );
      say(rule.id, visit(rule, subjects, memory.circumstances(rule, args, clock())), reportViolation);
    },
  };
}

function subjectOf(
  args: Pick<ResourceValidationArgs, "type" | "name" | "urn" | "props" | "opts" | "provider">,
  secrets: readonly string[] | undefined,
): Subject {
  return {
    type: args.type,
    name: args.name,
    urn: args.urn,
    inputs: new Node(unproxied(args.props)),
    protect: args.opts.protect,
    provider: args.provider?.urn,
    secretPaths: secrets,
  };
}

/** The SDK takes an object too, which carries its own level; its type declares the text only. */
type ReportObject = (report: {
  name: string;
  message: string;
  urn?: string | undefined;
  enforcementLevel?: string;
}) => void;

function say(id: string, reports: readonly Report[], reportViolation: ReportViolation): void {
  for (const { kind, text, urn } of reports) {
    if (kind === "violation") reportViolation(text, urn);
    else
      (reportViolation as unknown as ReportObject)({
        name: id,
        message: text,
        urn,
        enforcementLevel: kind === "note" ? "advisory" : "mandatory",
      });
  }
}

/** What one run of the pack learns about resources and exemptions. */
class Memory {
  private readonly secrets = new Map<string, readonly string[]>();
  private readonly subjects = new Map<string, Subject>();
  /** By the properties as the SDK holds them, which are the same for all policies of one call. */
  private readonly seen = new WeakMap<object, Subject>();
  private readonly configured = new Map<Exemption, string>();
  private readonly needed = new Set<string>();

  see(args: ResourceValidationArgs): Subject {
    const properties = unproxied(args.props) as object;
    const subject = this.seen.get(properties) ?? subjectOf(args, this.secrets.get(args.urn));
    this.seen.set(properties, subject);
    this.subjects.set(args.urn, subject);
    return subject;
  }

  subject(urn: string): Subject | undefined {
    return this.subjects.get(urn);
  }

  circumstances(rule: Rule, args: { getConfig<T extends object>(): T }, now: Date): Circumstances {
    const { exemptions = [], ...parameters } = args.getConfig<RuleConfig>();
    for (const exemption of exemptions) this.configured.set(exemption, rule.id);
    const used = (exemption: Exemption): void => void this.needed.add(JSON.stringify(exemption));
    return { exemptions, parameters, now, used };
  }

  probe(): ResourceValidationPolicy {
    return {
      name: SECRET_PROBE,
      description: "Looks which properties are Pulumi secrets, and changes nothing.",
      // The engine calls a remediation only at this level.
      enforcementLevel: "remediate",
      remediateResource: (args) => {
        this.secrets.set(args.urn, secretPaths(unproxied(args.props)));
        return undefined;
      },
    };
  }

  unusedExemptions(): StackValidationPolicy {
    return {
      name: UNUSED_EXEMPTIONS,
      description: "Every exemption is needed.",
      enforcementLevel: "advisory",
      validateStack: (_args, reportViolation) => {
        const seen = new Set<string>();
        for (const [exemption, id] of this.configured) {
          const key = `${id} ${JSON.stringify(exemption)}`;
          if (seen.has(key) || this.needed.has(JSON.stringify(exemption))) continue;
          seen.add(key);
          reportViolation(
            `the exemption of ${exemption.resource} from ${id} matches no violation: remove it`,
          );
        }
      },
    };
  }
}
