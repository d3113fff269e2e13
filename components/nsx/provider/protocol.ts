import type * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../../declaration/errors.js";
import type { NsxError } from "../client/errors.js";
import type { ManagerClient } from "../client/manager-client.js";

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
export function unfinished(error: NsxError, id: string, properties: object): Error {
  return Object.assign(new Error(error.message), { id, properties, reasons: [error.message] });
}

/** Works with a client, and ends its session whatever happens. */
export async function withClient<T>(
  client: ManagerClient,
  work: (client: ManagerClient) => Promise<T>,
): Promise<T> {
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
