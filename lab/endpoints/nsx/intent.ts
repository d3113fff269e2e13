import type { Fields } from "../common/answers.js";
import { badRequest, CODES, notFound, NsxRefusal } from "./answers.js";
import { pathsIn } from "./expression.js";
import { readObject, type Kind } from "./kinds.js";

/** An object of the intent. */
export interface Stored {
  readonly kind: Kind;
  readonly revision: number;
  readonly fields: Fields;
}

/** All objects by policy path. Never changed in place: each change makes another. */
export type Intent = ReadonlyMap<string, Stored>;

/** Changes on a copy of the intent; nothing counts until it is complete and passes `finish`. */
export class Draft {
  private readonly objects: Map<string, Stored>;
  /** Paths that were written or removed. */
  readonly touched = new Set<string>();

  constructor(
    private readonly before: Intent,
    /** Paths outside of what this endpoint keeps that may be named, such as segments. */
    private readonly others: readonly string[],
    /** Paths that something which is just being taken down still names. */
    private readonly lingering: ReadonlySet<string>,
    /** Paths of removed objects that are still being taken down. */
    private readonly leaving: ReadonlySet<string>,
  ) {
    this.objects = new Map(before);
  }

  has(path: string): boolean {
    return this.objects.has(path);
  }

  /** Writes an object whole. `revision` says whether the call must name the revision that there is. */
  write(kind: Kind, path: string, value: Fields, revision: "none" | "hierarchical" | "put"): void {
    const id = path.slice(path.lastIndexOf("/") + 1);
    const present = this.objects.get(path);
    this.checkRevision(path, value["_revision"], revision);
    if (present === undefined && this.leaving.has(path))
      throw new NsxRefusal(409, `The object path=[${path}] is marked for deletion and not removed yet`);
    const fields = readObject(kind, value, id);
    this.objects.set(path, { kind, revision: present === undefined ? 0 : present.revision + 1, fields });
    this.touched.add(path);
  }

  /** Removes an object with everything below it. */
  remove(path: string, given?: unknown, revision: "none" | "hierarchical" = "none"): void {
    if (!this.objects.has(path)) throw notFound(path);
    this.checkRevision(path, given, revision);
    for (const one of [...this.objects.keys()].filter((key) => key === path || key.startsWith(`${path}/`))) {
      this.objects.delete(one);
      this.touched.add(one);
    }
  }

  /** The new intent, when everything that is named exists and nothing that is named is gone. */
  finish(): Intent {
    for (const [path, { kind, fields }] of this.objects) {
      for (const named of namedBy(kind, fields)) {
        if (this.objects.has(named) || this.others.includes(named)) continue;
        if (this.before.has(named) && this.touched.has(named)) throw inUse(named, path);
        throw badRequest(`The path=[${named}] that ${path} names is invalid`);
      }
    }
    for (const path of this.touched)
      if (!this.objects.has(path) && this.lingering.has(path)) throw inUse(path, "(being removed)");
    const rules = new Map<string, number>();
    for (const [path, { kind }] of this.objects) {
      if (kind !== "Rule") continue;
      const policy = path.slice(0, path.lastIndexOf("/rules/"));
      if (!this.objects.has(policy)) throw notFound(policy);
      rules.set(policy, (rules.get(policy) ?? 0) + 1);
    }
    for (const [policy, count] of rules)
      if (count > 1000) throw badRequest(`${policy} has more than 1000 rules`);
    return this.objects;
  }

  private checkRevision(path: string, given: unknown, revision: "none" | "hierarchical" | "put"): void {
    const present = this.before.get(path);
    if (revision === "none") return;
    if (present === undefined) {
      if (revision === "hierarchical" && given !== undefined) throw stale(path);
      return;
    }
    if (given === undefined)
      throw new NsxRefusal(
        400,
        `Cannot create an object with path=[${path}] as it already exists.`,
        CODES.revisionMissing,
      );
    if (given !== present.revision) throw stale(path);
  }
}

/** Policy paths that an object names. */
export function namedBy(kind: Kind, fields: Fields): string[] {
  const lists =
    kind === "Rule"
      ? [fields["source_groups"], fields["destination_groups"], fields["services"], fields["scope"]]
      : kind === "SecurityPolicy"
        ? [fields["scope"]]
        : [pathsIn(fields["expression"])];
  return lists
    .flatMap((list) => (Array.isArray(list) ? list.map(String) : []))
    .filter((one) => one.startsWith("/"));
}

function stale(path: string): NsxRefusal {
  return new NsxRefusal(412, `The object ${path} is present with another revision; fetch it and try again`);
}

function inUse(path: string, by: string): NsxRefusal {
  return new NsxRefusal(
    400,
    `The object path=[${path}] cannot be deleted as either it has children or it is being referenced by other objects path=[${by}].`,
    CODES.inUse,
  );
}
