import { z } from "zod";
import { sitesSchema } from "./sites-schema.js";

/**
 * What `pgkeep recovery-plan` has to know of a plan: an output of the component, kept as a file where the command runs. It holds
 * no secret.
 */
export const runbookSchema = z.strictObject({
  format: z.literal("pgkeep/srm-runbook/1"),
  environment: z.string().min(1),
  cluster: z.string().min(1),
  plan: z.string().min(1),
  sites: sitesSchema,
  /** Seconds. */
  objectives: z.strictObject({ rto: z.number().positive(), rpo: z.number().min(0) }),
  /** Seconds for which records of what was done are kept. */
  evidenceRetention: z.number().positive(),
});

export type Runbook = z.output<typeof runbookSchema>;
