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
  let document: unknown;
  try {
    document = parse(readFileSync(file, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : "unreadable";
    throw new UsageError(`${file} cannot be read: ${reason}`, "a Pulumi.<stack>.yaml");
  }
  try {
    return parseEnvironment(environmentIn(document));
  } catch (error) {
    if (error instanceof DeclarationError)
      throw new OperationError(`${file}: ${error.message}`, undefined, EXIT.usage);
    throw error;
  }
}

/** The environment of a stack file, or the whole document. */
function environmentIn(document: unknown): unknown {
  if (typeof document !== "object" || document === null || !("config" in document)) return document;
  const config = document.config;
  if (typeof config !== "object" || config === null) return undefined;
  return (config as Record<string, unknown>)["pgkeep:environment"];
}
