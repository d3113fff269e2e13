import type * as pulumi from "@pulumi/pulumi";
import type { RecoveryPlan } from "../components/recovery/index.js";

/** Outputs of a stack. */
export interface StackOutputs extends Record<string, unknown> {
  /** What `pgkeep` works from; holds no secret. */
  readonly recoveryPlan: RecoveryPlan;
  /** Where clients connect: host:port. */
  readonly endpoint: pulumi.Output<string>;
  /** What `pgkeep recovery-plan` works from, where Site Recovery Manager is declared; holds no secret. */
  readonly runbook?: pulumi.Output<unknown>;
}
