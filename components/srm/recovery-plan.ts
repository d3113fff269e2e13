import * as pulumi from "@pulumi/pulumi";
import { known } from "../dynamic/known.js";
import { requireParsed } from "../dynamic/parse.js";
import type { RecoveryPlanArgs } from "./args.js";
import { runbookSchema, type Runbook } from "./client/runbook.js";
import { ownerOf, SrmObject } from "./object.js";
import { parsePlan } from "./plan-schema.js";

/** Two years, in seconds: what auditors commonly look back. */
const EVIDENCE_RETENTION = 2 * 365 * 86_400;

/** The order in which protected VMs are recovered, and what is done around it. */
export class RecoveryPlan extends pulumi.ComponentResource {
  /** Id in SRM, once the plan is as declared. */
  readonly planId: pulumi.Output<string>;
  /** What `pgkeep recovery-plan` has to know; no secret is in it. Keep its JSON as a file where the command runs. */
  readonly runbook: pulumi.Output<Runbook>;

  /** @throws DeclarationError with everything that is wrong with the arguments */
  constructor(name: string, args: RecoveryPlanArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgkeep:srm:RecoveryPlan", name, { ...args }, opts);
    const { runbook, ...declared } = args;
    requireParsed(parsePlan(known(declared)));
    const plan = new SrmObject(
      "plan",
      "RecoveryPlan",
      name,
      { declared, owner: ownerOf(name) },
      { parent: this },
    );
    this.planId = plan.objectId;
    this.runbook = pulumi.output({ sites: args.sites, id: this.planId }).apply(({ sites }) =>
      runbookSchema.parse({
        format: "pgkeep/srm-runbook/1",
        environment: runbook.environment,
        cluster: runbook.cluster,
        plan: args.name,
        sites,
        objectives: runbook.objectives,
        evidenceRetention: runbook.evidenceRetention ?? EVIDENCE_RETENTION,
      }),
    );
    this.registerOutputs({ planId: this.planId, runbook: this.runbook });
  }
}
