import type { Moment } from "../../lab/endpoints/nsx/index.js";

/** Moments at which something was allowed without a denial after it. */
export function openMoments(history: readonly Moment[]): string[] {
  return history
    .filter(({ intent }) => {
      const rules = [...intent.values()].filter(({ kind }) => kind === "Rule").map(({ fields }) => fields);
      const allowed = rules.filter(({ action }) => action === "ALLOW");
      const denied = rules.filter(
        ({ action, disabled, source_groups: from }) =>
          action !== "ALLOW" && disabled === false && String(from) === "ANY",
      );
      const last = Math.max(...allowed.map(({ sequence_number: number }) => Number(number)));
      return allowed.length > 0 && !denied.some(({ sequence_number: number }) => Number(number) > last);
    })
    .map(({ cause }) => cause);
}
