import type { PolicyConfigSchema } from "@pulumi/policy";
import { CONFIG_SCHEMA } from "./exemptions.js";

/** A threshold of a rule. */
export interface Parameter {
  /** What it limits, as part of a sentence. */
  readonly what: string;
  /** Such as `days`; "" for a plain count. */
  readonly unit: string;
  readonly default: number;
  /** Smallest value that makes sense. */
  readonly minimum: number;
  readonly maximum?: number;
}

/** The thresholds of a rule by the name that the configuration uses. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** A value for each parameter. */
export type Values<P extends Parameters = Parameters> = { readonly [Name in keyof P]: number };

/** What the configuration of a rule says about its parameters, defaults for what it leaves out. */
export function valuesOf(
  parameters: Parameters = {},
  configured: Readonly<Record<string, unknown>> = {},
): Values {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => {
      const value = configured[name];
      return [name, typeof value === "number" ? value : parameter.default];
    }),
  );
}

/** Schema of the configuration of a rule: what every rule takes, and its own parameters. */
export function configSchema(parameters: Parameters = {}): PolicyConfigSchema {
  const own = Object.entries(parameters).map(([name, { what, unit, default: value, minimum, maximum }]) => [
    name,
    {
      type: "number" as const,
      description: unit === "" ? what : `${what}, in ${unit}`,
      default: value,
      minimum,
      ...(maximum === undefined ? {} : { maximum }),
    },
  ]);
  return { ...CONFIG_SCHEMA, properties: { ...CONFIG_SCHEMA.properties, ...Object.fromEntries(own) } };
}
