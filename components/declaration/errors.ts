import { z } from "zod";
import { givenRemedy } from "./remedy.js";

/** One thing wrong with a declaration. */
export interface Problem {
  /** Where, such as `backup.base.full.schedule` or `cluster.members[1].site`. */
  readonly path: string;
  /** What stands there, shortened; `(nothing)` when it is missing; hidden when the place looks like a secret. */
  readonly value: string;
  /** What is wrong with it. */
  readonly problem: string;
  /** What would be right. */
  readonly remedy: string;
}

/** All that is wrong with a declaration, at once. */
export class DeclarationError extends Error {
  override readonly name = "DeclarationError";

  constructor(readonly problems: readonly Problem[]) {
    const lines = problems.map(
      ({ path, value, problem, remedy }) => `  ${path}: ${value} ${problem}; give ${remedy}`,
    );
    super(
      `the declaration has ${problems.length} problem${problems.length === 1 ? "" : "s"}:\n${lines.join("\n")}`,
    );
  }
}

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/** Writes a path as people write it: `cluster.members[1].site`. Keys that are not plain words stand in quotes, shortened. */
export function formatPath(path: readonly PropertyKey[]): string {
  const text = path
    .map((key) => {
      if (typeof key === "number") return `[${key}]`;
      return PLAIN_KEY.test(String(key)) ? `.${String(key)}` : `[${showKey(String(key))}]`;
    })
    .join("");
  return text.replace(/^\./, "") || "(the whole declaration)";
}

function showKey(key: string): string {
  return SECRET_VALUE.test(key) ? "(hidden)" : shorten(JSON.stringify(key));
}

const SECRET_PLACE = /pass|secret|token|credential|private|key$|tsig|pem$/i;
/** Public things whose name says "key". */
const PUBLIC_PLACE = /^(hostKey|key)$/;
const SECRET_VALUE =
  /-----BEGIN|SCRAM-SHA-256\$|^md5[0-9a-f]{32}$|:\/\/[^@\s]*:[^@\s]*@|(pass(word|phrase)?|secret|token)\s*[=:]/i;
const LONGEST_VALUE = 80;

/** Shows a value in an error, never one that may be a secret. */
export function showValue(path: readonly PropertyKey[], value: unknown): string {
  if (value === undefined) return "(nothing)";
  if (path.some((key) => SECRET_PLACE.test(String(key)) && !PUBLIC_PLACE.test(String(key))))
    return "(hidden)";
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? `(a list of ${value.length})` : "(a mapping)";
  if (typeof value === "string" && SECRET_VALUE.test(value)) return "(hidden)";
  return shorten(typeof value === "string" ? JSON.stringify(value) : String(value));
}

function shorten(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** What stands at a path of untrusted input. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let current = input;
  for (const key of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

/** Turns what zod found into problems; an issue about several unknown keys becomes one problem a key. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  at: readonly PropertyKey[] = [],
): Problem[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...issue.path];
    const here = valueAt(input, path);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        path: formatPath([...path, key]),
        value: showValue([...path, key], valueAt(here, [key])),
        problem: "is not a known setting",
        remedy: SECRET_PLACE.test(key)
          ? "nothing here: secrets belong to pgkeep:secrets, made by `pgkeep secrets init`"
          : "a name from the schema (docs/environment.schema.json), or remove it",
      }));
    }
    if (issue.code === "invalid_union") return unionProblems(issue, path, here, input);
    const [problem, remedy] = describe(issue, here);
    return [{ path: formatPath(path), value: showValue(path, here), problem, remedy }];
  });
}

/** A union that matched nothing is reported by the alternative that came closest. */
function unionProblems(
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly PropertyKey[],
  here: unknown,
  input: unknown,
): Problem[] {
  const given = givenRemedy(issue.message);
  if (given !== undefined && (typeof here !== "object" || here === null || Array.isArray(here)))
    return [
      {
        path: formatPath(path),
        value: showValue(path, here),
        problem: here === undefined ? "is missing" : "has the wrong type",
        remedy: given,
      },
    ];
  const closest = issue.errors.toSorted((a, b) => weight(a) - weight(b))[0];
  if (closest !== undefined && closest.length > 0) return problemsOf(closest, input, path);
  const options =
    "options" in issue && Array.isArray(issue.options) ? issue.options.map(String).join(" or ") : undefined;
  const key =
    "discriminator" in issue && typeof issue.discriminator === "string" ? issue.discriminator : undefined;
  // zod already puts the discriminator at the end of the issue's path.
  const remedy =
    key === undefined ? "one of the forms of the schema" : `${options ?? "a kind named in the schema"}`;
  return [{ path: formatPath(path), value: showValue(path, here), problem: "matches no known form", remedy }];
}

/** Unknown keys weigh most: they say that another alternative was meant. */
function weight(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce(
    (sum, issue) => sum + (issue.code === "unrecognized_keys" ? 3 * issue.keys.length : 1),
    0,
  );
}

function describe(issue: z.core.$ZodIssue, here: unknown): [string, string] {
  const given = givenRemedy(issue.message);
  switch (issue.code) {
    case "invalid_type":
      return [
        here === undefined ? "is missing" : "has the wrong type",
        given ?? article(issue.expected, here),
      ];
    case "invalid_value":
      return [
        here === undefined ? "is missing" : "is not one of the known values",
        issue.values.map(String).join(" or "),
      ];
    case "too_small":
      return [
        `is too ${sizeWord(issue.origin, "small")}`,
        `at least ${String(issue.minimum)}${unitWord(issue.origin, issue.minimum)}`,
      ];
    case "too_big":
      return [
        `is too ${sizeWord(issue.origin, "large")}`,
        `at most ${String(issue.maximum)}${unitWord(issue.origin, issue.maximum)}`,
      ];
    case "invalid_format":
      return ["has the wrong form", given ?? `a valid ${issue.format}`];
    case "invalid_key":
      return ["has an unusable key", "a plain name as key"];
    case "custom":
      return [
        issue.message,
        typeof issue.params?.["remedy"] === "string" ? issue.params["remedy"] : "another value",
      ];
    default:
      return ["is not accepted", issue.message];
  }
}

function article(expected: string, here: unknown): string {
  if (expected === "record" || expected === "object") return "a mapping";
  if (expected === "array") return "a list";
  const quotes = typeof here === "string" ? ", without quotes" : "";
  if (expected === "int") return `a whole number${quotes}`;
  if (expected === "number") return `a number${quotes}`;
  if (expected === "boolean") return `true or false${quotes}`;
  if (expected === "string") return "a text";
  return `a ${expected}`;
}

function sizeWord(origin: string, word: "small" | "large"): string {
  if (origin === "array") return word === "small" ? "short" : "long";
  return word;
}

function unitWord(origin: string, count: number | bigint): string {
  if (origin !== "array") return "";
  return Number(count) === 1 ? " entry" : " entries";
}
