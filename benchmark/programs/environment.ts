/** The program of a complete environment: the ready stack, its providers sent to the local daemon. */
import { redirectProviders } from "../redirect.js";

/** As the ready stack: a function that gives the stack's outputs. */
async function program(): Promise<Record<string, unknown>> {
  redirectProviders();
  // After the redirection, hence not an import at the top.
  const { default: stack } = await import("../../stacks/index.js");
  return stack();
}

export = program;
