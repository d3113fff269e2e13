import { z } from "zod";
import { OperationError, UsageError } from "../errors.js";
import type { Output } from "../output.js";
import {
  GuestAgentError,
  GuestCommandError,
  type Clock,
  type GuestAgent,
  type RunResult,
} from "../ports/index.js";

const APPLY = "/usr/local/sbin/pgkeep-apply";

const bundleSchema = z.looseObject({
  files: z.array(z.looseObject({ path: z.string().startsWith("/") })),
  /** What the hypervisor sees to. */
  disks: z.array(z.strictObject({ target: z.string(), size: z.int() })).default([]),
});

const names = z.array(z.string()).default([]);

/** What pgkeep-apply says: paths and units, never contents. */
const answerSchema = z.looseObject({
  changed: names,
  started: names,
  restarted: names,
  reloaded: names,
  stopped: names,
  /** Units that wait for other guests, such as etcd without a majority. */
  waiting: names,
  reconciled: z
    .looseObject({ pendingRestart: z.unknown().optional(), waiting: z.unknown().optional() })
    .nullish(),
  error: z.string().optional(),
});

/** What `guest apply` did. */
export type Applied = z.infer<typeof answerSchema>;

/**
 * Waits for the agent and for the end of cloud-init, then gives the bundle to pgkeep-apply in the guest. The bundle is secret: it travels
 * on standard inputs only and is never repeated in a message.
 */
export async function applyBundle(
  agent: GuestAgent,
  clock: Clock,
  out: Output,
  { bundle, wait, dryRun }: { readonly bundle: Buffer; readonly wait: number; readonly dryRun: boolean },
): Promise<Applied> {
  const paths = readBundle(bundle).files.map(({ path }) => path);
  if (dryRun) {
    out.info(`would give ${paths.length} files to ${agent.domain}: ${paths.join(", ")}`);
    return answerSchema.parse({});
  }
  const deadline = clock.monotonic() + wait;
  out.step(`Waiting for the agent of ${agent.domain} (at most ${wait} s)`);
  await agent.wait(wait);
  out.step(`Waiting for the first start of ${agent.domain} to finish`);
  await waitForApply(agent, clock, out, deadline, wait);
  out.step(`Applying ${paths.length} files in ${agent.domain}`);
  const left = Math.max(60, Math.round(deadline - clock.monotonic()));
  const result = await agent.run([APPLY], { input: bundle, timeout: left, accept: [0, 1] });
  return parseAnswer(agent.domain, result);
}

/** Paths and sizes of a bundle; what else it holds is secret. */
export function readBundle(bundle: Buffer): z.infer<typeof bundleSchema> {
  try {
    return bundleSchema.parse(JSON.parse(bundle.toString()));
  } catch {
    // The parser's own words could quote a secret.
    throw new UsageError(
      "standard input is not a bundle (JSON with a list of files)",
      "it is what the stack's component passes; do not write it by hand",
    );
  }
}

/**
 * Until cloud-init is done and pgkeep-apply is there. Looks at the files that cloud-init leaves: asking cloud-init itself
 * starts an interpreter, which slows a slow first start down further.
 */
async function waitForApply(
  agent: GuestAgent,
  clock: Clock,
  out: Output,
  deadline: number,
  wait: number,
): Promise<void> {
  const probe = `if [ -e /var/lib/cloud/instance/boot-finished ]; then s=done; elif [ -d /var/lib/cloud ]; then s=running; else s=none; fi
[ -x ${APPLY} ] && a=yes || a=no; echo "$s $a"`;
  for (let last = ""; ; await clock.sleep(2)) {
    try {
      const answer = (await agent.run(["sh", "-c", probe])).stdout.trim();
      const [state = "", ready] = answer.split(" ");
      const finished = state !== "running";
      if (finished && ready === "yes") return;
      if (finished && state !== "none")
        throw new OperationError(
          `cloud-init in ${agent.domain} ended (${state}) without ${APPLY}`,
          `see \`cloud-init status --long\` and /var/log/cloud-init-output.log in ${agent.domain}`,
        );
      if (answer !== last) out.info(`cloud-init: ${state}`);
      last = answer;
    } catch (error) {
      // The agent is restarted while cloud-init works, and a busy guest may be slow to answer.
      if (!(error instanceof GuestAgentError || error instanceof GuestCommandError)) throw error;
    }
    if (clock.monotonic() > deadline)
      throw new OperationError(
        `the first start of ${agent.domain} did not finish within ${wait} s`,
        "give more with --wait, or look at the guest's console",
      );
  }
}

function parseAnswer(domain: string, { code, stdout }: RunResult): Applied {
  let answer: Applied;
  try {
    answer = answerSchema.parse(JSON.parse(stdout));
  } catch {
    throw new OperationError(`pgkeep-apply in ${domain} ended with ${code} and did not say what it did`);
  }
  if (code === 0 && answer.error === undefined) return answer;
  throw new OperationError(
    `pgkeep-apply in ${domain} did not finish: ${answer.error ?? "no reason given"}`,
    "put that right and apply again; what was written is not written twice",
  );
}
