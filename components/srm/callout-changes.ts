import type { CalloutFacts } from "./plan-facts.js";
import { stable } from "./stable.js";

/** A callout as it stands in a workflow. */
export interface PresentCallout extends CalloutFacts {
  /** Number of its step. */
  readonly step: string;
}

/** What a callout is known by: a name may stand at two places when a change was cut off. */
export type PlacedName = Pick<CalloutFacts, "name" | "position">;

/** What makes the callouts of a workflow the declared ones. */
export interface CalloutChanges {
  /** Callouts that go: not declared, or in the wrong order at their place. */
  readonly remove: readonly PlacedName[];
  readonly edit: readonly { readonly step: string; readonly wanted: CalloutFacts }[];
  /** In this order, each after what stands at its place then. */
  readonly add: readonly CalloutFacts[];
}

/**
 * Callouts that stand in the right order at their place are edited; a place where the order is another one is emptied and filled
 * again.
 */
export function calloutChanges(
  present: readonly PresentCallout[],
  wanted: readonly CalloutFacts[],
): CalloutChanges {
  const places = new Set([...present, ...wanted].map(({ position }) => position));
  const changes = [...places].map((place): CalloutChanges => {
    const at = <C extends CalloutFacts>(list: readonly C[]): C[] =>
      list.filter((one) => one.position === place);
    const [there, needed] = [at(present), at(wanted)];
    // What stands there in the right order may stay as the beginning.
    const kept = there.findIndex(({ name }, i) => name !== needed[i]?.name);
    const same = kept < 0 ? there.length : kept;
    return {
      remove: there.slice(same).map(({ name, position }) => ({ name, position })),
      edit: there.slice(0, same).flatMap(({ step, ...found }, i) => {
        const one = needed[i];
        return one === undefined || stable(found) === stable(one) ? [] : [{ step, wanted: one }];
      }),
      add: needed.slice(same),
    };
  });
  return {
    remove: changes.flatMap(({ remove }) => remove),
    edit: changes.flatMap(({ edit }) => edit),
    add: changes.flatMap(({ add }) => add),
  };
}
