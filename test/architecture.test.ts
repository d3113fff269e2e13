import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import ts from "typescript";

/*
 * Who may import whom. The table is the one of docs/architecture.md; what it forbids fails here.
 */

const ROOT = join(__dirname, "..");
const PURE = ["components/postgres", "components/access", "components/recovery"] as const;

interface Room {
  /** Rooms that its files may import, itself excepted. */
  readonly imports: readonly string[];
  /** May it use Pulumi's packages? */
  readonly pulumi: boolean;
  /** May it use files, processes, the network, the clock, randomness? */
  readonly effects: boolean;
}

const ROOMS: Readonly<Record<string, Room>> = {
  "components/declaration": { imports: [], pulumi: false, effects: false },
  "components/postgres": {
    imports: ["components/declaration", "components/access", "components/recovery"],
    pulumi: false,
    effects: false,
  },
  "components/access": {
    imports: ["components/declaration", "components/recovery"],
    pulumi: false,
    effects: false,
  },
  "components/recovery": {
    imports: ["components/declaration", "components/postgres"],
    pulumi: false,
    effects: false,
  },
  // How commands reach a host, alike on every platform.
  "components/remote": { imports: ["components/declaration"], pulumi: true, effects: false },
  "components/libvirt": {
    imports: ["components/declaration", ...PURE, "components/remote"],
    pulumi: true,
    effects: false,
  },
  "components/vsphere": {
    imports: ["components/declaration", ...PURE, "components/remote"],
    pulumi: true,
    effects: false,
  },
  "components/kubernetes": {
    imports: ["components/declaration", ...PURE],
    pulumi: true,
    effects: false,
  },
  // A client of HTTPS APIs: connection, log-in, retries, errors without secrets.
  "components/rest": { imports: ["components/declaration"], pulumi: false, effects: true },
  // What Pulumi's dynamic providers have in common.
  "components/dynamic": { imports: ["components/declaration"], pulumi: true, effects: true },
  // Its providers call NSX; what decides what is written is pure and lies beside them.
  "components/nsx": {
    imports: ["components/declaration", ...PURE, "components/rest", "components/dynamic"],
    pulumi: true,
    effects: true,
  },
  // Calls to SRM that the providers and the command make alike.
  "components/srm/client": {
    imports: ["components/declaration", "components/rest"],
    pulumi: false,
    effects: true,
  },
  "components/srm": {
    imports: [
      "components/declaration",
      ...PURE,
      "components/rest",
      "components/dynamic",
      "components/srm/client",
    ],
    pulumi: true,
    effects: true,
  },
  policy: { imports: ["components/declaration", "components/recovery"], pulumi: true, effects: true },
  stacks: {
    imports: [
      "components/declaration",
      ...PURE,
      "components/kubernetes",
      "components/libvirt",
      "components/nsx",
      "components/srm",
      "components/vsphere",
    ],
    pulumi: true,
    effects: true,
  },
  // It runs a stack's program and the pack in one process, for the command; whoever needs no Pulumi must not load it.
  preview: {
    imports: [
      "components/declaration",
      "components/access",
      "components/recovery",
      "components/vsphere",
      "policy",
      "stacks",
    ],
    pulumi: true,
    effects: true,
  },
  // Of the pack only what judges files, and the preview when it runs: see "loads Pulumi for no command" below.
  operations: {
    imports: [
      "components/declaration",
      ...PURE,
      "components/rest",
      "components/srm/client",
      "policy",
      "preview",
    ],
    pulumi: false,
    effects: true,
  },
  // schema.ts writes the JSON Schema of the declaration.
  toolchain: { imports: ["components/declaration"], pulumi: true, effects: true },
  // Writes the pages that come from the code.
  docs: {
    imports: ["components/declaration", "components/recovery", "policy", "operations"],
    pulumi: false,
    effects: true,
  },
  "sdks/libvirt": { imports: [], pulumi: true, effects: true },
  "sdks/vsphere": { imports: [], pulumi: true, effects: true },
  lab: {
    imports: ["components/declaration", ...PURE, "operations", "toolchain"],
    pulumi: false,
    effects: true,
  },
  // What the laboratory's engine runs beside the stacks, as a program of one's own would be written.
  "lab/programs": { imports: ["components/kubernetes", "lab"], pulumi: true, effects: true },
  benchmark: {
    imports: [
      "components/declaration",
      ...PURE,
      "components/libvirt",
      "components/vsphere",
      "preview",
      "stacks",
      "toolchain",
    ],
    pulumi: true,
    effects: true,
  },
  ".": {
    imports: [
      "components/declaration",
      ...PURE,
      "components/libvirt",
      "components/nsx",
      "components/vsphere",
    ],
    pulumi: false,
    effects: false,
  },
};

/** What a room without effects may still take from Node: computing on values, nothing outside the process. */
const HARMLESS = ["buffer", "crypto", "path", "util", "url", "querystring", "string_decoder", "assert"];
const EFFECTS_IN_TEXT =
  /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.(?:env|cwd|hrtime|stdout|stderr)\b|\brandom(?:Bytes|UUID|Int)\b|\bsetTimeout\(|\bfetch\(/;

function sources(folder: string): string[] {
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      return ["node_modules", "dist"].includes(name) ? [] : sources(path);
    }
    return name.endsWith(".ts") && !name.endsWith(".d.ts") ? [path] : [];
  });
}

/** A room within a room is one of its own. */
function filesOf(room: string): string[] {
  if (room === ".") return [join(ROOT, "index.ts")];
  const within = Object.keys(ROOMS).filter((other) => other.startsWith(`${room}/`));
  return sources(join(ROOT, room)).filter(
    (file) => !within.some((other) => file.startsWith(join(ROOT, other, "/"))),
  );
}

/** Every module that a file names, types included. */
function importsOf(file: string): string[] {
  return ts
    .preProcessFile(readFileSync(file, "utf8"), true, true)
    .importedFiles.map(({ fileName }) => fileName);
}

/** Modules that are loaded when the file is: imports of types alone leave no trace. */
function loadedBy(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022);
  return source.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) {
      return statement.isTypeOnly ? [] : textOf(statement.moduleSpecifier);
    }
    if (!ts.isImportDeclaration(statement)) {
      return [];
    }
    const clause = statement.importClause;
    const named = clause?.namedBindings;
    const onlyTypes =
      clause?.isTypeOnly === true ||
      (clause?.name === undefined &&
        named !== undefined &&
        ts.isNamedImports(named) &&
        named.elements.every((element) => element.isTypeOnly));
    return onlyTypes ? [] : textOf(statement.moduleSpecifier);
  });
}

function textOf(specifier: ts.Expression | undefined): string[] {
  return specifier !== undefined && ts.isStringLiteral(specifier) ? [specifier.text] : [];
}

/** The room that a relative import leads into. */
function roomOf(file: string, specifier: string): string {
  const target = relative(ROOT, join(dirname(file), specifier))
    .split(sep)
    .join("/");
  const room = Object.keys(ROOMS)
    .filter((name) => target === name || target.startsWith(`${name}/`))
    .toSorted((a, b) => b.length - a.length)[0];
  return room ?? (target.startsWith("index") ? "." : (target.split("/")[0] ?? target));
}

describe("architecture", () => {
  for (const [room, { imports, pulumi, effects }] of Object.entries(ROOMS)) {
    describe(room, () => {
      const files = filesOf(room);

      it(`imports ${imports.length === 0 ? "no other room" : `only ${imports.join(", ")}`}`, () => {
        const wrong = files.flatMap((file) =>
          importsOf(file)
            .filter((specifier) => specifier.startsWith("."))
            .map((specifier) => roomOf(file, specifier))
            .filter((target) => target !== room && !imports.includes(target))
            .map((target) => `${relative(ROOT, file)} imports ${target}`),
        );
        assert.deepEqual(wrong, []);
      });

      if (!pulumi) {
        it("does not use Pulumi", () => {
          const wrong = files.filter((file) => importsOf(file).some((name) => name.startsWith("@pulumi/")));
          assert.deepEqual(wrong, []);
        });
      }

      if (!effects) {
        it("has no effects: no I/O, clock or randomness", () => {
          const wrong = files.flatMap((file) => {
            const builtin = importsOf(file)
              .filter((name) => name.startsWith("node:") || builtinModules.includes(name))
              .map((name) => name.replace("node:", ""))
              .filter((name) => !HARMLESS.includes(name));
            const found = EFFECTS_IN_TEXT.exec(withoutTextAndComments(file))?.[0];
            return [...builtin, ...(found === undefined ? [] : [found])].map(
              (effect) => `${relative(ROOT, file)}: ${effect}`,
            );
          });
          assert.deepEqual(wrong, []);
        });
      }
    });
  }

  it("knows every room there is", () => {
    const known = [...Object.keys(ROOMS).map((room) => room.split("/")[0]), "test", ...IGNORED];
    const folders = readdirSync(ROOT, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !known.includes(entry.name))
      .filter((entry) => sources(join(ROOT, entry.name)).length > 0);
    assert.deepEqual(folders, []);
    for (const parent of ["components", "sdks"]) {
      const rooms = readdirSync(join(ROOT, parent)).filter(
        (name) => sources(join(ROOT, parent, name)).length > 0,
      );
      assert.deepEqual(
        rooms.filter((name) => ROOMS[`${parent}/${name}`] === undefined),
        [],
      );
    }
  });

  it("loads Pulumi for no command but the preview, and for that one only when it runs", () => {
    const seen = new Set<string>();
    const walk = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const specifier of loadedBy(file)) {
        assert.ok(!specifier.startsWith("@pulumi/"), `${relative(ROOT, file)} loads ${specifier}`);
        if (specifier.startsWith(".")) walk(resolveFile(file, specifier));
      }
    };
    walk(join(ROOT, "operations", "cli.ts"));
    assert.ok(seen.has(join(ROOT, "operations", "commands", "preview.ts")));
    assert.ok(seen.has(join(ROOT, "policy", "rules.ts")));
    const lazy = filesOf("operations").filter((file) =>
      importsOf(file).some((specifier) => roomOf(file, specifier) === "preview"),
    );
    assert.deepEqual(
      lazy.map((file) => relative(ROOT, file)),
      [join("operations", "commands", "preview.ts")],
    );
  });

  it("has no import cycle between files", () => {
    const graph = new Map<string, string[]>();
    for (const file of Object.keys(ROOMS).flatMap(filesOf)) {
      const targets = loadedBy(file)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => resolveFile(file, specifier));
      graph.set(file, targets);
    }
    assert.deepEqual(
      [...graph.keys()].flatMap((file) => cycleFrom(file, graph) ?? []).map((file) => relative(ROOT, file)),
      [],
    );
  });

  it("keeps a concept a file: none much over 300 lines", () => {
    const long = Object.keys(ROOMS)
      .flatMap(filesOf)
      .map((file) => ({ file: relative(ROOT, file), lines: readFileSync(file, "utf8").split("\n").length }))
      .filter(({ lines }) => lines > 350);
    assert.deepEqual(long, []);
  });
});

const IGNORED = ["node_modules", "dist", "reports"];

/** The code of a file without its string literals and comments, in which "fetch(" means nothing. */
function withoutTextAndComments(file: string): string {
  const scanner = ts.createScanner(
    ts.ScriptTarget.ES2022,
    true,
    ts.LanguageVariant.Standard,
    readFileSync(file, "utf8"),
  );
  let text = "";
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    const literal =
      token === ts.SyntaxKind.StringLiteral || token === ts.SyntaxKind.NoSubstitutionTemplateLiteral;
    text += literal ? '""' : scanner.getTokenText();
    text += token === ts.SyntaxKind.NewKeyword ? " " : "";
  }
  return text;
}

function resolveFile(from: string, specifier: string): string {
  const path = join(dirname(from), specifier.replace(/\.js$/, ""));
  return [`${path}.ts`, join(path, "index.ts"), path].find((candidate) => existsSync(candidate)) ?? path;
}

/** The files of a cycle that leads back to `start`, if there is one. */
function cycleFrom(start: string, graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const visited = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] | undefined => {
    for (const next of graph.get(file) ?? []) {
      if (next === start) {
        return [...path, file];
      }
      if (!visited.has(next)) {
        visited.add(next);
        const found = walk(next, [...path, file]);
        if (found !== undefined) {
          return found;
        }
      }
    }
    return undefined;
  };
  return walk(start, []);
}
