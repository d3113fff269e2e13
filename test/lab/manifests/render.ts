import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { isSecret, record, reveal, type Recorded } from "../../libvirt/recorder.js";
import type { Sample } from "./samples.js";

/** An object of Kubernetes, as a cluster gets it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** Secrets in clear: what the checkers read is what the API server gets. */
function plain(value: unknown): unknown {
  const shown = reveal(value);
  if (Array.isArray(shown)) return shown.map(plain);
  if (typeof shown !== "object" || shown === null) return shown;
  if (isSecret(shown)) return plain(shown);
  return Object.fromEntries(
    Object.entries(shown)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [key, plain(part)]),
  );
}

const TOKEN = /^kubernetes:((?:[^:/]+)\/[^:/]+):([A-Za-z]+)$/;

/** The object that a resource stands for; none for components and providers. */
export function manifestOf({ type, name, inputs }: Recorded): Manifest | undefined {
  const [, group, kind] = TOKEN.exec(type) ?? [];
  if (group === undefined || kind === undefined) return undefined;
  const object = plain(inputs) as Partial<Manifest>;
  const { apiVersion = group.replace(/^core\//, ""), metadata, ...rest } = object;
  if (object.kind !== undefined && object.kind !== kind)
    throw new Error(`${name} is a ${object.kind}, not a ${kind}`);
  if (metadata?.["name"] === undefined) throw new Error(`${kind} ${name} has no name of its own`);
  return { apiVersion, kind, metadata, ...rest };
}

/** Every object of a sample, in the order in which they are made. */
export async function manifestsOf({ program }: Pick<Sample, "program">): Promise<Manifest[]> {
  return (await record(program)).flatMap((resource) => manifestOf(resource) ?? []);
}

/** Writes objects as files of a folder, one an object. @returns their paths */
export function writeManifests(folder: string, manifests: readonly Manifest[]): string[] {
  mkdirSync(folder, { recursive: true });
  return manifests.map((manifest, i) => {
    const path = join(folder, `${String(i + 1).padStart(2, "0")}-${manifest.kind.toLowerCase()}.yaml`);
    // Checkers read YAML 1.1, where on and off are truth values.
    writeFileSync(path, stringify(manifest, { lineWidth: 0, compat: "yaml-1.1" }));
    return path;
  });
}
