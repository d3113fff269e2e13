import { readFile } from "node:fs/promises";
import { z } from "zod";
import { messageOf, UsageError } from "./errors.js";

const site = z.looseObject({
  site: z.string().min(1),
  context: z.string().optional(),
  namespace: z.string(),
});

/** What of the recovery plan of an environment on Kubernetes is relied on. */
const schema = z.looseObject({
  format: z.literal("pgkeep/recovery-plan/1"),
  pods: z.array(z.looseObject({ site: z.string(), primary: z.boolean() })).min(1),
  environment: z.looseObject({
    name: z.string().min(1),
    platform: z.literal("kubernetes"),
    cluster: z.looseObject({ name: z.string().min(1) }),
    objectives: z.looseObject({ restore: z.looseObject({ rpo: z.number(), rto: z.number() }) }),
    drills: z.looseObject({ evidence: z.looseObject({ retention: z.number().positive() }) }),
    kubernetes: z.looseObject({ podSecurity: z.string(), sites: z.array(site).min(1) }),
  }),
});

export type KubernetesPlan = z.output<typeof schema>;
export type PlanSite = z.output<typeof site>;

/**
 * Reads the recovery plan of an environment on Kubernetes, an output of the stack.
 *
 * @throws UsageError with everything that is wrong with it
 */
export async function loadKubernetesPlan(file: string): Promise<KubernetesPlan> {
  const remedy = "write it anew: `pulumi stack output recoveryPlan --json`";
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new UsageError(`the recovery plan ${file} cannot be read: ${messageOf(error)}`, remedy);
  }
  const { data, error } = schema.safeParse(document);
  if (error === undefined) return data;
  const lines = error.issues.map((issue) => `  ${issue.path.join(".") || "(the plan)"}: ${issue.message}`);
  throw new UsageError(
    `the recovery plan ${file} is not that of an environment on Kubernetes:\n${lines.join("\n")}`,
    remedy,
  );
}

/** A site of the plan. @throws UsageError when there is none of that name */
export function planSite({ environment }: KubernetesPlan, name: string): PlanSite {
  const { sites } = environment.kubernetes;
  const found = sites.find((each) => each.site === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `"${name}" is not a site of the plan`,
    `one of ${sites.map((each) => each.site).join(", ")}`,
  );
}

/** Where the primary is: what is backed up there is what counts. */
export function primarySite(plan: KubernetesPlan): PlanSite {
  const name = plan.pods.find(({ primary }) => primary)?.site;
  return planSite(plan, name ?? plan.environment.kubernetes.sites[0]?.site ?? "");
}
