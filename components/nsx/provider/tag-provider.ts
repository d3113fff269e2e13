import type * as pulumi from "@pulumi/pulumi";
import { ApiError } from "../../rest/errors.js";
import { ManagerClient } from "../client/manager-client.js";
import type { Timing } from "../../rest/timing.js";
import { requireParsed } from "../../dynamic/parse.js";
import { parseVmTag, type VmTag } from "../tag-schema.js";
import { unknownPaths } from "../../dynamic/unknowns.js";
import { hasTag, lookUp, lookUpAll, type KnownVm } from "./inventory.js";
import { checkFailures, sorted, unfinished, withClient } from "../../dynamic/protocol.js";
import { changeTag } from "./tag-operation.js";

export interface TagInputs extends Record<string, unknown> {
  readonly assignment: VmTag;
}

export interface TagState extends TagInputs {
  /** VMs that have the tag, by the id that they are declared with. */
  readonly tagged: readonly string[];
}

/** The life of one tag on VMs. Other tags of the same VMs are never touched. */
export class TagProvider implements pulumi.dynamic.ResourceProvider<TagInputs, TagState> {
  constructor(
    private readonly environment: NodeJS.ProcessEnv = process.env,
    private readonly timing?: Timing,
  ) {}

  check(_olds: TagInputs, news: TagInputs): Promise<pulumi.dynamic.CheckResult<TagInputs>> {
    const parsed = parseVmTag(news.assignment);
    return Promise.resolve(
      parsed.ok
        ? { inputs: { ...news, assignment: parsed.value } }
        : { inputs: news, failures: checkFailures(parsed.problems) },
    );
  }

  diff(_id: string, olds: TagState, news: TagInputs): Promise<pulumi.dynamic.DiffResult> {
    const [was, is] = [olds.assignment, news.assignment];
    // The old tag stays until VMs have the new one: no group loses them in between.
    if (was.scope !== is.scope || was.tag !== is.tag)
      return Promise.resolve({ changes: true, replaces: ["assignment"], deleteBeforeReplace: false });
    const same =
      unknownPaths(news).length === 0 &&
      JSON.stringify(olds.tagged.toSorted()) === JSON.stringify(is.virtualMachines.toSorted()) &&
      sorted(was.manager) === sorted(is.manager);
    return Promise.resolve({ changes: !same });
  }

  create(inputs: TagInputs): Promise<pulumi.dynamic.CreateResult<TagState>> {
    const assignment = requireParsed(parseVmTag(inputs.assignment));
    const id = `${assignment.scope}|${assignment.tag}`;
    return this.connected(assignment, async (client) => {
      const vms = await lookUpAll(client, assignment.virtualMachines);
      const outs = { ...inputs, assignment, tagged: assignment.virtualMachines };
      try {
        await changeTag(client, { tag: assignment, apply: without(vms, assignment), remove: [] });
      } catch (error) {
        if (!(error instanceof ApiError) || error.reason === "refused") throw error;
        throw unfinished(error, id, outs);
      }
      return { id, outs };
    });
  }

  update(_id: string, olds: TagState, news: TagInputs): Promise<pulumi.dynamic.UpdateResult<TagState>> {
    const assignment = requireParsed(parseVmTag(news.assignment));
    return this.connected(assignment, async (client) => {
      const vms = await lookUpAll(client, assignment.virtualMachines);
      const gone = await lookUp(client, leftOut(olds, assignment));
      await changeTag(client, {
        tag: assignment,
        apply: without(vms, assignment),
        // A VM may be declared by another of its ids now.
        remove: having(gone, assignment).filter((id) => !vms.some(({ externalId }) => externalId === id)),
      });
      return { outs: { ...news, assignment, tagged: assignment.virtualMachines } };
    });
  }

  read(id: string, props?: TagState): Promise<pulumi.dynamic.ReadResult<TagState>> {
    if (props?.assignment === undefined)
      throw new ApiError("refused", `${id} cannot be imported; declare it, and pgkeep makes it`);
    const { assignment } = props;
    return this.connected(assignment, async (client) => {
      const vms = await lookUp(client, assignment.virtualMachines);
      const tagged = vms.filter((vm) => hasTag(vm, assignment)).map(({ asked }) => asked);
      return tagged.length === 0 ? {} : { id, props: { ...props, tagged } };
    });
  }

  delete(_id: string, { assignment }: TagState): Promise<void> {
    return this.connected(assignment, async (client) => {
      const vms = await lookUp(client, assignment.virtualMachines);
      await changeTag(client, { tag: assignment, apply: [], remove: having(vms, assignment) });
    });
  }

  private connected<T>({ manager }: VmTag, work: (client: ManagerClient) => Promise<T>): Promise<T> {
    return withClient(new ManagerClient(manager, this.environment, this.timing), work);
  }
}

/** VMs of the state that are not declared any more, tagged or not at the last refresh. */
function leftOut({ assignment, tagged }: TagState, { virtualMachines }: VmTag): string[] {
  return [...new Set([...assignment.virtualMachines, ...tagged])].filter(
    (id) => !virtualMachines.includes(id),
  );
}

function having(vms: readonly KnownVm[], tag: VmTag): string[] {
  return vms.filter((vm) => hasTag(vm, tag)).map(({ externalId }) => externalId);
}

function without(vms: readonly KnownVm[], tag: VmTag): string[] {
  return vms.filter((vm) => !hasTag(vm, tag)).map(({ externalId }) => externalId);
}
