import type { z } from "zod";
import { problemsOf } from "../declaration/errors.js";

/** How a key is called that no schema has; the declaration's remedy speaks of its own schema. */
const UNKNOWN = "is not a known setting";

/** Something wrong that concerns several arguments together. */
export type Refuse = (path: readonly PropertyKey[], problem: string, remedy: string) => void;

/**
 * Reads the arguments of a component.
 *
 * @param together what is wrong between arguments that are each right
 * @throws TypeError with every problem: path, value, what is wrong, what would be right
 */
export function checked<T extends z.ZodType>(
  component: string,
  schema: T,
  args: unknown,
  together: (args: z.output<T>, refuse: Refuse) => void = () => undefined,
): z.output<T> {
  const issues: z.core.$ZodIssue[] = [];
  const result = schema.safeParse(args);
  if (result.success)
    together(result.data, (path, message, remedy) => {
      issues.push({ code: "custom", path: [...path], message, params: { remedy }, input: args });
    });
  else issues.push(...result.error.issues);
  if (result.success && issues.length === 0) return result.data;
  const lines = problemsOf(issues, args).map(
    ({ path, value, problem, remedy }) =>
      `${path}: ${value} ${problem}; give ${problem === UNKNOWN ? "one of the documented arguments, or remove it" : remedy}`,
  );
  throw new TypeError(`${component}:\n  ${lines.join("\n  ")}`);
}
