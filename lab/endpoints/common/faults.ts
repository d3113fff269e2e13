/** What goes wrong with a call. */
export type Fault =
  /** It is answered with this status and does nothing. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: number; readonly text?: string }
  /** The connection is cut; the call does nothing. */
  | { readonly kind: "drop-before" }
  /** The call does its work, then the connection is cut. */
  | { readonly kind: "drop-after" }
  /** The call does its work, and the answer comes late. */
  | { readonly kind: "slow"; readonly milliseconds: number }
  /** All sessions end before the call is looked at. */
  | { readonly kind: "expire" }
  /** Somebody else acts just before the call does. */
  | { readonly kind: "meanwhile"; readonly act: () => void };

/** A fault for the next calls that match. */
export interface Injection {
  /** @default any */
  readonly method?: string;
  /** Matched against path and query. @default any */
  readonly path?: RegExp;
  /** How many calls. @default 1 */
  readonly times?: number;
  readonly fault: Fault;
}

/** Faults that wait for their calls. */
export class Faults {
  private waiting: { injection: Injection; left: number }[] = [];

  inject(injection: Injection): void {
    this.waiting.push({ injection, left: injection.times ?? 1 });
  }

  clear(): void {
    this.waiting = [];
  }

  /** The fault of a call, if there is one; the oldest first. */
  next(method: string, url: string): Fault | undefined {
    const found = this.waiting.find(
      ({ injection, left }) =>
        left > 0 &&
        (injection.method ?? method) === method &&
        (injection.path === undefined || injection.path.test(url)),
    );
    if (found === undefined) return undefined;
    found.left--;
    return found.injection.fault;
  }
}
