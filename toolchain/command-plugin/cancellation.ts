/**
 * Does something when an operation is cancelled, also when that has happened already: a signal does not tell those who
 * listen too late, and a command can be started while the cancellation is under way.
 *
 * @returns what ends the waiting
 */
export function whenAborted(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) {
    act();
    return () => undefined;
  }
  signal.addEventListener("abort", act, { once: true });
  return () => signal.removeEventListener("abort", act);
}
