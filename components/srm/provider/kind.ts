import type { Parsed } from "../../dynamic/parse.js";
import type { SiteClient } from "../client/site-client.js";
import type { Sites } from "../client/sites-schema.js";

export interface Declaration {
  readonly sites: Sites;
  /** Seconds for one task. */
  readonly timeout: number;
}

/** An object as it was found. */
export interface Found<Facts> {
  readonly id: string;
  readonly facts: Facts;
}

/** What an attempt did so far: it counts when the attempt fails. */
export interface Progress {
  /** Something of ours may be there. */
  mayHaveWritten: boolean;
  /** Parts that are ours beside the object itself. */
  readonly made: Set<string>;
}

/** What a provider works with. */
export interface Work<D, Facts> {
  readonly declared: D;
  readonly owner: string;
  /** Marks that are ours: the wanted one, and the one before a stack was renamed. */
  readonly owners: readonly string[];
  /** The object as the state knows it. */
  readonly known?: Partial<Found<Facts>> | undefined;
  readonly progress: Progress;
  /** The recovery site's server: it is the one that is left when the protected site is lost. */
  srm(): SiteClient;
  replication(): SiteClient;
}

/** One kind of object in SRM: what is declared of it, what SRM shows of it, and how the one becomes the other. */
export interface Kind<D extends Declaration, Facts> {
  /** As errors call it. */
  readonly name: string;
  parse(input: unknown): Parsed<D>;
  /** Can no update bring the change about? */
  replaces(was: D, is: D): boolean;
  /** What SRM has to show. */
  wanted(declared: D, owner: string): Facts;
  /** The object, if it is there. */
  find(work: Work<D, Facts>): Promise<Found<Facts> | undefined>;
  /** Makes it as declared; believes only what it reads afterwards. */
  apply(work: Work<D, Facts>): Promise<Found<Facts>>;
  /** Removes what is ours of it. */
  remove(work: Work<D, Facts>): Promise<void>;
}
