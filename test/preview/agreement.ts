import { isDeepStrictEqual } from "node:util";
import { UNKNOWN_TEXT } from "../../policy/node.js";
import type { DeclaredResource } from "../../preview/index.js";

/** The document of `pulumi preview --json`, as far as it is compared. */
export interface EngineDigest {
  readonly steps: readonly EngineStep[];
}

export interface EngineStep {
  readonly op: string;
  readonly urn: string;
  readonly newState?: {
    readonly type: string;
    readonly custom?: boolean;
    readonly inputs?: Readonly<Record<string, unknown>>;
    readonly parent?: string;
    readonly protect?: boolean;
    /** `<urn>::<id>` */
    readonly provider?: string;
  };
}

/** How the engine prints secrets. */
const SECRET = "[secret]";
/** What the engine itself adds to the inputs of a provider. */
const OF_PROVIDERS = ["version", "pluginDownloadURL", "__internal"];

/**
 * Everything in which our preview of a stack that does not exist contradicts the engine's, resource by resource: which there
 * are, type, parent, provider, protection, inputs. Providers that the engine chooses by itself are not ours to declare.
 *
 * Values that the provider fills in (the engine lists their names in `__defaults`) may be missing in ours, and what ours calls unknown
 * may be known to the engine, which asks the provider; secrets have to be secret in both and are not compared.
 */
export function disagreements(declared: readonly DeclaredResource[], digest: EngineDigest): string[] {
  const steps = new Map(
    digest.steps.filter(({ urn }) => !isDefaultProvider(urn)).map((step) => [step.urn, step]),
  );
  const ours = new Map(declared.map((resource) => [resource.urn, resource]));
  return [
    ...[...ours.keys()].filter((urn) => !steps.has(urn)).map((urn) => `${urn}: the engine does not know it`),
    ...[...steps.keys()].filter((urn) => !ours.has(urn)).map((urn) => `${urn}: the engine alone knows it`),
    ...declared.flatMap((resource) => {
      const step = steps.get(resource.urn);
      return step === undefined ? [] : compared(resource, step).map((text) => `${resource.urn}: ${text}`);
    }),
  ];
}

function isDefaultProvider(urn: string): boolean {
  return /::pulumi:providers:[^:]+::default(_|$)/.test(urn);
}

function compared(ours: DeclaredResource, { op, newState: theirs }: EngineStep): string[] {
  if (theirs === undefined) return ["the engine shows no state of it"];
  const pair = (what: string, a: unknown, b: unknown): string[] =>
    isDeepStrictEqual(a, b) ? [] : [`${what} is ${show(a)}, the engine's is ${show(b)}`];
  const named = theirs.provider?.split("::").slice(0, -1).join("::");
  return [
    ...pair("what happens to it", "create", op),
    ...pair("type", ours.type, theirs.type),
    ...pair("custom", ours.custom, theirs.custom ?? false),
    ...pair("parent", ours.parent, theirs.parent),
    ...pair("protect", ours.protect, theirs.protect ?? false),
    ...(ours.provider === undefined ? [] : pair("provider", ours.provider, named)),
    // The engine prints no inputs of the stack.
    ...(ours.parent === undefined ? [] : inputs(ours, theirs.inputs ?? {})),
  ];
}

function inputs(ours: DeclaredResource, theirs: Readonly<Record<string, unknown>>): string[] {
  const added = ours.type.startsWith("pulumi:providers:") ? OF_PROVIDERS : [];
  const filtered = Object.fromEntries(Object.entries(theirs).filter(([key]) => !added.includes(key)));
  return values(hidden(ours.inputs, "", ours.secretPaths), filtered, "");
}

/** Inputs with secrets as the engine prints them. */
function hidden(value: unknown, path: string, secrets: readonly string[]): unknown {
  if (secrets.includes(path)) return SECRET;
  if (Array.isArray(value)) return value.map((item: unknown, i) => hidden(item, `${path}[${i}]`, secrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, hidden(item, `${path}.${key}`, secrets)]),
  );
}

function values(ours: unknown, theirs: unknown, path: string): string[] {
  // What a provider alone can tell: the engine asks it, and ours has said that it does not know.
  if (ours === UNKNOWN_TEXT && theirs !== undefined && theirs !== null) return [];
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length)
    return ours.flatMap((item: unknown, i) => values(item, theirs[i], `${path}[${i}]`));
  if (!isObject(ours) || !isObject(theirs))
    return isDeepStrictEqual(ours, theirs)
      ? []
      : [`${path} is ${show(ours)}, the engine's is ${show(theirs)}`];
  const defaults = Array.isArray(theirs["__defaults"]) ? theirs["__defaults"] : [];
  const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  keys.delete("__defaults");
  return [...keys].flatMap((key) => {
    const absent = ours[key] === undefined || ours[key] === null;
    if (absent && (theirs[key] === undefined || theirs[key] === null || defaults.includes(key))) return [];
    return values(ours[key], theirs[key], `${path}.${key}`);
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const LONGEST = 120;

function show(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}
