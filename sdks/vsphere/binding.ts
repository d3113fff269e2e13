import * as pulumi from "@pulumi/pulumi";

/** Version of the plugin that these bindings are written for; the engine looks for exactly this one. */
export const PLUGIN_VERSION = "4.18.2";

/** What the base class must know of a resource besides its token. */
export interface Shape {
  /** Inputs without which the plugin cannot work; a missing one fails before the engine is asked. */
  readonly required: readonly string[];
  /** Properties that the class offers as outputs, whether or not the caller gave them. */
  readonly outputs: readonly string[];
  /** Outputs that are secrets whatever the caller did. */
  readonly secrets?: readonly string[];
}

/** Base of all resources of this package: checks, output placeholders and the version of the plugin. */
export abstract class VsphereResource extends pulumi.CustomResource {
  protected constructor(
    token: string,
    name: string,
    args: object,
    shape: Shape,
    opts: pulumi.CustomResourceOptions = {},
  ) {
    const given = args as Record<string, unknown>;
    if (opts.id === undefined && opts.urn === undefined) {
      requireInputs(token, name, given, shape.required);
    }
    const properties: Record<string, unknown> = {};
    for (const output of shape.outputs) {
      properties[output] = undefined;
    }
    super(token, name, { ...properties, ...given }, resourceOptions(opts, shape.secrets));
  }
}

function requireInputs(
  token: string,
  name: string,
  given: Readonly<Record<string, unknown>>,
  required: readonly string[],
): void {
  const missing = required.filter((property) => given[property] === undefined);
  if (missing.length > 0) {
    throw new Error(`${token} "${name}": missing required ${missing.map((m) => `"${m}"`).join(", ")}`);
  }
}

function resourceOptions(
  opts: pulumi.CustomResourceOptions,
  secrets: readonly string[] = [],
): pulumi.CustomResourceOptions {
  const defaults: pulumi.CustomResourceOptions = { version: PLUGIN_VERSION };
  if (secrets.length > 0) {
    defaults.additionalSecretOutputs = [...secrets];
  }
  return pulumi.mergeOptions(defaults, opts);
}

/** True when an object carries a type token, as resources, and what policy packs show of them, do. */
export function isOfType(candidate: unknown, token: string): boolean {
  return (
    typeof candidate === "object" &&
    candidate !== null &&
    "__pulumiType" in candidate &&
    candidate.__pulumiType === token
  );
}

/** Arguments of a look-up whose values may not be known yet. */
export type OutputArgs<Args> = { [Name in keyof Args]: pulumi.Input<Args[Name]> };

/** A look-up in its two forms: at once (a promise), or within the graph of outputs. */
export interface Lookup<Args, Result> {
  plain(args: Args, opts?: pulumi.InvokeOptions): Promise<Result>;
  output(args: OutputArgs<Args>, opts?: pulumi.InvokeOutputOptions): pulumi.Output<Result>;
}

/** Both forms of the plugin's function `name`. */
export function lookup<Args extends object, Result>(name: string): Lookup<Args, Result> {
  const token = `vsphere:index/${name}:${name}`;
  return {
    plain: async (args, opts) =>
      (await pulumi.runtime.invoke(token, { ...args }, { version: PLUGIN_VERSION, ...opts })) as Result,
    output: (args, opts) =>
      pulumi.runtime.invokeOutput(
        token,
        { ...args },
        { version: PLUGIN_VERSION, ...opts },
      ) as pulumi.Output<Result>,
  };
}
