import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { HostBundle } from "../../components/recovery/index.js";
import { OperationError } from "../errors.js";
import { writeAtomically } from "./place.js";
import type { HostSystem } from "./system.js";

/** Everything that we have made on this hypervisor, so that all of it can be taken away again. */
export interface Manifest {
  readonly environment: string;
  readonly files: readonly string[];
  readonly accounts: readonly string[];
  /** Accounts whose authorized_keys hold lines of ours. */
  readonly keys: readonly string[];
  readonly timers: readonly string[];
}

const PATH = "/var/lib/pgkeep/state/host-manifest.json";

/** What a bundle makes. */
export function manifestOf(bundle: HostBundle): Manifest {
  return {
    environment: bundle.environment,
    files: bundle.files.map(({ path }) => path),
    accounts: bundle.accounts.map(({ name }) => name),
    keys: bundle.authorizedKeys.map(({ account }) => account),
    timers: bundle.timers,
  };
}

/** Both together: written before anything is changed, so that a killed run leaves nothing unknown. */
export function union(one: Manifest | undefined, other: Manifest): Manifest {
  const join = (a: readonly string[] = [], b: readonly string[]): string[] => [...new Set([...a, ...b])];
  return {
    environment: other.environment,
    files: join(one?.files, other.files),
    accounts: join(one?.accounts, other.accounts),
    keys: join(one?.keys, other.keys),
    timers: join(one?.timers, other.timers),
  };
}

export function readManifest(system: HostSystem): Manifest | undefined {
  const path = system.path(PATH);
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Manifest;
  } catch {
    throw new OperationError(`${path} is damaged`, "remove it by hand after a look at what it lists");
  }
}

export function writeManifest(system: HostSystem, manifest: Manifest): void {
  mkdirSync(dirname(system.path(PATH)), { recursive: true });
  writeAtomically(system.path(PATH), `${JSON.stringify(manifest, undefined, 2)}\n`, 0o600);
}

/** Path of the record itself. */
export const MANIFEST_PATH = PATH;
