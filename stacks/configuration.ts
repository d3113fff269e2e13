import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import {
  DeclarationError,
  parseEnvironment,
  parseSecrets,
  type Environment,
  type Problem,
  type Secrets,
} from "../components/declaration/index.js";
import { expandPath } from "./paths.js";

/** Everything that stands in `Pulumi.<stack>.yaml`, parsed and checked. */
export interface Configuration {
  /** `pgkeep:environment` */
  readonly environment: Environment;
  /** `pgkeep:secrets`, which must be stored encrypted. */
  readonly secrets: pulumi.Output<Secrets>;
  /** `pgkeep:sshKeyFile`: private key that opens the hypervisors; variables such as `${HOME}` are expanded. */
  readonly sshKeyFile: string;
  /** Text of that file. */
  readonly privateKey: pulumi.Output<string>;
  /** `pgkeep:knownHostsFile`: where the declared host keys are written. @default ${HOME}/.pgkeep/known_hosts-<environment> */
  readonly knownHostsFile: string;
  /** `pgkeep:protect`: refuse to delete or replace VMs and their disks. @default true */
  readonly protect: boolean;
}

/**
 * Reads and checks the configuration.
 *
 * @throws DeclarationError with everything that is wrong, before any resource exists
 */
export function readConfiguration(): Configuration {
  const environment = parseEnvironment(parseObject("environment"));
  const problems: Problem[] = [];
  const secrets = collect(problems, () => readSecrets(environment));
  const sshKeyFile = read("sshKeyFile") ?? "";
  const privateKey = collect(problems, () => readKey(sshKeyFile));
  const protect = read("protect") ?? "true";
  if (!["true", "false"].includes(protect))
    problems.push(problem("protect", JSON.stringify(protect), "is neither true nor false", "true or false"));
  if (secrets === undefined || privateKey === undefined || problems.length > 0)
    throw new DeclarationError(problems);
  return {
    environment,
    secrets: pulumi.secret(secrets),
    sshKeyFile,
    privateKey: pulumi.secret(privateKey),
    knownHostsFile: read("knownHostsFile") ?? `\${HOME}/.pgkeep/known_hosts-${environment.name}`,
    protect: protect === "true",
  };
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
    return JSON.parse(text) as unknown;
  } catch {
    throw new DeclarationError([problem(key, "(a text)", "is not a mapping", "a YAML mapping, not a text")]);
  }
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
