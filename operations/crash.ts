/**
 * A point at which a test may let this process die, as a power cut would: SIGKILL, nothing is cleaned up. Works only with
 * PGKEEP_TEST=1, so that a stray variable cannot stop a real job.
 */
export function crashPoint(step: string): void {
  if (process.env["PGKEEP_TEST"] !== "1" || process.env["PGKEEP_DIE_AT"] !== step) return;
  process.kill(process.pid, "SIGKILL");
}
