import * as pulumi from "@pulumi/pulumi";
import { DeclarationError } from "../components/declaration/index.js";
import { readConfiguration } from "./configuration.js";
import { declareEnvironment } from "./declare.js";
import type { StackOutputs } from "./outputs.js";

/** The program of every stack: declares what the configuration says, and reports what is wrong without noise. */
async function program(): Promise<StackOutputs> {
  try {
    const configuration = readConfiguration(new Date());
    if (configuration.platform !== "kvm") return await declareEnvironment(configuration);
    return (await import("./kvm-environment.js")).kvmEnvironment(configuration);
  } catch (error) {
    // A RunError ends the program with its message alone.
    if (error instanceof DeclarationError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

export = program;
