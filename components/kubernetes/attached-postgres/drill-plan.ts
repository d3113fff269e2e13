import type { AttachedPlan } from "./args.js";

/** As much of a recovery plan as `pgkeep velero` relies on, for a database that no declaration describes. */
export interface DrillPlan {
  readonly format: "pgkeep/recovery-plan/1";
  readonly pods: readonly { readonly site: string; readonly primary: boolean }[];
  readonly environment: {
    readonly name: string;
    readonly platform: "kubernetes";
    readonly cluster: { readonly name: string };
    readonly objectives: { readonly restore: { readonly rpo: number; readonly rto: number } };
    readonly drills: { readonly evidence: { readonly retention: number } };
    readonly kubernetes: {
      readonly podSecurity: string;
      readonly sites: readonly {
        readonly site: string;
        readonly context?: string;
        readonly namespace: string;
      }[];
    };
  };
}

/** The one place that a database is known at. */
const SITE = "here";

/** Seconds that records of drills are kept: a year. */
const EVIDENCE = 365 * 86_400;

/** The plan of drills: what is backed up comes back in its own cluster, under another name. */
export function drillPlan(
  name: string,
  namespace: string,
  { rpo, rto, context, podSecurityVersion }: NonNullable<AttachedPlan["drill"]>,
): DrillPlan {
  return {
    format: "pgkeep/recovery-plan/1",
    pods: [{ site: SITE, primary: true }],
    environment: {
      name,
      platform: "kubernetes",
      cluster: { name },
      objectives: { restore: { rpo, rto } },
      drills: { evidence: { retention: EVIDENCE } },
      kubernetes: {
        podSecurity: podSecurityVersion,
        sites: [{ site: SITE, ...(context === undefined ? {} : { context }), namespace }],
      },
    },
  };
}
