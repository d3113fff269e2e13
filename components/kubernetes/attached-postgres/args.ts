import { z } from "zod";
import { longestInterval } from "../../declaration/index.js";
import { duration, formatDuration, matching } from "../../declaration/units.js";
import { podLabels } from "../access-policies/args.js";
import { checked } from "../checked.js";
import { objectName } from "../database-namespace/args.js";

/** Read by the components that they go to, which refuse what is wrong in them. */
const part = z.looseObject({}).optional();

const schedule = z.looseObject({ schedule: z.string() });

const schema = z.strictObject({
  // What is put behind it needs room in names of objects.
  name: matching(
    /^[a-z]([a-z0-9-]{0,32}[a-z0-9])?$/,
    "1 to 34 lower-case letters, digits and hyphens, beginning with a letter",
  ),
  namespace: objectName,
  labels: podLabels,
  backup: z.looseObject({ schedules: z.array(schedule).optional() }).optional(),
  access: part,
  scan: part,
  detection: part,
  drill: z
    .strictObject({
      rto: duration({ min: "1 min", max: "7 d" }),
      rpo: duration({ min: "1 min", max: "31 d" }),
      context: matching(
        /^[A-Za-z0-9][A-Za-z0-9_.@:/-]{0,252}$/,
        "the name of a context as kubectl shows it",
      ).optional(),
      podSecurityVersion: matching(/^v1\.\d{2}$/, "a version of Kubernetes such as v1.34").default("v1.34"),
    })
    .optional(),
});

/** Velero's daily schedule where none is given. */
const USUAL = "0 2 * * *";

export type AttachedPlan = z.output<typeof schema>;

/** @throws TypeError with every problem but those of the parts, which their components name */
export function readAttachedPostgres(name: string, args: object): AttachedPlan {
  return checked(`AttachedPostgres ${name}`, schema, { ...args, name }, (all, refuse) => {
    const { backup, access, scan, detection, drill } = all;
    if ([backup, access, scan, detection].every((each) => each === undefined))
      refuse(
        ["backup"],
        "is missing, as are access, scan and detection: nothing is added",
        "one of them at least",
      );
    if (drill === undefined) return;
    if (backup === undefined) {
      refuse(["drill"], "has no backup to restore", "backup, or no drill");
      return;
    }
    const gap = Math.min(
      ...(backup.schedules ?? [{ schedule: USUAL }]).map(({ schedule: cron }) => intervalOf(cron)),
    );
    if (drill.rpo < gap)
      refuse(
        ["drill", "rpo"],
        "is less than the time between two backups",
        `${formatDuration(gap)} or more, or backups more often`,
      );
  });
}

/** What is no schedule is refused by the component that gets it. */
function intervalOf(cron: string): number {
  try {
    return longestInterval(cron);
  } catch {
    return 0;
  }
}
