import type { Command } from "commander";
import { register as access } from "./access.js";
import { register as backup } from "./backup.js";
import { register as client } from "./client.js";
import { register as drill } from "./drill.js";
import { register as evidence } from "./evidence.js";
import { register as failback } from "./failback.js";
import { register as failover } from "./failover.js";
import { register as guest } from "./guest.js";
import { register as host } from "./host.js";
import { register as policy } from "./policy.js";
import { register as recoveryPlan } from "./recovery-plan.js";
import { register as preview } from "./preview.js";
import { register as replicate } from "./replicate.js";
import { register as report } from "./report.js";
import { register as secrets } from "./secrets.js";
import { register as snapshot } from "./snapshot.js";
import { register as status } from "./status.js";
import { register as velero } from "./velero.js";
import { register as verify } from "./verify.js";

/** Every subcommand, in the order of the help text. Each file registers one. */
export const commands: readonly ((program: Command) => void)[] = [
  status,
  snapshot,
  replicate,
  backup,
  verify,
  drill,
  failover,
  failback,
  recoveryPlan,
  velero,
  report,
  evidence,
  client,
  guest,
  host,
  access,
  policy,
  preview,
  secrets,
];
