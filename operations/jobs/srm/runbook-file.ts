import { readFileSync } from "node:fs";
import { problemsOf } from "../../../components/declaration/errors.js";
import { runbookSchema, type Runbook } from "../../../components/srm/client/runbook.js";
import { UsageError } from "../../errors.js";

/**
 * Reads the runbook, an output of the stack.
 *
 * @throws UsageError with everything that is wrong with it
 */
export function readRunbook(file: string): Runbook {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : "unreadable";
    throw new UsageError(
      `${file} cannot be read: ${reason}`,
      "the runbook of the stack: `pulumi stack output runbook --json`",
    );
  }
  const { data, error } = runbookSchema.safeParse(document);
  if (error === undefined) return data;
  const lines = problemsOf(error.issues, document).map(
    ({ path, value, problem, remedy }) => `${path}: ${value} ${problem}; give ${remedy}`,
  );
  throw new UsageError(
    `${file} is no runbook:\n  ${lines.join("\n  ")}`,
    "write the output of the stack anew",
  );
}
