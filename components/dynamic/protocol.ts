import type * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../declaration/errors.js";

/** All that is wrong with the inputs, as Pulumi shows it. */
export function checkFailures(problems: readonly Problem[]): pulumi.dynamic.CheckFailure[] {
  return problems.map(({ path, value, problem, remedy }) => ({
    property: path,
    reason: `${value} ${problem}; give ${remedy}`,
  }));
}

/**
 * An error that makes Pulumi keep the resource in its state, as one that is not finished. Pulumi's server for dynamic
 * providers takes the state from the error as it is, its own key included.
 */
export function unfinished(error: Error, id: string, properties: object): Error {
  return Object.assign(new Error(error.message), { id, properties, reasons: [error.message] });
}

/** Works with a client, and ends its session whatever happens. */
export async function withClient<C extends { close(): Promise<void> }, T>(
  client: C,
  work: (client: C) => Promise<T>,
): Promise<T> {
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** The settings of an object in an order of their own, so that two of them can be compared as text. */
export function sorted(value: object): string {
  return JSON.stringify(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
