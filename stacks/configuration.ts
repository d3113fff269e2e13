import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import {
  dayOf,
  DeclarationError,
  parseEnvironment,
  parseSecrets,
  type Environment,
  type KubernetesEnvironment,
  type KvmEnvironment,
  type Problem,
  type Secrets,
  type VmwareEnvironment,
} from "../components/declaration/index.js";
import type { VcenterAccess } from "../components/vsphere/index.js";
import { readKubeconfigs } from "./kubeconfigs.js";
import { expandPath } from "./paths.js";
import { readVcenters } from "./vcenters.js";

/** What stands in `Pulumi.<stack>.yaml` for every platform, parsed and checked. */
interface Common {
  /** `pgkeep:secrets`, which must be stored encrypted. */
  readonly secrets: pulumi.Output<Secrets>;
  /** `pgkeep:protect`: refuse to delete or replace what holds data: VMs and their disks, namespaces and claims. @default true */
  readonly protect: boolean;
}

/** What opens the hosts of virtual machines. */
interface HostKey {
  /** `pgkeep:sshKeyFile`: private key that opens the hosts; variables such as `${HOME}` are expanded. */
  readonly sshKeyFile: string;
  /** Text of that file. */
  readonly privateKey: pulumi.Output<string>;
}

/** The configuration of an environment on KVM. */
export interface KvmConfiguration extends Common, HostKey {
  readonly platform: "kvm";
  /** `pgkeep:environment` */
  readonly environment: KvmEnvironment;
  /** `pgkeep:knownHostsFile`: where the declared host keys are written. @default ${HOME}/.pgkeep/known_hosts-<environment> */
  readonly knownHostsFile: string;
}

/** The configuration of an environment on VMware. */
export interface VmwareConfiguration extends Common, HostKey {
  readonly platform: "vmware";
  /** `pgkeep:environment` */
  readonly environment: VmwareEnvironment;
  /** `pgkeep:vcenters`, which must be stored encrypted: accounts of each vCenter Server. */
  readonly vcenters: Readonly<Record<string, VcenterAccess>>;
}

/** The configuration of an environment on Kubernetes. */
export interface KubernetesConfiguration extends Common {
  readonly platform: "kubernetes";
  /** `pgkeep:environment` */
  readonly environment: KubernetesEnvironment;
  /** `pgkeep:kubeconfigs`, which must be stored encrypted: the kubeconfig of each site's cluster. */
  readonly kubeconfigs: Readonly<Record<string, pulumi.Output<string>>>;
}

export type Configuration = KvmConfiguration | VmwareConfiguration | KubernetesConfiguration;

/** The plain settings beside the declaration, with their defaults; an `sshKeyFile` that is missing is "". */
export interface PlainSettings {
  readonly sshKeyFile: string;
  readonly knownHostsFile: string;
  readonly protect: boolean;
}

/** What is stored encrypted or lies in files of the operator; a preview has placeholders for it. */
export interface SecretSettings {
  readonly secrets: Secrets;
  /** Empty on Kubernetes. */
  readonly privateKey: string;
  /** Empty but on VMware. */
  readonly vcenters: Readonly<Record<string, VcenterAccess>>;
  /** Empty but on Kubernetes. */
  readonly kubeconfigs: Readonly<Record<string, string>>;
}

/**
 * Reads and checks the configuration.
 *
 * @param now the moment by which access rules end
 * @throws DeclarationError with everything that is wrong, before any resource exists
 */
export function readConfiguration(now: Date): Configuration {
  const environment = parseEnvironment(parseObject("environment"), dayOf(now));
  const problems: Problem[] = [];
  const secrets = collect(problems, () => readSecrets(environment));
  const settings = readSettings(read, environment, problems);
  const privateKey =
    environment.platform === "kubernetes" ? "" : collect(problems, () => readKey(settings.sshKeyFile));
  const vcenters =
    environment.platform === "vmware"
      ? collect(problems, () =>
          readVcenters(environment, read("vcenters"), storedEncrypted("pgkeep:vcenters")),
        )
      : {};
  const kubeconfigs =
    environment.platform === "kubernetes"
      ? collect(problems, () =>
          readKubeconfigs(environment, read("kubeconfigs"), storedEncrypted("pgkeep:kubeconfigs")),
        )
      : {};
  if (
    secrets === undefined ||
    privateKey === undefined ||
    vcenters === undefined ||
    kubeconfigs === undefined ||
    problems.length > 0
  )
    throw new DeclarationError(problems);
  return configurationOf(environment, settings, { secrets, privateKey, vcenters, kubeconfigs });
}

/** Reads the settings that are not secret, and adds what is wrong with them to `problems`. */
export function readSettings(
  setting: (key: string) => string | undefined,
  environment: Environment,
  problems: Problem[],
): PlainSettings {
  const protect = setting("protect") ?? "true";
  if (!["true", "false"].includes(protect))
    problems.push(problem("protect", JSON.stringify(protect), "is neither true nor false", "true or false"));
  return {
    sshKeyFile: setting("sshKeyFile") ?? "",
    knownHostsFile: setting("knownHostsFile") ?? `\${HOME}/.pgkeep/known_hosts-${environment.name}`,
    protect: protect === "true",
  };
}

/** Puts a configuration together; what is secret becomes a Pulumi secret here. */
export function configurationOf(
  environment: Environment,
  { sshKeyFile, knownHostsFile, protect }: PlainSettings,
  { secrets, privateKey, vcenters, kubeconfigs }: SecretSettings,
): Configuration {
  const common: Common = { secrets: pulumi.secret(secrets), protect };
  const key: HostKey = { sshKeyFile, privateKey: pulumi.secret(privateKey) };
  switch (environment.platform) {
    case "kvm":
      return { ...common, ...key, platform: "kvm", environment, knownHostsFile };
    case "vmware":
      return { ...common, ...key, platform: "vmware", environment, vcenters };
    case "kubernetes":
      return {
        ...common,
        platform: "kubernetes",
        environment,
        kubeconfigs: Object.fromEntries(
          Object.entries(kubeconfigs).map(([site, text]) => [site, pulumi.secret(text)]),
        ),
      };
  }
}

function read(key: string): string | undefined {
  // Not by pulumi.Config: its plain reading warns of secrets, and its secret reading can only be checked after resources exist.
  return pulumi.runtime.getConfig(`pgkeep:${key}`);
}

function parseObject(key: string): unknown {
  const text = read(key);
  if (text === undefined)
    throw new DeclarationError([
      problem(
        key,
        "(nothing)",
        "is missing",
        `a mapping under config, pgkeep:${key}, in Pulumi.<stack>.yaml`,
      ),
    ]);
  try {
    return JSON.parse(text, asWritten) as unknown;
  } catch {
    throw new DeclarationError([problem(key, "(a text)", "is not a mapping", "a YAML mapping, not a text")]);
  }
}

/** The engine reads a day without quotes as a moment, and hands it on in this form. */
function asWritten(_key: string, value: unknown): unknown {
  const day = typeof value === "string" ? /^(\d{4}-\d\d-\d\d) 00:00:00 \+0000 UTC$/.exec(value) : null;
  return day?.[1] ?? value;
}

function readSecrets(environment: Environment): Secrets {
  const remedy = "the output of `pgkeep secrets init` through `pulumi config set --secret pgkeep:secrets`";
  if (read("secrets") === undefined)
    throw new DeclarationError([problem("secrets", "(nothing)", "is missing", remedy)]);
  if (!storedEncrypted("pgkeep:secrets"))
    throw new DeclarationError([problem("secrets", "(hidden)", "is stored in clear", remedy)]);
  return parseSecrets(parseObject("secrets"), environment);
}

/** What the engine says about a key: it passes the list of the encrypted ones. */
function storedEncrypted(key: string): boolean {
  const keys: unknown = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]");
  return Array.isArray(keys) && keys.includes(key);
}

function readKey(path: string): string {
  const remedy = "the path of the private SSH key that opens the hypervisors";
  if (path === "") throw new DeclarationError([problem("sshKeyFile", "(nothing)", "is missing", remedy)]);
  try {
    const text = readFileSync(expandPath(path), "utf8");
    if (text.includes("PRIVATE KEY")) return text;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new DeclarationError([
      problem("sshKeyFile", JSON.stringify(path), `cannot be read (${code})`, remedy),
    ]);
  }
  throw new DeclarationError([problem("sshKeyFile", JSON.stringify(path), "is not a private key", remedy)]);
}

function collect<T>(problems: Problem[], get: () => T): T | undefined {
  try {
    return get();
  } catch (error) {
    if (!(error instanceof DeclarationError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

function problem(key: string, value: string, text: string, remedy: string): Problem {
  return { path: `pgkeep:${key}`, value, problem: text, remedy };
}
