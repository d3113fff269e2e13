/** An environment on KVM, for a project whose main is this file. */
import { kvmEnvironment } from "./kvm-environment.js";

export const { recoveryPlan, endpoint } = kvmEnvironment();
