import * as pulumi from "@pulumi/pulumi";
import { DeclarationError } from "../components/declaration/index.js";
import { kvmEnvironment, type StackOutputs } from "./kvm-environment.js";

/** The program of every stack: declares what the configuration says, and reports what is wrong without noise. */
function program(): StackOutputs {
  try {
    return kvmEnvironment();
  } catch (error) {
    // A RunError ends the program with its message alone.
    if (error instanceof DeclarationError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

export = program;
