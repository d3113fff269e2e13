import * as pulumi from "@pulumi/pulumi";
import { UNKNOWN } from "./unknowns.js";

/** Arguments as far as they are known while the program runs: what another resource will give is marked as unknown. */
export function known(value: unknown): unknown {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return UNKNOWN;
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [key, known(part)]),
  );
}
