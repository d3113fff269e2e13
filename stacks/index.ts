import * as pulumi from "@pulumi/pulumi";
import { DeclarationError } from "../components/declaration/index.js";
import { readConfiguration } from "./configuration.js";
import { declareEnvironment } from "./declare.js";
import { kvmEnvironment } from "./kvm-environment.js";
import type { StackOutputs } from "./outputs.js";

/** The program of every stack: declares what the configuration says, and reports what is wrong without noise. */
function program(): StackOutputs {
  try {
    const configuration = readConfiguration(new Date());
    return configuration.platform === "kvm"
      ? kvmEnvironment(configuration)
      : declareEnvironment(configuration);
  } catch (error) {
    // A RunError ends the program with its message alone.
    if (error instanceof DeclarationError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

export = program;
