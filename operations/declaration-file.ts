import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { DeclarationError, parseEnvironment, type Environment } from "../components/declaration/index.js";
import { EXIT, OperationError, UsageError } from "./errors.js";

/**
 * Reads the environment of a Pulumi.<stack>.yaml, or of a file that holds the environment alone.
 *
 * @throws UsageError, or an OperationError with every problem of the declaration
 */
export function readEnvironment(file: string): Environment {
  const document = parseYaml(file, () => readFileSync(file, "utf8"));
  try {
    return parseEnvironment(environmentIn(document));
  } catch (error) {
    if (error instanceof DeclarationError)
      throw new OperationError(`${file}: ${error.message}`, undefined, EXIT.usage);
    throw error;
  }
}

/** A Pulumi.<stack>.yaml as it was written: the environment is not checked yet. */
export interface StackFile {
  readonly environment: unknown;
  /** Everything under `config`, that environment included; empty where a file holds the environment alone. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Reads a Pulumi.<stack>.yaml.
 *
 * @param text what stands in it, when it does not lie in the file
 * @throws UsageError
 */
export function readStackFile(file: string, text?: string): StackFile {
  const document = parseYaml(file, () => text ?? readFileSync(file, "utf8"));
  return { environment: environmentIn(document), config: configIn(document) ?? {} };
}

/** @throws UsageError */
function parseYaml(file: string, read: () => string): unknown {
  try {
    return parse(read()) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : "unreadable";
    throw new UsageError(`${file} cannot be read: ${reason}`, "a Pulumi.<stack>.yaml");
  }
}

/** The environment of a stack file, or the whole document. */
function environmentIn(document: unknown): unknown {
  if (typeof document !== "object" || document === null || !("config" in document)) return document;
  return configIn(document)?.["pgkeep:environment"];
}

function configIn(document: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof document !== "object" || document === null || !("config" in document)) return undefined;
  const { config } = document;
  return typeof config === "object" && config !== null ? (config as Record<string, unknown>) : undefined;
}
