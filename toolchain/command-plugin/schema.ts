import { isAssetOrArchive, plain, UNKNOWN, type Properties, type Value } from "./values.js";

/** What a property may hold. */
export type Kind =
  "string" | "boolean" | "number" | "strings" | "stringMap" | "any" | "anyList" | "asset" | Shape;

/** The properties of an object. */
export interface Shape {
  readonly [name: string]: {
    readonly kind: Kind;
    readonly required?: true;
    readonly oneOf?: readonly string[];
  };
}

export interface Failure {
  readonly property: string;
  readonly reason: string;
}

const LOGGING = ["stdout", "stderr", "stdoutAndStderr", "none"] as const;

const connectionBase: Shape = {
  user: { kind: "string" },
  password: { kind: "string" },
  host: { kind: "string", required: true },
  port: { kind: "number" },
  privateKey: { kind: "string" },
  privateKeyPassword: { kind: "string" },
  agentSocketPath: { kind: "string" },
  dialErrorLimit: { kind: "number" },
  perDialTimeout: { kind: "number" },
  hostKey: { kind: "string" },
};
const connection: Shape = { ...connectionBase, proxy: { kind: connectionBase } };

const lifecycle: Shape = {
  create: { kind: "string" },
  update: { kind: "string" },
  delete: { kind: "string" },
  triggers: { kind: "anyList" },
};
const execution: Shape = {
  stdin: { kind: "string" },
  logging: { kind: "string", oneOf: LOGGING },
  environment: { kind: "stringMap" },
  addPreviousOutputInEnv: { kind: "boolean" },
};
const locally: Shape = {
  ...execution,
  interpreter: { kind: "strings" },
  dir: { kind: "string" },
  assetPaths: { kind: "strings" },
  archivePaths: { kind: "strings" },
};

export const shapes = {
  localCommand: { ...lifecycle, ...locally },
  localRun: { ...locally, command: { kind: "string", required: true } },
  remoteCommand: { ...lifecycle, ...execution, connection: { kind: connection, required: true } },
  copyToRemote: {
    connection: { kind: connection, required: true },
    source: { kind: "asset", required: true },
    remotePath: { kind: "string", required: true },
    triggers: { kind: "anyList" },
  },
} as const satisfies Record<string, Shape>;

/** Properties that the engine adds and that no resource declares. */
export function isInternal(name: string): boolean {
  return name === "version" || name.startsWith("__");
}

/** What is wrong with the inputs, by property; the values themselves are never repeated. */
export function failures(inputs: Properties, shape: Shape, prefix = ""): Failure[] {
  const found: Failure[] = [];
  for (const [name, rule] of Object.entries(shape))
    if (rule.required === true && (inputs[name] === undefined || inputs[name] === null))
      found.push({ property: prefix + name, reason: "required, and missing" });
  for (const [name, marked] of Object.entries(inputs)) {
    const rule = shape[name];
    const value = plain(marked);
    if (rule === undefined) {
      if (!isInternal(name))
        found.push({ property: prefix + name, reason: "not a property of this resource" });
    } else if (value !== null && value !== UNKNOWN) {
      found.push(...valueFailures(value, rule.kind, prefix + name));
      if (rule.oneOf !== undefined && typeof value === "string" && !rule.oneOf.includes(value))
        found.push({ property: prefix + name, reason: `must be one of ${rule.oneOf.join(", ")}` });
    }
  }
  return found;
}

function valueFailures(value: Value, kind: Kind, property: string): Failure[] {
  if (typeof kind === "object")
    return isMap(value) ? failures(value, kind, `${property}.`) : [{ property, reason: "must be an object" }];
  const wrong = (what: string): Failure[] => [{ property, reason: `must be ${what}` }];
  const text = (inner: Value): boolean => typeof inner === "string";
  switch (kind) {
    case "string":
    case "boolean":
    case "number":
      return typeof value === kind ? [] : wrong(`a ${kind}`);
    case "strings":
      return Array.isArray(value) && value.every(text) ? [] : wrong("a list of strings");
    case "stringMap":
      return isMap(value) && Object.values(value).every(text) ? [] : wrong("a map of strings");
    case "anyList":
      return Array.isArray(value) ? [] : wrong("a list");
    case "asset":
      return isAssetOrArchive(value) ? [] : wrong("an asset or an archive");
    case "any":
      return [];
  }
}

function isMap(value: Value): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
