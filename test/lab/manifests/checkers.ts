import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  installGeneratedFiles,
  installModuleFiles,
  installPrograms,
  installPython,
  manifestCheckers,
  versions,
} from "../../../toolchain/index.js";
import { podSecurity } from "./pod-security.js";
import type { Manifest } from "./render.js";
import { SCHEMA_TEMPLATE, Schemas } from "./schemas.js";

/** What a checker says about the objects of one sample. */
export interface Verdict {
  /** Faults, each a line; empty when there are none. */
  readonly faults: readonly string[];
  /** How many checks were made: a checker that looks at nothing finds nothing. */
  readonly checks: number;
  /** Checks that an object asks to be left out of, each with the reason that it gives, if any. */
  readonly skipped: readonly { readonly check: string; readonly reason: string }[];
}

/** A checker of manifests. */
export interface Checker {
  readonly name: string;
  readonly check: (folder: string, paths: readonly string[], manifests: readonly Manifest[]) => Verdict;
}

/** Runs a checker and gives back what it writes, which must be JSON; none of them reaches the network. */
function ask(program: string, args: readonly string[], home: string): unknown {
  const result = spawnSync(program, args, {
    encoding: "utf8",
    timeout: 120_000,
    maxBuffer: 64 * 1024 ** 2,
    env: { PATH: process.env["PATH"], HOME: home, TMPDIR: home, NO_PROXY: "*", BC_SKIP_MAPPING: "TRUE" },
  });
  if (result.error !== undefined) throw result.error;
  try {
    return JSON.parse(result.stdout) as unknown;
  } catch {
    throw new Error(
      `${program} ended with ${result.status ?? "a signal"} and said: ${result.stderr.slice(-2000)}`,
    );
  }
}

interface Checkov {
  readonly results?: {
    readonly passed_checks: readonly unknown[];
    readonly failed_checks: readonly { check_id: string; check_name: string; resource: string }[];
    readonly skipped_checks: readonly {
      check_id: string;
      check_result: { suppress_comment: string };
    }[];
    readonly parsing_errors: readonly string[];
  };
}

function checkov(python: string, home: string): Checker {
  return {
    name: "checkov",
    check: (folder, _, manifests) => {
      const args = ["-m", "checkov.main", "-d", folder, "--framework", "kubernetes"];
      const { results } = ask(
        python,
        [...args, "--skip-download", "--compact", "-o", "json"],
        home,
      ) as Checkov;
      // It answers without results where it has no check for any of the kinds.
      if (results === undefined) return { faults: [], checks: manifests.length, skipped: [] };
      return {
        faults: [
          ...results.failed_checks.map((each) => `${each.check_id} ${each.resource}: ${each.check_name}`),
          ...results.parsing_errors.map((path) => `${path} cannot be read`),
        ],
        checks: results.passed_checks.length + results.failed_checks.length,
        skipped: results.skipped_checks.map(
          ({ check_id: check, check_result: { suppress_comment: reason } }) => ({
            check,
            reason,
          }),
        ),
      };
    },
  };
}

interface Score {
  readonly object_name: string;
  readonly checks: readonly {
    readonly check: { readonly id: string };
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: readonly { readonly summary: string; readonly path: string }[] | null;
  }[];
}

/** Grades of kube-score, warnings being faults here: 1 is critical, 5 a warning, 10 well. */
const WELL = 10;

function kubeScore(program: string, home: string): Checker {
  return {
    name: "kube-score",
    check: (_, paths, manifests) => {
      const options = ["--output-format", "json", "--kubernetes-version", "v1.31"];
      const scores = ask(program, ["score", ...options, ...paths], home) as Score[] | null;
      const all = (scores ?? []).flatMap(({ object_name: object, checks }) =>
        checks.map((check) => ({ object, ...check })),
      );
      return {
        faults: all
          .filter(({ skipped, grade }) => !skipped && grade < WELL)
          .map(
            ({ object, check, comments }) =>
              `${check.id} ${object}: ${(comments ?? []).map(({ summary, path }) => `${summary} (${path})`).join("; ")}`,
          ),
        checks: all.filter(({ skipped }) => !skipped).length,
        skipped: manifests.flatMap((manifest) => ignoredBy(manifest).map((check) => ({ check, reason: "" }))),
      };
    },
  };
}

/** What an object asks kube-score to leave out; it has no place for a reason. */
function ignoredBy({ metadata }: Manifest): string[] {
  const annotations = (metadata["annotations"] ?? {}) as Readonly<Record<string, string>>;
  return (annotations["kube-score/ignore"] ?? "")
    .split(",")
    .map((id) => id.trim())
    .filter((id) => id !== "");
}

interface Conform {
  readonly resources:
    readonly { filename: string; kind: string; name: string; status: string; msg: string }[] | null;
}

function kubeconform(program: string, schemas: Schemas, home: string): Checker {
  return {
    name: "kubeconform",
    check: (folder, paths, manifests) => {
      const places = join(home, "schemas");
      mkdirSync(places, { recursive: true });
      const known = manifests.filter((manifest) => schemas.has(manifest));
      for (const manifest of known) schemas.write(places, manifest);
      const skip = manifests.filter((manifest) => !schemas.has(manifest));
      const skipped = skip.map(({ apiVersion, kind }) => ({ check: `${apiVersion}/${kind}`, reason: "" }));
      const args = [
        "-strict",
        "-output",
        "json",
        "-verbose",
        "-schema-location",
        join(places, SCHEMA_TEMPLATE),
      ];
      const without =
        skip.length === 0
          ? []
          : ["-skip", skip.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`).join(",")];
      const { resources } = ask(program, [...args, ...without, ...paths], home) as Conform;
      const all = resources ?? [];
      return {
        faults: all
          .filter(({ status }) => status !== "statusValid" && status !== "statusSkipped")
          .map(({ kind, name, status, msg }) => `${kind} ${name}: ${status} ${msg.replaceAll(folder, "")}`),
        checks: all.filter(({ status }) => status !== "statusSkipped").length,
        skipped,
      };
    },
  };
}

interface Trivy {
  readonly Results?: readonly {
    readonly Target: string;
    readonly MisconfSummary?: { readonly Successes: number; readonly Failures: number };
    readonly Misconfigurations?: readonly { ID: string; Severity: string; Title: string; Message: string }[];
  }[];
}

function trivyConfig(program: string, home: string): Checker {
  return {
    name: "trivy config",
    check: (folder) => {
      const args = [
        "config",
        "--skip-check-update",
        "--severity",
        "HIGH,CRITICAL",
        "--format",
        "json",
        "--quiet",
      ];
      const places = ["--cache-dir", join(home, "trivy"), folder];
      const { Results: results = [] } = ask(program, [...args, ...places], home) as Trivy;
      return {
        faults: results.flatMap(({ Target, Misconfigurations = [] }) =>
          Misconfigurations.map(({ ID, Severity, Message }) => `${ID} ${Severity} ${Target}: ${Message}`),
        ),
        checks: results.reduce(
          (sum, { MisconfSummary: all }) => sum + (all?.Successes ?? 0) + (all?.Failures ?? 0),
          0,
        ),
        skipped: [],
      };
    },
  };
}

/** What is looked at beside the objects themselves. */
export interface Checkers {
  readonly all: readonly Checker[];
  readonly schemas: Schemas;
}

/** Makes the checkers available. @param home folder for what they write */
export async function checkersIn(home: string): Promise<Checkers> {
  const { kubeScore: score, kubeconform: conform, trivy, podSecurity: pods } = versions.programs;
  const programs = await installPrograms([score, conform, trivy, pods]);
  const [scorer = "", conformer = "", scanner = "", judge = ""] = programs;
  const python = await installPython(manifestCheckers.pythonPrograms.checkov);
  const schemas = new Schemas(
    await installModuleFiles(manifestCheckers.kubernetesSchemas),
    await installGeneratedFiles(manifestCheckers.calicoDefinitions),
  );
  return {
    all: [
      checkov(python, home),
      kubeScore(scorer, home),
      kubeconform(conformer, schemas, home),
      trivyConfig(scanner, home),
      podSecurity(judge),
    ],
    schemas,
  };
}
