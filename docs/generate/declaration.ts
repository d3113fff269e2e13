import { join } from "node:path";
import { environmentJsonSchema } from "../../components/declaration/index.js";
import { commentsOf, type Comment } from "./comments.js";

/** The part of a JSON Schema that the reference shows. */
interface Node {
  readonly $ref?: string;
  readonly type?: string | string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

/** A line of the reference. */
interface Setting {
  readonly path: string;
  readonly value: string;
  readonly default: string;
  readonly meaning: string;
}

const INTRODUCTION = `# Declaration reference

Every setting of an environment, as it stands under \`pgkeep:environment\` in \`Pulumi.<stack>.yaml\`. Written from the
schema and its comments by \`npm run docs\`; a test fails when it is not up to date. Editors complete and check the
same with the first line \`# yaml-language-server: $schema=docs/environment.schema.json\`.

- Durations have a unit: \`30 s\`, \`5 min\`, \`4 h\`, \`7 d\`, \`2 w\`. Sizes too: \`512 MiB\`, \`16 GiB\`, \`1 TiB\`.
- Schedules are five cron fields in UTC. Networks are in CIDR form. Versions are text: \`"17.11"\`.
- Unknown settings are refused. All problems are shown at once, each with its path, the value and what would be right.
- Secrets never stand here: they are one Pulumi secret, \`pgkeep:secrets\`.
- "required" means within its section: an optional section may be left out as a whole. A "name" has lower-case letters,
  digits and hyphens, at most 30.`;

/** The whole page in Markdown, not yet formatted. */
export function referencePage(checkout: string): string {
  const schema = environmentJsonSchema() as Node & { $defs?: Readonly<Record<string, Node>> };
  const comments = commentsOf(
    join(checkout, "components", "declaration", "environment.ts"),
    "environmentSchema",
  );
  const resolve = (node: Node): Node => {
    if (node.$ref === undefined) {
      return node;
    }
    const target = schema.$defs?.[node.$ref.replace("#/$defs/", "")];
    if (target === undefined) {
      throw new Error(`the schema refers to ${node.$ref}, which it does not have`);
    }
    const { $ref: _ref, ...own } = node;
    return { ...resolve(target), ...own };
  };
  const sections = Object.entries(schema.properties ?? {}).map(([name, node]) => {
    const settings = settingsOf(name, node, schema.required?.includes(name) === true, { resolve, comments });
    return [`## \`${name}\``, "", ...table(settings)].join("\n");
  });
  // Tables as long as their text: aligned columns would change every line with one word.
  const body = ["<!-- prettier-ignore-start -->", ...sections, "<!-- prettier-ignore-end -->"];
  return `${[INTRODUCTION, ...body].join("\n\n")}\n`;
}

interface Context {
  readonly resolve: (node: Node) => Node;
  readonly comments: ReadonlyMap<string, Comment>;
}

/** The setting at a path and everything below it. */
function settingsOf(path: string, unresolved: Node, required: boolean, context: Context): Setting[] {
  const node = context.resolve(unresolved);
  const comment = context.comments.get(path);
  const own: Setting = {
    path,
    value: valueOf(node, context),
    default: required ? "required" : defaultOf(node, comment),
    meaning: comment?.text ?? "",
  };
  return [own, ...below(path, node, context)];
}

function below(path: string, node: Node, context: Context): Setting[] {
  const alternatives = node.anyOf ?? node.oneOf;
  if (alternatives !== undefined) {
    const settings = alternatives.flatMap((alternative) =>
      below(path, context.resolve(alternative), context),
    );
    return merged(settings);
  }
  if (node.properties !== undefined) {
    return Object.entries(node.properties).flatMap(([name, child]) =>
      settingsOf(`${path}.${name}`, child, node.required?.includes(name) === true, context),
    );
  }
  return node.items === undefined ? [] : below(`${path}[]`, context.resolve(node.items), context);
}

/** Alternatives of one section as one list: a setting that several of them have takes the values of all. */
function merged(settings: readonly Setting[]): Setting[] {
  const byPath = new Map<string, Setting>();
  for (const setting of settings) {
    const known = byPath.get(setting.path);
    const value =
      known === undefined || known.value === setting.value
        ? setting.value
        : `${known.value}, ${setting.value}`;
    byPath.set(setting.path, { ...setting, value });
  }
  return [...byPath.values()];
}

/** What may stand there, in words. */
function valueOf(node: Node, context: Context): string {
  if (node.enum !== undefined) {
    return node.enum.map((value) => `\`${String(value)}\``).join(", ");
  }
  if (node.const !== undefined) {
    return `\`${String(node.const)}\``;
  }
  const alternatives = node.anyOf ?? node.oneOf;
  if (alternatives !== undefined) {
    const kinds = alternatives.map((alternative) => {
      const { properties, ...rest } = context.resolve(alternative);
      const kind = properties?.["kind"]?.const;
      return kind === undefined
        ? properties === undefined
          ? valueOf(rest, context)
          : Object.keys(properties)[0]
        : kind;
    });
    return `section by ${kinds.map((kind) => `\`${String(kind)}\``).join(" or ")}`;
  }
  if (node.items !== undefined) {
    const items = context.resolve(node.items);
    const bounds = between(node.minItems, node.maxItems);
    return `list${bounds === "" ? "" : ` of ${bounds}`}: ${valueOf(items, context)}`;
  }
  if (node.properties !== undefined) {
    return "section";
  }
  if (typeof node.additionalProperties === "object") {
    return "names and values";
  }
  if (node.description !== undefined) {
    return short(node.description);
  }
  const type = Array.isArray(node.type) ? node.type.join(" or ") : (node.type ?? "any");
  const bounds = between(node.minimum, node.maximum);
  const words: Record<string, string> = {
    integer: "whole number",
    boolean: "`true`, `false`",
    string: "text",
  };
  return `${words[type] ?? type}${bounds === "" ? "" : ` ${bounds}`}`;
}

/** The schema's description without what the introduction says once for all. */
function short(description: string): string {
  const [kind = ""] = description.split(": ");
  const bounds = /(?:, )?((?:at least|at most) .*)$/.exec(description)?.[1];
  switch (kind) {
    case "Duration":
    case "Size":
      return `${kind.toLowerCase()}${bounds === undefined ? "" : ` ${bounds}`}`;
    case "Schedule":
      return "schedule";
    case "Name":
      return "name";
    default:
      return description;
  }
}

function between(least: number | undefined, most: number | undefined): string {
  if (least !== undefined && most !== undefined) {
    return `${least} to ${most}`;
  }
  return least !== undefined ? `${least} or more` : most !== undefined ? `up to ${most}` : "";
}

function defaultOf(node: Node, comment: Comment | undefined): string {
  if (node.default === undefined) {
    return comment?.default ?? "none";
  }
  if (typeof node.default !== "object" || node.default === null) {
    return `\`${String(node.default)}\``;
  }
  if (Object.keys(node.default).length === 0) {
    return comment?.default ?? (Array.isArray(node.default) ? "none" : "its defaults");
  }
  return `\`${JSON.stringify(node.default).replaceAll('"', "")}\``;
}

function table(settings: readonly Setting[]): string[] {
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  return [
    "| setting | value | default | meaning |",
    "| --- | --- | --- | --- |",
    ...settings.map(
      (setting) =>
        `| \`${setting.path}\` | ${cell(setting.value)} | ${cell(setting.default)} | ${cell(setting.meaning)} |`,
    ),
  ];
}
