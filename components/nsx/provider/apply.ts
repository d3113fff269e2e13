import { differences } from "../canonical.js";
import { ApiError, type Reason } from "../../rest/errors.js";
import type { ManagerClient } from "../client/manager-client.js";
import { retrying, type Timing } from "../../rest/timing.js";
import { namesOf, type FirewallObjects } from "../objects.js";
import { planFirewall, planRemoval, type InfraBody, type Plan } from "../plan.js";
import { awaitRealization } from "./realization.js";
import { isEmpty, onlyOurs, readPresent, refuseForeign, type Identity } from "./present.js";

/** What a firewall is to become, and what it was. */
export interface Change extends Identity {
  readonly wanted: FirewallObjects;
  /** Objects that the state knows as ours. */
  readonly known: FirewallObjects;
  /** Marks that are ours: the wanted one, and the one before a stack was renamed. */
  readonly owners: readonly string[];
  /** Seconds. */
  readonly realizationTimeout: number;
}

/** Whether a change that failed may have left something. */
export interface Progress {
  mayHaveWritten: boolean;
}

/**
 * Brings a firewall about. Each round reads what is there, plans, writes in one call, and believes only what it reads
 * afterwards; somebody else's change in between, or an answer that was lost, leads to another round.
 */
export async function applyFirewall(
  client: ManagerClient,
  change: Change,
  progress: Progress = { mayHaveWritten: false },
): Promise<FirewallObjects> {
  const { domain, wanted, known, owners } = change;
  const read = (): Promise<FirewallObjects> => readPresent(client, change, [wanted, known]);
  await untilSettled(client.timing, ["conflict"], async () => {
    const present = await read();
    refuseForeign(present, known, owners);
    const { write } = planFirewall(domain, present, wanted);
    if (write === undefined) return;
    const before = progress.mayHaveWritten;
    progress.mayHaveWritten = true;
    try {
      await patch(client, write);
    } catch (error) {
      // NSX takes all or nothing.
      if (error instanceof ApiError && error.reason === "refused") progress.mayHaveWritten = before;
      throw error;
    }
    const found = await read();
    if (planFirewall(domain, found, wanted).write !== undefined)
      throw new ApiError(
        "conflict",
        `NSX took the change of ${change.policyId} but shows something else as ${differences(found, wanted).join(", ")}`,
      );
  });
  await awaitRealization(client, pathsOf(change), change.realizationTimeout);
  await cleanUp(client, async () => planFirewall(domain, await read(), wanted));
  return read();
}

/** Removes the policy and everything that carries one of our marks; returns when NSX has none of it. */
export async function removeFirewall(
  client: ManagerClient,
  identity: Identity,
  known: FirewallObjects,
  owners: readonly string[],
): Promise<void> {
  const read = async (): Promise<FirewallObjects> =>
    onlyOurs(await readPresent(client, identity, [known]), owners);
  const plan = async (): Promise<Plan> => planRemoval(identity.domain, await read());
  await untilSettled(client.timing, ["conflict", "not-found"], async () => {
    const { write } = await plan();
    if (write !== undefined) await patch(client, write);
  });
  await cleanUp(client, plan);
  if (!isEmpty(await read()))
    throw new ApiError(
      "conflict",
      `NSX took the removal of ${identity.policyId} but still shows objects of it`,
    );
}

/** The objects that NSX has now, or undefined when none is left. */
export async function findFirewall(
  client: ManagerClient,
  identity: Identity,
  known: FirewallObjects,
): Promise<FirewallObjects | undefined> {
  const present = await readPresent(client, identity, [known]);
  return isEmpty(present) ? undefined : present;
}

/** Groups and services that nobody names any more; NSX needs a while to see that: with the usual timing, up to two minutes. */
function cleanUp(client: ManagerClient, plan: () => Promise<Plan>): Promise<void> {
  const patient = { ...client.timing, attempts: 2 * client.timing.attempts };
  return untilSettled(patient, ["in-use", "conflict", "not-found"], async () => {
    const { cleanUp: body } = await plan();
    if (body !== undefined) await patch(client, body);
  });
}

/** Another round after failures for which reading again helps. What is to be removed may be gone: an answer was lost. */
function untilSettled(timing: Timing, reasons: readonly Reason[], round: () => Promise<void>): Promise<void> {
  return retrying(timing, ({ reason }) => reasons.includes(reason), round);
}

async function patch(client: ManagerClient, body: InfraBody): Promise<void> {
  await client.patch("/infra", { enforce_revision_check: "true" }, body);
}

function pathsOf({ policyId, domain, wanted }: Change): string[] {
  const { policyPath } = namesOf({ policyId, domain });
  return [...wanted.groups.map(({ id }) => `/infra/domains/${domain}/groups/${id}`), policyPath];
}
