import { spawnSync } from "node:child_process";
import type { Checker } from "./checkers.js";
import type { Manifest } from "./render.js";

/** Where kinds keep the pods that they make. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  Deployment: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
};

interface Verdict {
  readonly Name: string;
  readonly Checks: number;
  readonly Faults: readonly string[];
}

interface Pod {
  readonly Name: string;
  readonly Metadata: unknown;
  readonly Spec: unknown;
}

/** The pod that an object makes; none for kinds that run nothing. */
function podOf(manifest: Manifest): Pod | undefined {
  const path = TEMPLATES[manifest.kind];
  if (path === undefined) return undefined;
  const pod = path.reduce<Readonly<Record<string, unknown>>>(
    (object, key) => object[key] as Readonly<Record<string, unknown>>,
    manifest,
  );
  return {
    Name: `${manifest.kind} ${String(manifest.metadata["name"])}`,
    Metadata: pod["metadata"] ?? {},
    Spec: pod["spec"],
  };
}

/** The restricted level of the Pod Security Standards, by the library by which the API server admits pods. */
export function podSecurity(program: string): Checker {
  return {
    name: "pod security",
    check: (_, __, manifests) => {
      const pods = manifests.flatMap((manifest) => podOf(manifest) ?? []);
      const result = spawnSync(program, [], {
        input: JSON.stringify(pods),
        encoding: "utf8",
        timeout: 60_000,
      });
      if (result.status !== 0) throw new Error(result.stderr);
      const verdicts = JSON.parse(result.stdout) as readonly Verdict[];
      return {
        faults: verdicts.flatMap(({ Name, Faults }) => Faults.map((fault) => `${Name}: ${fault}`)),
        checks: verdicts.reduce((sum, { Checks }) => sum + Checks, 0),
        skipped: [],
      };
    },
  };
}
