import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/** A doc comment of a setting: what it means, and the default in words where the author gave one. */
export interface Comment {
  readonly text: string;
  readonly default?: string | undefined;
}

/**
 * Doc comments of the declaration's schema by the path of their setting, such as `kvm.hosts[].bridges`. They stand in
 * the sources only, so the sources are read: object literals, through arrays, unions, references and imports.
 *
 * @param file the module of the schema
 * @param name the constant that holds it
 */
export function commentsOf(file: string, name: string): ReadonlyMap<string, Comment> {
  const found = new Map<string, Comment>();
  const constant = lookUp(new Sources(), file, name);
  if (constant === undefined) {
    throw new Error(`${file} has no constant ${name}`);
  }
  walk(constant, "", found);
  return found;
}

/** An expression and the module in which its names have a meaning. */
interface Place {
  readonly expression: ts.Expression;
  readonly file: string;
  readonly sources: Sources;
}

/** Parsed modules, each once. */
class Sources {
  readonly #parsed = new Map<string, ts.SourceFile>();

  of(file: string): ts.SourceFile {
    const known = this.#parsed.get(file);
    if (known !== undefined) {
      return known;
    }
    const parsed = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022, true);
    this.#parsed.set(file, parsed);
    return parsed;
  }
}

/** The value of a constant, here or in the module that it is imported from. */
function lookUp(sources: Sources, file: string, name: string): Place | undefined {
  for (const statement of sources.of(file).statements) {
    if (ts.isVariableStatement(statement)) {
      const declaration = statement.declarationList.declarations.find(
        (candidate) => ts.isIdentifier(candidate.name) && candidate.name.text === name,
      );
      if (declaration?.initializer !== undefined) {
        return { expression: declaration.initializer, file, sources };
      }
    } else if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
      const named = statement.importClause?.namedBindings;
      const specifier = statement.moduleSpecifier.text;
      if (specifier.startsWith(".") && named !== undefined && ts.isNamedImports(named)) {
        const element = named.elements.find((candidate) => candidate.name.text === name);
        if (element !== undefined) {
          const from = join(dirname(file), specifier.replace(/\.js$/, ".ts"));
          return lookUp(sources, from, (element.propertyName ?? element.name).text);
        }
      }
    }
  }
  return undefined;
}

function walk(place: Place, path: string, found: Map<string, Comment>): void {
  const { expression, file, sources } = place;
  const at = (next: ts.Expression | undefined, nextPath: string): void => {
    if (next !== undefined) {
      walk({ expression: next, file, sources }, nextPath, found);
    }
  };
  if (ts.isAsExpression(expression) || ts.isParenthesizedExpression(expression)) {
    at(expression.expression, path);
  } else if (ts.isIdentifier(expression)) {
    const target = lookUp(sources, file, expression.text);
    if (target !== undefined) {
      walk(target, path, found);
    }
  } else if (ts.isObjectLiteralExpression(expression)) {
    for (const property of expression.properties) {
      walkProperty(property, path, place, found);
    }
  } else if (ts.isArrayLiteralExpression(expression)) {
    for (const element of expression.elements) {
      at(element, path);
    }
  } else if (ts.isCallExpression(expression) && ts.isPropertyAccessExpression(expression.expression)) {
    const { expression: owner, name } = expression.expression;
    if (!ts.isIdentifier(owner) || owner.text !== "z") {
      at(owner, path);
      return;
    }
    const [first, second] = expression.arguments;
    const inside: Record<string, () => void> = {
      strictObject: () => at(first, path),
      array: () => at(first, `${path}[]`),
      union: () => at(first, path),
      discriminatedUnion: () => at(second, path),
      record: () => at(second, `${path}.*`),
    };
    inside[name.text]?.();
  }
}

function walkProperty(
  property: ts.ObjectLiteralElementLike,
  parent: string,
  { file, sources }: Place,
  found: Map<string, Comment>,
): void {
  if (property.name === undefined || !ts.isIdentifier(property.name)) {
    return;
  }
  const path = parent === "" ? property.name.text : `${parent}.${property.name.text}`;
  const comment = commentOf(property);
  if (comment !== undefined && !found.has(path)) {
    found.set(path, comment);
  }
  if (ts.isPropertyAssignment(property)) {
    walk({ expression: property.initializer, file, sources }, path, found);
  } else if (ts.isShorthandPropertyAssignment(property)) {
    walk({ expression: property.name, file, sources }, path, found);
  }
}

function commentOf(node: ts.Node): Comment | undefined {
  const doc = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc);
  if (doc === undefined) {
    return undefined;
  }
  // "@default" is taken from the text: within one line the parser does not see it as a tag.
  const [text = "", fallback] = `${ts.getTextOfJSDocComment(doc.comment) ?? ""} ${(doc.tags ?? [])
    .filter((tag) => tag.tagName.text === "default")
    .map((tag) => `@default ${ts.getTextOfJSDocComment(tag.comment) ?? ""}`)
    .join("")}`.split("@default");
  const flat = (words: string): string => words.replace(/\s+/g, " ").trim();
  return { text: flat(text), default: fallback === undefined ? undefined : flat(fallback) };
}
