import { parse } from "yaml";
import { z } from "zod";
import {
  DeclarationError,
  type KubernetesEnvironment,
  type Problem,
} from "../components/declaration/index.js";

const KEY = "pgkeep:kubeconfigs";
const REMEDY =
  "a mapping from each site with databases to the text of its kubeconfig, through `pulumi config set --secret pgkeep:kubeconfigs`";

const named = z.looseObject({ name: z.string() });
const kubeconfig = z.looseObject({
  clusters: z
    .array(
      named.extend({
        cluster: z.looseObject({ server: z.string(), "insecure-skip-tls-verify": z.unknown() }).partial(),
      }),
    )
    .min(1),
  contexts: z.array(named).min(1),
  "current-context": z.string().optional(),
});

/**
 * The kubeconfig of each site's cluster.
 *
 * @param text the configuration's value
 * @param encrypted whether it is stored encrypted
 * @throws DeclarationError that names what is wrong and never shows a value
 */
export function readKubeconfigs(
  { kubernetes }: KubernetesEnvironment,
  text: string | undefined,
  encrypted: boolean,
): Record<string, string> {
  if (text === undefined) throw refused("is missing", "(nothing)");
  if (!encrypted) throw refused("is stored in clear");
  const given = z.record(z.string(), z.string()).safeParse(json(text));
  if (!given.success) throw refused("is not a mapping from sites to texts");
  const sites = kubernetes.sites.map(({ site }) => site);
  const problems = [
    ...sites
      .filter((site) => !Object.hasOwn(given.data, site))
      .map((site) => hidden(site, "is missing although the site has a cluster")),
    ...Object.keys(given.data)
      .filter((site) => !sites.includes(site))
      .map((site) => hidden(site, "is of no site with databases")),
    ...kubernetes.sites.flatMap(({ site, context }) => {
      const one = given.data[site];
      return one === undefined ? [] : faultsOf(one, context).map((fault) => hidden(site, fault));
    }),
  ];
  if (problems.length > 0) throw new DeclarationError(problems);
  return given.data;
}

function faultsOf(text: string, context: string | undefined): string[] {
  const { data } = kubeconfig.safeParse(yaml(text));
  if (data === undefined) return ["is no kubeconfig with clusters and contexts"];
  const faults: string[] = [];
  if (context !== undefined && !data.contexts.some(({ name }) => name === context))
    faults.push(`has no context ${context}, which kubernetes.sites names`);
  if (context === undefined && data["current-context"] === undefined)
    faults.push("has no current context, and kubernetes.sites names none");
  for (const { cluster } of data.clusters) {
    if (cluster["insecure-skip-tls-verify"] === true) faults.push("does not check whom it talks to");
    if (cluster.server?.startsWith("http:") === true) faults.push("talks to its cluster in clear");
  }
  return faults;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused("is not a mapping");
  }
}

function yaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function refused(problem: string, value = "(hidden)"): DeclarationError {
  return new DeclarationError([{ path: KEY, value, problem, remedy: REMEDY }]);
}

function hidden(site: string, problem: string): Problem {
  return { path: `${KEY}.${site}`, value: "(hidden)", problem, remedy: REMEDY };
}
