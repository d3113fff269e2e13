import { createRequire } from "node:module";
import type * as pulumi from "@pulumi/pulumi";

type Provider = pulumi.dynamic.ResourceProvider<Record<string, unknown>, Record<string, unknown>>;

/**
 * A provider that is looked up when it is called. Pulumi keeps the text of a provider's functions in the state and runs it in
 * a process of its own; these few lines name no path of this machine, and find the package from where the program is, as
 * that process finds Pulumi itself. So a stack can be destroyed on another machine, and a new version of the package serves
 * states of an old one.
 *
 * @param entry the package's entry whose `providers` holds it, such as `pgkeep/nsx/provider`
 * @param name its name there: it stays for as long as states do
 */
export function deferredProvider(entry: string, name: string): Provider {
  const implementation = (): Provider => {
    const find = createRequire(`${process.cwd()}/`);
    return (find(entry) as { providers: Record<string, Provider> }).providers[name] as Provider;
  };
  return {
    check: async (olds, news) => (await implementation().check?.(olds, news)) ?? { inputs: news },
    diff: async (id, olds, news) => (await implementation().diff?.(id, olds, news)) ?? {},
    create: (inputs) => implementation().create(inputs),
    update: async (id, olds, news) => (await implementation().update?.(id, olds, news)) ?? {},
    read: async (id, props) => (await implementation().read?.(id, props)) ?? { id },
    delete: async (id, props) => {
      await implementation().delete?.(id, props);
    },
  };
}
