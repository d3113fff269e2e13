import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { derivedModel, readModel } from "../../components/access/index.js";
import { DeclarationError, parseEnvironment, type Environment } from "../../components/declaration/index.js";
import { PORTS } from "../../components/postgres/index.js";
import { recoveryPlan } from "../../components/recovery/index.js";
import { readStackFile } from "../declaration-file.js";
import { OperationError, UsageError } from "../errors.js";
import { accessDiff, modelDiff, type AccessDifference } from "./diff.js";

/** What a changed declaration is compared with. */
export type Base = { readonly file: string } | { readonly ref: string };

const NOTHING: AccessDifference = { changes: [], terms: [] };

/** What a change opens and closes, or why that cannot be said. */
export interface Comparison extends AccessDifference {
  /** The base in words. */
  readonly base: string;
  /** Something about the base that a reader must know. */
  readonly note?: string;
}

/** Clients are pods there as well as addresses, and the comparison knows addresses alone. */
const NOT_ON_KUBERNETES =
  "What a change opens and closes is not computed on Kubernetes: read the policies themselves.";

/**
 * Compares a declaration with the one before it. Where there was none everything is opened; one that is not valid (any more)
 * cannot be compared, which the change is not to blame for.
 *
 * @param file the changed Pulumi.<stack>.yaml; in a commit, the file of that path
 * @throws UsageError when the base does not exist
 */
export function compareWithBase(base: Base, file: string, changed: Environment): Comparison {
  const name = "ref" in base ? `${basename(file)} of ${base.ref}` : base.file;
  const text = "ref" in base ? committedText(base.ref, file) : undefined;
  if (changed.platform === "kubernetes") return { base: name, ...NOTHING, note: NOT_ON_KUBERNETES };
  if ("ref" in base && text === undefined)
    return {
      base: name,
      ...allOpened(changed),
      note: `There is no ${basename(file)} in ${base.ref}: everything is new.`,
    };
  if ("file" in base && !existsSync(base.file))
    throw new UsageError(`--base: ${base.file} does not exist`, "the Pulumi.<stack>.yaml before the change");
  let before: Environment;
  try {
    before = parseEnvironment(readStackFile("file" in base ? base.file : name, text).environment);
  } catch (error) {
    if (!(error instanceof DeclarationError) && !(error instanceof OperationError)) throw error;
    return {
      base: name,
      ...NOTHING,
      note: "The base is no valid declaration, so what the change opens and closes cannot be said.",
    };
  }
  if (before.platform === "kubernetes") return { base: name, ...NOTHING, note: NOT_ON_KUBERNETES };
  return { base: name, ...accessDiff(recoveryPlan(before), recoveryPlan(changed)) };
}

/** All that a new environment allows. */
function allOpened(environment: Environment): AccessDifference {
  const nothing = readModel({ groups: [], services: [], rules: [] });
  return modelDiff(nothing, derivedModel(recoveryPlan(environment), PORTS));
}

/** The text of a file in a commit; undefined when the commit has none of that path. @throws UsageError */
function committedText(ref: string, file: string): string | undefined {
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", dirname(file), ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 16 * 1024 ** 2,
    });
  let commit: string;
  try {
    commit = git("rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`).trim();
  } catch {
    throw new UsageError(
      `--base-ref: "${ref}" is no commit of the repository around ${file}`,
      "a branch, tag or commit that has been fetched",
    );
  }
  if (git("ls-tree", "--name-only", commit, "--", basename(file)).trim() === "") return undefined;
  return git("show", `${commit}:./${basename(file)}`);
}
