import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Manifest } from "./render.js";

/*
 * JSON Schemas, as kubeconform reads them, of what the API server says about its kinds (OpenAPI) and of the definitions of others'
 * kinds. What neither names is refused: the API server would drop a misspelt field without a word, or with a warning only.
 */

type Schema = Readonly<Record<string, unknown>>;

/** Where kubeconform looks; its group of a kind of the core is the version. */
export const SCHEMA_TEMPLATE = "{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}.json";

const INT_OR_STRING: Schema = { anyOf: [{ type: "integer" }, { type: "string" }] };
const META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
/** What the API server takes in other forms than its OpenAPI says. */
const SPECIAL: Readonly<Record<string, Schema>> = {
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": INT_OR_STRING,
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { anyOf: [{ type: "number" }, { type: "string" }] },
  "io.k8s.apimachinery.pkg.runtime.RawExtension": {},
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": {},
};

const isMap = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A schema in which what is not named is refused. */
function strict(schema: Schema): Schema {
  const { properties, additionalProperties, items, format, description: _, nullable, type, ...rest } = schema;
  if (rest["x-kubernetes-int-or-string"] === true || format === "int-or-string") return INT_OR_STRING;
  const open = rest["x-kubernetes-preserve-unknown-fields"] === true || additionalProperties !== undefined;
  const kept = Object.fromEntries(Object.entries(rest).filter(([key]) => !key.startsWith("x-kubernetes-")));
  return {
    ...kept,
    ...(type === undefined ? {} : { type: nullable === true ? [type, "null"] : type }),
    ...(format === "date-time" ? { format } : {}),
    ...(isMap(items) ? { items: strict(items) } : {}),
    ...(isMap(properties)
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, value]) => [name, strict(value as Schema)]),
          ),
        }
      : {}),
    ...(isMap(additionalProperties) ? { additionalProperties: strict(additionalProperties) } : {}),
    ...(isMap(properties) && !open ? { additionalProperties: false } : {}),
  };
}

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

/** Schemas of every kind that is known. */
export class Schemas {
  readonly #definitions: Readonly<Record<string, Schema>>;
  readonly #kinds = new Map<string, Schema>();

  /**
   * @param folder with swagger.json of the API server, and definitions of kinds as YAML
   * @param more folders with such definitions
   */
  constructor(folder: string, ...more: readonly string[]) {
    const { definitions } = JSON.parse(readFileSync(join(folder, "swagger.json"), "utf8")) as {
      definitions: Record<string, Schema>;
    };
    this.#definitions = Object.fromEntries(
      Object.entries(definitions).map(([name, schema]) => [name, SPECIAL[name] ?? strict(schema)]),
    );
    for (const [name, schema] of Object.entries(definitions)) {
      const kinds = (schema["x-kubernetes-group-version-kind"] ?? []) as Record<string, string>[];
      for (const { group = "", version = "", kind = "" } of kinds)
        this.#kinds.set(idOf(group === "" ? version : `${group}/${version}`, kind), {
          $ref: `#/definitions/${name}`,
        });
    }
    const files = [folder, ...more].flatMap((each) => readdirSync(each).map((name) => join(each, name)));
    for (const file of files.filter((name) => name.endsWith(".yaml"))) {
      const { spec } = parse(readFileSync(file, "utf8")) as Definition;
      for (const { name, schema } of spec.versions) {
        const { properties, ...rest } = strict(schema.openAPIV3Schema);
        this.#kinds.set(idOf(`${spec.group}/${name}`, spec.names.kind), {
          ...rest,
          properties: { ...(properties as Schema), metadata: { $ref: `#/definitions/${META}` } },
        });
      }
    }
  }

  has({ apiVersion, kind }: Pick<Manifest, "apiVersion" | "kind">): boolean {
    return this.#kinds.has(idOf(apiVersion, kind));
  }

  /** Writes the schema of a kind, with every definition that it leads to. */
  write(folder: string, { apiVersion, kind }: Pick<Manifest, "apiVersion" | "kind">): void {
    const path = join(folder, fileOf(apiVersion, kind));
    if (existsSync(path)) return;
    const schema = this.#kinds.get(idOf(apiVersion, kind));
    if (schema === undefined) throw new Error(`no schema of ${apiVersion} ${kind}`);
    const definitions: Record<string, Schema> = {};
    const collect = (part: unknown): void => {
      if (Array.isArray(part)) return part.forEach(collect);
      if (!isMap(part)) return;
      const name = typeof part["$ref"] === "string" ? part["$ref"].replace("#/definitions/", "") : undefined;
      if (name !== undefined && definitions[name] === undefined) {
        definitions[name] = this.#definitions[name] ?? {};
        collect(definitions[name]);
      }
      Object.values(part).forEach(collect);
    };
    collect(schema);
    writeFileSync(path, JSON.stringify({ ...schema, definitions }));
  }
}

function idOf(apiVersion: string, kind: string): string {
  return `${apiVersion}/${kind}`;
}

function fileOf(apiVersion: string, kind: string): string {
  const [group = "", version = group] = apiVersion.split("/");
  return `${group}_${version}_${kind.toLowerCase()}.json`;
}
