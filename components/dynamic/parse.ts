import type { z } from "zod";
import { DeclarationError, formatPath, problemsOf, type Problem } from "../declaration/errors.js";
import { unknownPaths } from "./unknowns.js";

/** What was read, or all that is wrong with it. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads by a schema, and finds all problems at once. In a preview, what is not known yet is believed to be right; the check
 * comes again before anything is written.
 *
 * @param page the page that describes the settings
 */
export function parseWith<T>(schema: z.ZodType<T>, input: unknown, page: string): Parsed<T> {
  const { data, error } = schema.safeParse(input);
  if (error === undefined) return { ok: true, value: data };
  const problems = problemsOf(error.issues, input);
  // A wrong type or an unknown key keeps the checks across fields from running: they run on what is left without it.
  const { error: later } = schema.safeParse(withoutBroken(input, error.issues));
  problems.push(...problemsOf((later?.issues ?? []).filter(isCustom), input));
  const distinct = new Map(problems.map((one) => [`${one.path} ${one.problem}`, withOwnRemedy(one, page)]));
  const known = withoutUnknown([...distinct.values()], input);
  return known.length > 0 ? { ok: false, problems: known } : { ok: true, value: input as T };
}

/** Where settings of these components are described is not where those of an environment are. */
function withOwnRemedy(problem: Problem, page: string): Problem {
  if (problem.problem !== "is not a known setting") return problem;
  const remedy = problem.remedy.startsWith("nothing here")
    ? `nothing here: user and password are read from the environment, see ${page}`
    : `a name from ${page}, or remove it`;
  return { ...problem, remedy };
}

/** @throws DeclarationError with all problems at once */
export function requireParsed<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new DeclarationError(parsed.problems);
  return parsed.value;
}

function isCustom({ code }: z.core.$ZodIssue): boolean {
  return code === "custom";
}

function withoutBroken(input: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy: unknown = structuredClone(input);
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") for (const key of issue.keys) remove(copy, [...issue.path, key]);
    else if (["invalid_type", "invalid_value"].includes(issue.code)) remove(copy, issue.path);
  }
  return copy;
}

function remove(from: unknown, path: readonly PropertyKey[]): void {
  let holder = from;
  for (const key of path.slice(0, -1)) {
    if (typeof holder !== "object" || holder === null) return;
    holder = (holder as Record<PropertyKey, unknown>)[key];
  }
  const last = path.at(-1);
  if (typeof holder !== "object" || holder === null || Array.isArray(holder) || last === undefined) return;
  Reflect.deleteProperty(holder, last);
}

/** Leaves out what is said about a place that is not known, or that holds one. */
function withoutUnknown(problems: readonly Problem[], input: unknown): Problem[] {
  const unknown = unknownPaths(input).map(formatPath);
  return problems.filter(({ path }) => !unknown.some((one) => one === path || within(one, path)));
}

function within(inner: string, outer: string): boolean {
  return inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
}
