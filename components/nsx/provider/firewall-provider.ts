import type * as pulumi from "@pulumi/pulumi";
import { canonicalObjects, sameObjects } from "../canonical.js";
import { ApiError } from "../../rest/errors.js";
import { ManagerClient } from "../client/manager-client.js";
import type { Timing } from "../../rest/timing.js";
import type { Firewall } from "../firewall-schema.js";
import { namesOf, objectsOf, type FirewallObjects, type NsxObject } from "../objects.js";
import { requireParsed } from "../../dynamic/parse.js";
import { parseFirewall } from "../parse-firewall.js";
import { unknownPaths } from "../../dynamic/unknowns.js";
import { applyFirewall, findFirewall, removeFirewall, type Change } from "./apply.js";
import { checkFailures, sorted, unfinished, withClient } from "../../dynamic/protocol.js";

/** Inputs as Pulumi keeps them: the firewall, and who it belongs to. */
export interface FirewallInputs extends Record<string, unknown> {
  readonly firewall: Firewall;
  /** Project, stack and policy: the mark on every object. */
  readonly owner: string;
}

/** The state: the inputs that were applied, and the objects that NSX had then or at the last refresh. */
export interface FirewallState extends FirewallInputs {
  readonly objects: FirewallObjects;
  readonly policyPath: string;
  /** Mark that objects may still carry, after a change of the mark that was not finished. */
  readonly formerOwner?: string | undefined;
}

const NOTHING: FirewallObjects = { groups: [], services: [], rules: [] };

/** The life of a distributed firewall in NSX. */
export class FirewallProvider implements pulumi.dynamic.ResourceProvider<FirewallInputs, FirewallState> {
  constructor(
    private readonly environment: NodeJS.ProcessEnv = process.env,
    private readonly timing?: Timing,
  ) {}

  check(_olds: FirewallInputs, news: FirewallInputs): Promise<pulumi.dynamic.CheckResult<FirewallInputs>> {
    const parsed = parseFirewall(news.firewall);
    return Promise.resolve(
      parsed.ok
        ? { inputs: { ...news, firewall: parsed.value } }
        : { inputs: news, failures: checkFailures(parsed.problems) },
    );
  }

  diff(_id: string, olds: FirewallState, news: FirewallInputs): Promise<pulumi.dynamic.DiffResult> {
    const [was, is] = [olds.firewall, news.firewall];
    const replaced = was.policyId !== is.policyId || was.domain !== is.domain;
    // The old policy protects until the new one is in force.
    if (replaced)
      return Promise.resolve({ changes: true, replaces: ["firewall"], deleteBeforeReplace: false });
    if (unknownPaths(news).length > 0) return Promise.resolve({ changes: true });
    const same =
      sameObjects(objectsOf(is, news.owner), olds.objects) &&
      olds.owner === news.owner &&
      sorted(was.manager) === sorted(is.manager) &&
      was.realizationTimeout === is.realizationTimeout;
    return Promise.resolve({ changes: !same });
  }

  create(inputs: FirewallInputs): Promise<pulumi.dynamic.CreateResult<FirewallState>> {
    const firewall = requireParsed(parseFirewall(inputs.firewall));
    const { policyPath } = namesOf(firewall);
    return this.connected(firewall, async (client) => {
      const progress = { mayHaveWritten: false };
      try {
        const objects = await applyFirewall(client, changeOf(firewall, [inputs.owner], NOTHING), progress);
        return { id: policyPath, outs: stateOf(inputs, firewall, objects) };
      } catch (error) {
        // Something of ours may be there: Pulumi has to know, so that it is completed or removed the next time.
        if (!(error instanceof ApiError) || !progress.mayHaveWritten) throw error;
        throw unfinished(error, policyPath, stateOf(inputs, firewall, objectsOf(firewall, inputs.owner)));
      }
    });
  }

  update(
    id: string,
    olds: FirewallState,
    news: FirewallInputs,
  ): Promise<pulumi.dynamic.UpdateResult<FirewallState>> {
    const firewall = requireParsed(parseFirewall(news.firewall));
    return this.connected(firewall, async (client) => {
      const change = changeOf(firewall, [news.owner, ...ownersIn(olds)], olds.objects);
      const progress = { mayHaveWritten: false };
      try {
        return { outs: stateOf(news, firewall, await applyFirewall(client, change, progress)) };
      } catch (error) {
        if (!(error instanceof ApiError) || !progress.mayHaveWritten) throw error;
        // Of the old and of the new one, anything may be there.
        const state = stateOf(news, firewall, together(change.wanted, olds.objects));
        const formerOwner = ownersIn(olds).find((owner) => owner !== news.owner);
        throw unfinished(error, id, { ...state, ...(formerOwner === undefined ? {} : { formerOwner }) });
      }
    });
  }

  /** What NSX has now. A rule that was changed, added or removed there shows in the objects, and is put right by an update. */
  read(id: string, props?: FirewallState): Promise<pulumi.dynamic.ReadResult<FirewallState>> {
    if (props?.firewall === undefined || props.objects === undefined)
      throw new ApiError("refused", `${id} cannot be imported; declare it, and pgkeep makes it`);
    return this.connected(props.firewall, async (client) => {
      const objects = await findFirewall(client, props.firewall, props.objects);
      // Pulumi takes an answer without id as: it is gone.
      return objects === undefined ? {} : { id, props: { ...props, objects: canonicalObjects(objects) } };
    });
  }

  delete(_id: string, props: FirewallState): Promise<void> {
    return this.connected(props.firewall, (client) =>
      removeFirewall(client, props.firewall, props.objects, ownersIn(props)),
    );
  }

  private connected<T>({ manager }: Firewall, work: (client: ManagerClient) => Promise<T>): Promise<T> {
    return withClient(new ManagerClient(manager, this.environment, this.timing), work);
  }
}

function changeOf(
  firewall: Firewall,
  owners: readonly [string, ...string[]],
  known: FirewallObjects,
): Change {
  const { policyId, domain, realizationTimeout } = firewall;
  return { policyId, domain, realizationTimeout, known, owners, wanted: objectsOf(firewall, owners[0]) };
}

function ownersIn({ owner, formerOwner }: FirewallState): string[] {
  return formerOwner === undefined ? [owner] : [owner, formerOwner];
}

function stateOf(inputs: FirewallInputs, firewall: Firewall, objects: FirewallObjects): FirewallState {
  const { policyPath } = namesOf(firewall);
  return { ...inputs, firewall, objects: canonicalObjects(objects), policyPath };
}

/** All groups and services of two firewalls; policy and rules are those of the first. */
function together(one: FirewallObjects, other: FirewallObjects): FirewallObjects {
  const union = (key: "groups" | "services"): NsxObject[] => [
    ...one[key],
    ...other[key].filter(({ id }) => !one[key].some((object) => object.id === id)),
  ];
  return { ...one, groups: union("groups"), services: union("services") };
}
