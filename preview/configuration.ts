import { DeclarationError, type Environment, type Problem } from "../components/declaration/index.js";
import { configurationOf, readSettings, type Configuration } from "../stacks/configuration.js";
import {
  placeholderKey,
  placeholderKubeconfigs,
  placeholderSecrets,
  placeholderVcenters,
} from "./placeholders.js";

/** What stands under `config` in a `Pulumi.<stack>.yaml`. */
export type StackConfig = Readonly<Record<string, unknown>>;

/** A configuration in which nothing is secret, and what `pulumi preview` will miss in the file. */
export interface PreviewConfiguration {
  readonly configuration: Configuration;
  readonly missing: readonly string[];
}

/** Settings that must be stored encrypted; those with a platform, there alone. */
const ENCRYPTED: readonly {
  readonly path: string;
  readonly what: string;
  readonly remedy: string;
  readonly platform?: Environment["platform"];
}[] = [
  {
    path: "pgkeep:secrets",
    what: "see pgkeep secrets init",
    remedy: "the output of `pgkeep secrets init` through `pulumi config set --secret pgkeep:secrets`",
  },
  {
    path: "pgkeep:vcenters",
    what: "the accounts of each vCenter Server",
    remedy: "the accounts of each vCenter Server through `pulumi config set --secret pgkeep:vcenters`",
    platform: "vmware",
  },
  {
    path: "pgkeep:kubeconfigs",
    what: "the kubeconfig of each site",
    remedy: "the kubeconfig of each site through `pulumi config set --secret pgkeep:kubeconfigs`",
    platform: "kubernetes",
  },
];

/**
 * The configuration of a stack as its program would read it, with placeholders for everything secret.
 *
 * @throws DeclarationError for settings that the program would refuse
 */
export function previewConfiguration(environment: Environment, config: StackConfig): PreviewConfiguration {
  const problems: Problem[] = [];
  const settings = readSettings((key) => textOf(config[`pgkeep:${key}`]), environment, problems);
  const encrypted = ENCRYPTED.filter(
    ({ platform }) => platform === undefined || platform === environment.platform,
  );
  for (const { path, remedy } of encrypted)
    if (config[path] !== undefined && !isEncrypted(config[path]))
      problems.push({ path, value: "(hidden)", problem: "is stored in clear", remedy });
  if (problems.length > 0) throw new DeclarationError(problems);
  return {
    configuration: configurationOf(environment, settings, {
      secrets: placeholderSecrets(environment),
      privateKey: placeholderKey("deployer"),
      vcenters: placeholderVcenters(environment),
      kubeconfigs: placeholderKubeconfigs(environment),
    }),
    missing: [
      ...(settings.sshKeyFile === "" && environment.platform !== "kubernetes"
        ? ["pgkeep:sshKeyFile, the private key that opens the hosts"]
        : []),
      ...encrypted
        .filter(({ path }) => config[path] === undefined)
        .map(({ path, what }) => `${path}, ${what}`),
    ],
  };
}

/** A plain setting as the engine hands it to programs: everything that is no text becomes JSON. */
function textOf(value: unknown): string | undefined {
  return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
}

function isEncrypted(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const entries = Object.entries(value);
  return entries.length === 1 && entries[0]?.[0] === "secure" && typeof entries[0][1] === "string";
}
