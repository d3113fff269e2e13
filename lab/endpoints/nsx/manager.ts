import type { Answer, Fields } from "../common/answers.js";
import { fieldsOf, notFound } from "./answers.js";
import { applyInfra } from "./hierarchy.js";
import { Draft, namedBy, type Intent } from "./intent.js";
import type { Kind } from "./kinds.js";
import { Inventory, type InventoryVm } from "./inventory.js";
import { Realization } from "./realization.js";

export interface ManagerOptions {
  /** Milliseconds from the intent to what is in force. @default 0 */
  readonly realizationDelay?: number;
  /** Milliseconds for which something removed still names what it named, and keeps its id. @default 0 */
  readonly removalDelay?: number;
  /** Milliseconds that an operation on tags takes. @default 0 */
  readonly tagDelay?: number;
  /** Objects on a page of a list. @default 1000 */
  readonly pageSize?: number;
  /** VMs in the inventory. @default none */
  readonly virtualMachines?: readonly InventoryVm[];
  /** Paths that exist besides what is kept here, such as segments. @default none */
  readonly otherPaths?: readonly string[];
  /** @default "default" alone, as in NSX on premises */
  readonly domains?: readonly string[];
}

/** An intent as it was in force as the declared state, from one moment on. */
export interface Moment {
  /** The call that led to it. */
  readonly cause: string;
  readonly intent: Intent;
}

interface Leaving {
  readonly until: number;
  readonly path: string;
  readonly names: readonly string[];
}

/** What an NSX Manager knows: intent, what became of it, VMs. Every state that the intent ever had is kept. */
export class Manager {
  readonly history: Moment[] = [{ cause: "start", intent: new Map() }];
  readonly realization: Realization;
  readonly inventory: Inventory;
  private leaving: Leaving[] = [];

  constructor(private readonly options: ManagerOptions) {
    this.realization = new Realization(options.realizationDelay ?? 0);
    this.inventory = new Inventory(options.virtualMachines ?? [], options.tagDelay ?? 0);
  }

  get intent(): Intent {
    return this.history.at(-1)?.intent ?? new Map();
  }

  get domains(): readonly string[] {
    return this.options.domains ?? ["default"];
  }

  /** `PATCH /infra`: all of it or nothing. */
  patchInfra(body: unknown, enforceRevision: boolean): void {
    this.change("PATCH /infra", (draft) => {
      applyInfra(draft, body, enforceRevision, this.domains);
    });
  }

  put(kind: Kind, path: string, body: unknown): Answer {
    this.change(`PUT ${path}`, (draft) => {
      draft.write(kind, path, fieldsOf(body, "the body"), "put");
    });
    return { status: 200, body: this.read(path) };
  }

  /** Whole object, no revision: NSX merges only where partial patching was switched on. */
  patch(kind: Kind, path: string, body: unknown): void {
    this.change(`PATCH ${path}`, (draft) => {
      draft.write(kind, path, fieldsOf(body, "the body"), "none");
    });
  }

  remove(path: string): void {
    this.change(`DELETE ${path}`, (draft) => {
      draft.remove(path);
    });
  }

  read(path: string): Fields {
    const stored = this.intent.get(path);
    if (stored === undefined) throw notFound(path);
    return {
      ...stored.fields,
      path,
      parent_path: path.split("/").slice(0, -2).join("/"),
      relative_path: path.slice(path.lastIndexOf("/") + 1),
      marked_for_delete: false,
      _revision: stored.revision,
      _system_owned: false,
      _create_user: "admin",
    };
  }

  /** Objects directly below a path, a page at a time. */
  list(folder: string, cursor: string | null): Answer {
    const all = [...this.intent.keys()]
      .filter((path) => path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes("/"))
      .toSorted()
      .map((path) => this.read(path));
    return this.page(all, cursor);
  }

  page(all: readonly Fields[], cursor: string | null): Answer {
    const [from, size] = [Number(cursor ?? 0), this.options.pageSize ?? 1000];
    const more = from + size < all.length;
    return {
      status: 200,
      body: {
        results: all.slice(from, from + size),
        result_count: all.length,
        ...(more ? { cursor: String(from + size) } : {}),
      },
    };
  }

  /** Everything that was removed so far is gone for good. */
  settleRemovals(): void {
    this.leaving = [];
  }

  private change(cause: string, edit: (draft: Draft) => void): void {
    const now = Date.now();
    const before = this.intent;
    this.leaving = this.leaving.filter(({ until }) => until > now);
    const draft = new Draft(
      before,
      this.options.otherPaths ?? [],
      new Set(this.leaving.flatMap(({ names }) => names)),
      new Set(this.leaving.map(({ path }) => path)),
    );
    edit(draft);
    const intent = draft.finish();
    this.history.push({ cause, intent });
    this.realization.begin(draft.touched);
    for (const path of draft.touched) {
      const old = before.get(path);
      if (old === undefined || intent.has(path)) continue;
      const until = now + (this.options.removalDelay ?? 0);
      this.leaving.push({ until, path, names: namedBy(old.kind, old.fields) });
    }
  }
}
