import { z } from "zod";
import { give } from "../declaration/remedy.js";

/** Parts of what is declared of SRM. */

export const vmId = z
  .string()
  .regex(
    /^VirtualMachine:[\w.-]+:[0-9a-f-]{36}$/,
    give("VirtualMachine:<managed object id>:<GUID of the vCenter>"),
  );

/** An object of a vCenter, such as a network, folder, resource pool or datastore. */
export const inventoryId = z
  .string()
  .regex(/^[A-Za-z]+:[\w.-]+:[0-9a-f-]{36}$/, give("<type>:<managed object id>:<GUID of the vCenter>"));

/** Is it an object of another vCenter? An id that is none says so itself. */
export function isElsewhere(id: string, vcenter: string): boolean {
  const guid = /:([0-9a-f-]{36})$/.exec(id)?.[1];
  return guid !== undefined && guid !== vcenter;
}

export const objectName = z.string().min(1).max(80);
export const description = z.string().max(3800).default("");
/** Seconds. */
export const timeout = z.number().int().min(1).max(86_400).default(900);

type Report = (path: readonly PropertyKey[], problem: string, remedy: string) => void;

/** Each entry once. */
export function checkDistinct(
  values: readonly unknown[],
  at: readonly PropertyKey[],
  key: string,
  report: Report,
): void {
  values.forEach((value, i) => {
    if (value !== undefined && values.indexOf(value) < i)
      report(key === "" ? [...at, i] : [...at, i, key], "is named twice", "each one once");
  });
}

/** A report for `superRefine`. */
export function reporter(context: z.RefinementCtx): Report {
  return (path, problem, remedy) => {
    context.addIssue({ code: "custom", path: [...path], message: problem, params: { remedy } });
  };
}
