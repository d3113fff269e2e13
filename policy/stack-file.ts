import { Node, UNKNOWN_TEXT } from "./node.js";
import type { Subject } from "./rule.js";

/** Key and value by which Pulumi marks a secret in a state file. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
/** What Pulumi prints in the place of a secret. */
const HIDDEN = "[secret]";

/** A resource as Pulumi writes it into states and previews. */
interface Written {
  readonly urn: string;
  readonly type: string;
  readonly inputs?: unknown;
  readonly provider?: unknown;
  readonly protect?: unknown;
  readonly delete?: unknown;
}

/**
 * The resources in the output of `pulumi preview --json` or `pulumi stack export`, as rules see them. A secret counts as one and
 * its value is judged only where the file shows it (`--show-secrets`); otherwise it is not known.
 *
 * @throws TypeError when the document is neither
 */
export function subjectsIn(document: unknown): Subject[] {
  return written(document)
    .filter((resource) => resource.delete !== true)
    .map(({ urn, type, inputs = {}, provider, protect }) => {
      const secretPaths: string[] = [];
      return {
        type,
        name: urn.split("::").at(-1) ?? "",
        urn,
        inputs: new Node(plain(inputs, "", secretPaths)),
        protect: protect === true,
        // The reference of a provider is its URN and its id.
        provider: typeof provider === "string" ? provider.split("::").slice(0, -1).join("::") : undefined,
        secretPaths,
      };
    });
}

function written(document: unknown): Written[] {
  const root = record(document);
  const exported = record(root?.["deployment"])?.["resources"];
  if (Array.isArray(exported)) return exported.flatMap(resource);
  const steps = root?.["steps"];
  if (Array.isArray(steps))
    return steps.flatMap((step: unknown) => {
      const state = record(step)?.["newState"];
      return state === undefined || state === null ? [] : resource(state);
    });
  throw new TypeError(
    "it is neither the output of `pulumi preview --json` nor that of `pulumi stack export`",
  );
}

function resource(value: unknown): Written[] {
  const found = record(value);
  const [urn, type] = [found?.["urn"], found?.["type"]];
  if (typeof urn !== "string" || typeof type !== "string")
    throw new TypeError("a resource in it has no URN or no type");
  return [{ ...found, urn, type }];
}

function plain(value: unknown, path: string, secretPaths: string[]): unknown {
  if (value === HIDDEN) {
    secretPaths.push(path);
    return UNKNOWN_TEXT;
  }
  if (Array.isArray(value)) return value.map((item: unknown, i) => plain(item, `${path}[${i}]`, secretPaths));
  const found = record(value);
  if (found === undefined) return value;
  if (found[SIGNATURE] === SECRET) {
    secretPaths.push(path);
    const shown = found["plaintext"];
    return typeof shown === "string" ? plain(parsed(shown), path, secretPaths) : UNKNOWN_TEXT;
  }
  return Object.fromEntries(
    Object.entries(found).map(([key, item]) => [key, plain(item, `${path}.${key}`, secretPaths)]),
  );
}

/** What a secret says where the file shows it: JSON in a text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
