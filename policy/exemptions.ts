import type { PolicyConfigSchema } from "@pulumi/policy";

/** A permitted exception to a rule, from the configuration of the pack. */
export interface Exemption {
  /**
   * Name of the resource; `*` stands for any characters. For a finding about the whole stack, the name of the stack's resource:
   * `<project>-<stack>`, such as pgkeep-kvm-prod.
   */
  readonly resource: string;
  /** Why it is right, at least ten characters. */
  readonly reason: string;
  /** Last day on which it holds, such as 2027-06-30. */
  readonly expires: string;
}

/** Configuration that every rule takes; the engine refuses anything else before the rule runs. */
export const CONFIG_SCHEMA: PolicyConfigSchema = {
  properties: {
    exemptions: {
      type: "array",
      description: "Exceptions, each with the resource, the reason and the last day",
      default: [],
      items: {
        type: "object",
        properties: {
          resource: { type: "string", minLength: 1 },
          reason: { type: "string", minLength: 10 },
          expires: { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}$" },
        },
        required: ["resource", "reason", "expires"],
        additionalProperties: false,
      },
    },
  },
};

/** What an exemption says about a finding. */
export type Verdict =
  | { readonly kind: "none" }
  | { readonly kind: "exempt"; readonly exemption: Exemption }
  | { readonly kind: "expired"; readonly exemption: Exemption }
  | { readonly kind: "unusable"; readonly exemption: Exemption; readonly problem: string };

/** Finds the exemption for a resource; one that holds wins over one that has expired. */
export function verdict(exemptions: readonly Exemption[], resource: string, now: Date): Verdict {
  const verdicts = exemptions
    .filter((exemption) => matches(exemption.resource, resource))
    .map((exemption): Verdict => {
      const problem = unusable(exemption);
      if (problem !== undefined) return { kind: "unusable", exemption, problem };
      // The last day counts to its end, in UTC.
      const end = Date.parse(`${exemption.expires}T23:59:59.999Z`);
      return { kind: now.getTime() <= end ? "exempt" : "expired", exemption };
    });
  const order = ["exempt", "unusable", "expired"];
  return verdicts.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))[0] ?? { kind: "none" };
}

function unusable({ resource, reason, expires }: Exemption): string | undefined {
  if (typeof resource !== "string" || resource === "") return "it names no resource";
  if (typeof reason !== "string" || reason.trim().length < 10)
    return "its reason is missing or shorter than ten characters";
  const date = /^\d{4}-\d{2}-\d{2}$/.test(String(expires)) ? new Date(`${expires}T00:00:00Z`) : undefined;
  // A day such as 31 February rolls over into another one.
  if (date === undefined || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== expires)
    return `its expiry "${String(expires)}" is not a day such as 2027-06-30`;
  return undefined;
}

function matches(pattern: unknown, name: string): boolean {
  if (typeof pattern !== "string") return true;
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}
