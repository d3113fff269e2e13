import * as pulumi from "@pulumi/pulumi";

/** A provider that Pulumi's server for dynamic providers finds by name. */
export interface NamedProvider {
  /** The package's entry whose `providers` holds it, such as `pgkeep/nsx/provider`. */
  readonly entry: string;
  /** Its name there: it stays for as long as states do. */
  readonly name: string;
}

/**
 * What the state keeps of a provider, and a process of Pulumi's runs: a line that finds the package from where the program is, as that
 * process finds Pulumi itself. It names no path of this machine, so a stack can be destroyed on another one, and a new version of the
 * package serves states of an old one. Pulumi's own way, the text of the provider's functions, changes with the compiler, and a
 * changed text replaces the resource; it takes half a second a program as well.
 */
export function providerText({ entry, name }: NamedProvider): string {
  const find = 'require("node:module").createRequire(process.cwd() + "/")';
  return `exports.handler = () => ${find}(${JSON.stringify(entry)}).providers[${JSON.stringify(name)}];\n`;
}

/** A resource whose provider is code of this package, to the engine one of Pulumi's dynamic resources. */
export abstract class DynamicResource extends pulumi.CustomResource {
  /** @param type module and name of the type, such as `nsx:TagAssignment`; states keep it */
  protected constructor(
    provider: NamedProvider,
    type: `${string}:${string}`,
    name: string,
    inputs: Readonly<Record<string, unknown>>,
    opts: pulumi.CustomResourceOptions,
  ) {
    super(`pulumi-nodejs:dynamic/${type}`, name, { ...inputs, __provider: providerText(provider) }, opts);
  }
}
