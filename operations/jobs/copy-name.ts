import { OperationError } from "../errors.js";
import type { Clock } from "../ports/index.js";

/** Names of copies by the moment they show, in UTC: 20261122T020000Z. They sort by time. */
const NAME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** While a copy is being made its directory carries this; such a directory is never a copy. */
export const PARTIAL = ".partial";

export function copyName(moment: Date): string {
  return moment.toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

/** The name of a copy of a moment: later than every other one there, even when a clock was ahead once. Names tell which is newest. */
export function nameAfter(moment: Date, others: readonly number[]): string {
  const later = others.reduce((newest, time) => Math.max(newest, time + 1000), moment.getTime());
  return copyName(new Date(later));
}

/**
 * A moment whose name nothing has. A name tells a second, and a job that waited for another may begin in the one that the other's copy
 * has: it waits for the next.
 * @throws OperationError when the names of three seconds in a row are taken
 */
export async function freeMoment(
  clock: Pick<Clock, "now" | "sleep">,
  taken: (moment: Date) => Promise<string | undefined>,
): Promise<Date> {
  for (let attempt = 0; ; attempt++) {
    const moment = clock.now();
    const by = await taken(moment);
    if (by === undefined) return moment;
    if (attempt === 2)
      throw new OperationError(
        `${by} exists already`,
        "two copies of one second cannot be told apart; start again",
      );
    await clock.sleep(1);
  }
}

/** Milliseconds since 1970; undefined when the name is not one of ours. */
export function timeOfName(name: string): number | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** Whether a name is that of an unfinished copy of ours. */
export function isPartial(name: string): boolean {
  return name.endsWith(PARTIAL) && timeOfName(name.slice(0, -PARTIAL.length)) !== undefined;
}
