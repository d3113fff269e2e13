import type * as pulumi from "@pulumi/pulumi";
import { requireParsed } from "../../dynamic/parse.js";
import { checkFailures, unfinished } from "../../dynamic/protocol.js";
import { unknownPaths } from "../../dynamic/unknowns.js";
import { ApiError } from "../../rest/errors.js";
import type { Timing } from "../../rest/timing.js";
import { SiteClient } from "../client/site-client.js";
import type { PeerNeed } from "../client/site-session.js";
import { stable } from "../stable.js";
import type { Declaration, Found, Kind, Progress, Work } from "./kind.js";

/** Inputs as Pulumi keeps them: what is declared, and who it belongs to. */
export interface ObjectInputs<D> extends Record<string, unknown> {
  readonly declared: D;
  /** Project, stack and name: the mark on the object. */
  readonly owner: string;
}

/** The state: the inputs that were applied, and what SRM showed then or at the last refresh. */
export interface ObjectState<D, Facts> extends ObjectInputs<D> {
  /** SRM's id; empty when an attempt ended before it was known. */
  readonly objectId: string;
  readonly facts: Facts;
  /** Parts beside the object that are ours, and go with it. */
  readonly made: readonly string[];
  /** Mark that the object may still carry, after a change of the mark that was not finished. */
  readonly formerOwner?: string | undefined;
}

/** The life of an object in SRM. */
export class SrmProvider<D extends Declaration, Facts> implements pulumi.dynamic.ResourceProvider<
  ObjectInputs<D>,
  ObjectState<D, Facts>
> {
  constructor(
    private readonly kind: Kind<D, Facts>,
    private readonly environment: NodeJS.ProcessEnv = process.env,
    private readonly timing?: Timing,
  ) {}

  check(_olds: ObjectInputs<D>, news: ObjectInputs<D>): Promise<pulumi.dynamic.CheckResult<ObjectInputs<D>>> {
    const parsed = this.kind.parse(news.declared);
    return Promise.resolve(
      parsed.ok
        ? { inputs: { ...news, declared: parsed.value } }
        : { inputs: news, failures: checkFailures(parsed.problems) },
    );
  }

  diff(_id: string, olds: ObjectState<D, Facts>, news: ObjectInputs<D>): Promise<pulumi.dynamic.DiffResult> {
    // Names are unique in SRM, and a VM is in one group: the old one has to go first.
    if (this.kind.replaces(olds.declared, news.declared))
      return Promise.resolve({ changes: true, replaces: ["declared"], deleteBeforeReplace: true });
    if (unknownPaths(news).length > 0) return Promise.resolve({ changes: true });
    const same =
      stable(this.kind.wanted(news.declared, news.owner)) === stable(olds.facts) &&
      stable(news.declared) === stable(olds.declared) &&
      olds.owner === news.owner &&
      olds.objectId !== "";
    return Promise.resolve({ changes: !same });
  }

  async create(inputs: ObjectInputs<D>): Promise<pulumi.dynamic.CreateResult<ObjectState<D, Facts>>> {
    const declared = requireParsed(this.kind.parse(inputs.declared));
    const id = inputs.owner;
    return { id, outs: await this.apply(id, { ...inputs, declared }, [inputs.owner], undefined) };
  }

  async update(
    id: string,
    olds: ObjectState<D, Facts>,
    news: ObjectInputs<D>,
  ): Promise<pulumi.dynamic.UpdateResult<ObjectState<D, Facts>>> {
    const declared = requireParsed(this.kind.parse(news.declared));
    const owners = [...new Set([news.owner, ...ownersIn(olds)])];
    return { outs: await this.apply(id, { ...news, declared }, owners, olds) };
  }

  /** What SRM has now. What was changed there shows in the facts, and is put right by an update. */
  read(id: string, props?: ObjectState<D, Facts>): Promise<pulumi.dynamic.ReadResult<ObjectState<D, Facts>>> {
    if (props?.declared === undefined || props.facts === undefined)
      throw new ApiError("refused", `${id} cannot be imported; declare it, and pgkeep makes it`);
    return this.working(props, ownersIn(props), props, "if-reachable", async (work) => {
      const found = await this.kind.find(work);
      // Pulumi takes an answer without id as: it is gone.
      return found === undefined ? {} : { id, props: { ...props, objectId: found.id, facts: found.facts } };
    });
  }

  delete(_id: string, props: ObjectState<D, Facts>): Promise<void> {
    return this.working(props, ownersIn(props), props, "required", (work) => this.kind.remove(work));
  }

  private apply(
    id: string,
    inputs: ObjectInputs<D>,
    owners: readonly string[],
    olds: ObjectState<D, Facts> | undefined,
  ): Promise<ObjectState<D, Facts>> {
    return this.working(inputs, owners, olds, "required", async (work) => {
      const stateOf = ({ id: objectId, facts }: Found<Facts>): ObjectState<D, Facts> => ({
        ...inputs,
        objectId,
        facts,
        made: [...work.progress.made].toSorted(),
      });
      try {
        return stateOf(await this.kind.apply(work));
      } catch (error) {
        // Something of ours may be there: Pulumi has to know, so that it is completed or removed the next time.
        if (!(error instanceof ApiError) || !work.progress.mayHaveWritten) throw error;
        const facts = olds?.facts ?? this.kind.wanted(inputs.declared, inputs.owner);
        const formerOwner = owners.find((owner) => owner !== inputs.owner);
        throw unfinished(error, id, {
          ...stateOf({ id: olds?.objectId ?? "", facts }),
          ...(formerOwner === undefined ? {} : { formerOwner }),
        });
      }
    });
  }

  private async working<T>(
    { declared, owner }: ObjectInputs<D>,
    owners: readonly string[],
    olds: ObjectState<D, Facts> | undefined,
    peer: PeerNeed,
    work: (work: Work<D, Facts>) => Promise<T>,
  ): Promise<T> {
    const open = new Map<string, SiteClient>();
    const client = (service: "srm" | "replication"): SiteClient => {
      const { environment, timing } = this;
      const known =
        open.get(service) ??
        new SiteClient(declared.sites, { service, side: "recovery", peer, environment, timing });
      open.set(service, known);
      return known;
    };
    const progress: Progress = { mayHaveWritten: false, made: new Set(olds?.made) };
    try {
      return await work({
        declared,
        owner,
        owners,
        known: olds === undefined ? undefined : { id: olds.objectId, facts: olds.facts },
        progress,
        srm: () => client("srm"),
        replication: () => client("replication"),
      });
    } finally {
      for (const one of open.values()) await one.close();
    }
  }
}

function ownersIn({ owner, formerOwner }: { owner: string; formerOwner?: string | undefined }): string[] {
  return formerOwner === undefined ? [owner] : [owner, formerOwner];
}
