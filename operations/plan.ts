import { readFile } from "node:fs/promises";
import { z } from "zod";
import { machines } from "../components/declaration/index.js";
import type { RecoveryPlan } from "../components/recovery/index.js";
import { messageOf, UsageError } from "./errors.js";

const retention = z.looseObject({ age: z.number().positive(), count: z.int().min(1) });
const scheduled = z.looseObject({ schedule: z.string() });
const path = z.string().startsWith("/");
const purposes = { management: z.string(), client: z.string(), replication: z.string() };

const redirect = z.discriminatedUnion("kind", [
  z.looseObject({ kind: z.literal("dns"), zone: z.string(), server: z.string(), port: z.int() }),
  z.looseObject({ kind: z.literal("vip"), address: z.string() }),
]);

/**
 * The parts of a recovery plan that operations rely on. The declaration was checked when the plan was made; this finds a file that is
 * no plan, is cut short, or comes from another release.
 */
const planSchema = z.looseObject({
  format: z.literal("pgkeep/recovery-plan/1"),
  stanza: z.string().min(1),
  repository: z.string().optional(),
  achieved: z.array(z.looseObject({})),
  guests: z
    .array(
      z.looseObject({
        name: z.string().min(1),
        kind: z.enum(["member", "witness"]),
        site: z.string(),
        host: z.string(),
        addresses: z.looseObject(purposes),
        macs: z.looseObject(purposes),
        disks: z
          .array(z.looseObject({ target: z.string(), purpose: z.string(), path: z.string().min(1) }))
          .min(1),
      }),
    )
    .min(1),
  environment: z.looseObject({
    name: z.string().min(1),
    cluster: z.looseObject({
      name: z.string(),
      version: z.looseObject({ major: z.int(), minor: z.int() }),
      members: z.array(z.looseObject({ name: z.string(), site: z.string() })).min(1),
      databases: z.array(z.looseObject({ name: z.string() })).min(1),
      roles: z.array(
        z.looseObject({ name: z.string(), kind: z.string(), databases: z.array(z.string()).optional() }),
      ),
    }),
    sites: z
      .array(z.looseObject({ name: z.string(), role: z.enum(["primary", "standby", "witness"]) }))
      .min(1),
    objectives: z.looseObject({
      rpo: z.number(),
      rto: z.number(),
      restore: z.looseObject({ rpo: z.number(), rto: z.number() }),
    }),
    backup: z.looseObject({
      repository: z.looseObject({ path }),
      vmSnapshot: z
        .looseObject({ schedule: z.string(), retention, quiesce: z.boolean(), directory: path })
        .optional(),
      base: z.looseObject({ full: scheduled, retention }).optional(),
      wal: z.looseObject({ archiveTimeout: z.number() }).optional(),
    }),
    replication: z.looseObject({
      mode: z.enum(["async", "sync", "quorum"]),
      synchronous: z.int().min(1),
      maximumLag: z.number(),
      vm: z
        .looseObject({ schedule: z.string(), to: z.string(), keep: z.int().min(1), directory: path })
        .optional(),
    }),
    failover: z.looseObject({
      mode: z.enum(["automatic", "manual"]),
      fencing: z.boolean(),
      ttl: z.number(),
      loopWait: z.number(),
      redirect,
    }),
    drills: z.looseObject({
      restore: scheduled.optional(),
      failover: scheduled.optional(),
      site: scheduled.optional(),
      evidence: z.looseObject({ retention: z.number().positive() }),
    }),
  }),
});

const host = {
  name: z.string().min(1),
  site: z.string(),
  address: z.string(),
  port: z.int(),
  user: z.string(),
};

/** What else is relied on, by platform. */
const platformSchema = z.looseObject({
  environment: z.discriminatedUnion("platform", [
    z.looseObject({
      platform: z.literal("kvm"),
      kvm: z.looseObject({
        hosts: z.array(z.looseObject({ ...host, bridges: z.looseObject(purposes), poolPath: path })).min(1),
      }),
    }),
    z.looseObject({
      platform: z.literal("vmware"),
      vmware: z.looseObject({ hosts: z.array(z.looseObject(host)).min(1) }),
    }),
  ]),
});

/** Checks the text of a plan. @throws UsageError with every problem: path, value and what would be right */
export function parsePlan(text: string, file: string): RecoveryPlan {
  const remedy = "write it anew with `pulumi up`, or with `pulumi stack output recoveryPlan`";
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`the recovery plan ${file} is not JSON: ${messageOf(error)}`, remedy);
  }
  refuseKubernetes(input, file);
  const result = planSchema.safeParse(input);
  const issues = [result, platformSchema.safeParse(input)].flatMap(({ error }) => error?.issues ?? []);
  if (issues.length > 0 || !result.success) {
    const lines = issues.map((issue) => `  ${issue.path.join(".") || "(the plan)"}: ${issue.message}`);
    throw new UsageError(`the recovery plan ${file} is not usable:\n${lines.join("\n")}`, remedy);
  }
  const plan = result.data as unknown as RecoveryPlan;
  const problems: string[] = [];
  for (const guest of plan.guests) {
    if (!machines(plan.environment).hosts.some(({ name }) => name === guest.host))
      problems.push(`  guests.${guest.name}.host: "${guest.host}" is not one of the hosts`);
  }
  const to = plan.environment.replication.vm?.to;
  if (to !== undefined && !machines(plan.environment).hosts.some(({ site }) => site === to))
    problems.push(`  environment.replication.vm.to: no host stands at site "${to}"`);
  if (problems.length > 0)
    throw new UsageError(`the recovery plan ${file} is not usable:\n${problems.join("\n")}`, remedy);
  return plan;
}

/** @throws UsageError for a plan of a cluster, where nothing of this command's is run yet */
function refuseKubernetes(input: unknown, file: string): void {
  const { data } = z
    .looseObject({ environment: z.looseObject({ name: z.string(), platform: z.literal("kubernetes") }) })
    .safeParse(input);
  if (data !== undefined)
    throw new UsageError(
      `${file} is of environment ${data.environment.name} on Kubernetes, where CronJobs and Velero run what this does elsewhere`,
      "`pgkeep velero` works there; see docs/kubernetes-backup.md",
    );
}

/** Reads the plan. @throws UsageError */
export async function loadPlan(file: string): Promise<RecoveryPlan> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(
      `the recovery plan ${file} cannot be read: ${messageOf(error)}`,
      "give its place with --plan; `pulumi up` puts it on every hypervisor",
    );
  }
  return parsePlan(text, file);
}
