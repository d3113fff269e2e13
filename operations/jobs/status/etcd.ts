import { z } from "zod";
import { endpoint, GUEST_PATHS, PORTS } from "../../../components/postgres/layout.js";
import type { PlanGuest } from "../../../components/recovery/index.js";
import type { Context } from "../../context.js";
import { messageOf } from "../../errors.js";

/** Seconds for one member to answer; etcdctl's own five are too few for a busy guest. */
const ANSWER = 30;

const report = z.array(z.object({ endpoint: z.string(), health: z.boolean(), error: z.string().optional() }));

/**
 * Every guest has an etcd member. Its health check reads through the leader, so it passes only with a majority. One guest asks
 * about all of them: each question costs its guest a start of etcdctl, the very time that a recovering one needs.
 *
 * @param askers guests whose agents answer, tried in turn
 */
export async function etcdProblems(context: Context, askers: readonly string[]): Promise<readonly string[]> {
  const { guests } = context.plan;
  const urls = guests.map(clientUrl);
  const argv = [
    ...["etcdctl", `--endpoints=${urls.join(",")}`, `--command-timeout=${ANSWER}s`],
    ...[
      `--cacert=${GUEST_PATHS.authority}`,
      `--cert=${GUEST_PATHS.certificate}`,
      `--key=${GUEST_PATHS.etcdKey}`,
    ],
    ...["--write-out=json", "endpoint", "health"],
  ];
  let complaint = "no guest answers";
  for (const asker of askers) {
    try {
      // It ends with 1 when one member is unhealthy, and tells of all the same.
      const { stdout } = await context.agent(asker).run(argv, { timeout: 90, accept: [0, 1] });
      return unhealthy(guests, stdout);
    } catch (error) {
      complaint = messageOf(error);
    }
  }
  return [`the health of etcd is unknown: ${complaint}`];
}

/** Members that are not healthy, or not spoken of. @throws Error when the text is no report */
export function unhealthy(guests: readonly PlanGuest[], text: string): readonly string[] {
  const told = report.parse(JSON.parse(text));
  return guests.flatMap((guest) => {
    const found = told.find((each) => each.endpoint === clientUrl(guest));
    if (found?.health === true) return [];
    return [`etcd in ${guest.name} is not healthy: ${found?.error ?? "nothing is said of it"}`];
  });
}

function clientUrl({ addresses }: PlanGuest): string {
  return `https://${endpoint(addresses.replication, PORTS.etcdClient)}`;
}
