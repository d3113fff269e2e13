/** Enforcement points that the model is compiled to. */
export const TARGETS = ["nftables", "nwfilter", "nsx", "calico", "network-policy", "pg_hba"] as const;
export type Target = (typeof TARGETS)[number];

/** Something that a target cannot say. */
export interface Limit {
  /** Rule that it is about, by name. */
  readonly rule?: string;
  /** Group that it is about, by name. */
  readonly group?: string;
  readonly what: string;
  /**
   * none: the same packets pass; stricter: some that the model allows do not; elsewhere: the target alone lets through more,
   * and another one must hold it.
   */
  readonly effect: "none" | "stricter" | "elsewhere";
}

/** A target's text, with what it leaves out; or no text at all, because leaving that out would open something. */
export type Compiled<T> =
  | { readonly target: Target; readonly output: T; readonly reported: readonly Limit[] }
  | {
      readonly target: Target;
      readonly output: undefined;
      readonly reported: readonly Limit[];
      readonly refused: readonly Limit[];
    };

/** Collects what a target cannot say while a model is compiled. */
export class Limits {
  private readonly reported: Limit[] = [];
  private readonly refused: Limit[] = [];

  constructor(private readonly target: Target) {}

  report(limit: Limit): void {
    if (!this.reported.some((known) => sameLimit(known, limit))) this.reported.push(limit);
  }

  refuse(limit: Omit<Limit, "effect">): void {
    const full: Limit = { ...limit, effect: "elsewhere" };
    if (!this.refused.some((known) => sameLimit(known, full))) this.refused.push(full);
  }

  /** A part of a rule cannot be said: an allowance that shrinks is reported, a denial that shrinks is refused. */
  shrink(rule: { readonly name: string; readonly action: "allow" | "deny" }, what: string): void {
    if (rule.action === "allow") this.report({ rule: rule.name, what, effect: "stricter" });
    else this.refuse({ rule: rule.name, what });
  }

  result<T>(output: () => T): Compiled<T> {
    const { target, reported, refused } = this;
    return refused.length > 0
      ? { target, output: undefined, reported, refused }
      : { target, output: output(), reported };
  }
}

function sameLimit(a: Limit, b: Limit): boolean {
  return a.rule === b.rule && a.group === b.group && a.what === b.what && a.effect === b.effect;
}
