import type { Answer, Fields } from "../common/answers.js";
import { badRequest, fieldsOf, listOf, notFound, NsxRefusal } from "./answers.js";

export interface VmTag {
  readonly scope: string;
  readonly tag: string;
}

/** A VM that NSX learned from vCenter. */
export interface InventoryVm {
  readonly externalId: string;
  readonly displayName: string;
  /** Such as `biosUuid:…` and `instanceUuid:…`. */
  readonly computeIds: readonly string[];
  readonly tags: readonly VmTag[];
}

interface Operation {
  readonly fields: Fields;
  readonly startedAt: number;
}

/** VMs with their tags, and operations on tags, which take a while. */
export class Inventory {
  private readonly vms: Map<string, InventoryVm>;
  private readonly operations = new Map<string, Operation>();
  /** External ids whose tags cannot be changed. */
  readonly stubborn = new Set<string>();

  constructor(
    vms: readonly InventoryVm[],
    private readonly delay: number,
  ) {
    this.vms = new Map(vms.map((vm) => [vm.externalId, vm]));
  }

  add(vm: InventoryVm): void {
    this.vms.set(vm.externalId, vm);
  }

  has(externalId: string): boolean {
    return this.vms.has(externalId);
  }

  remove(externalId: string): void {
    this.vms.delete(externalId);
  }

  tagsOf(externalId: string): readonly VmTag[] {
    return this.vms.get(externalId)?.tags ?? [];
  }

  /** Replaces all tags of a VM. */
  setTags(externalId: string, tags: readonly VmTag[]): void {
    const vm = this.vms.get(externalId);
    if (vm === undefined) throw notFound(externalId);
    this.vms.set(externalId, { ...vm, tags });
  }

  list(): Fields[] {
    return [...this.vms.values()].map(({ externalId, displayName, computeIds, tags }) => ({
      resource_type: "VirtualMachine",
      external_id: externalId,
      display_name: displayName,
      compute_ids: computeIds,
      tags,
    }));
  }

  /** `PUT /infra/tags/tag-operations/{id}`. Only the published fields, only virtual machines. */
  start(id: string, body: unknown): Answer {
    const { tag, apply_to: apply, remove_from: remove, ...more } = fieldsOf(body, "the body");
    const unknown = Object.keys(more).find(
      (key) =>
        !["id", "display_name", "description", "resource_type", "tags"].includes(key) && !key.startsWith("_"),
    );
    if (unknown !== undefined)
      throw badRequest(`Unrecognized field "${unknown}" in TagBulkOperation, not marked as ignorable`);
    if (this.operations.has(id))
      throw new NsxRefusal(400, `Cannot create an object with path=[${id}] as it already exists.`, 500127);
    const value = readTag(tag);
    const [applied, removed] = [idsIn(apply, "apply_to"), idsIn(remove, "remove_from")];
    if (applied.length + removed.length === 0) throw badRequest("neither apply_to nor remove_from is given");
    const without = (tags: readonly VmTag[]): VmTag[] =>
      tags.filter((one) => one.scope !== value.scope || one.tag !== value.tag);
    for (const vm of applied) this.change(vm, (tags) => [...without(tags), value]);
    for (const vm of removed) this.change(vm, without);
    const fields = { ...(body as Fields), id, resource_type: "TagBulkOperation", _revision: 0 };
    this.operations.set(id, { fields, startedAt: Date.now() });
    return { status: 200, body: fields };
  }

  operation(id: string): Answer {
    return { status: 200, body: this.find(id).fields };
  }

  status(id: string): Answer {
    const { fields, startedAt } = this.find(id);
    const running = Date.now() - startedAt < this.delay;
    const each = (part: unknown): Fields[] => [
      {
        resource_type: "VirtualMachine",
        resource_tag_status: idsIn(part, "part").map((vm) => ({
          resource_id: vm,
          tag_status: this.fails(vm) ? "Error" : "Success",
          ...(this.fails(vm) ? { details: `tags of ${vm} cannot be changed` } : {}),
        })),
      },
    ];
    const all = [...idsIn(fields["apply_to"], "apply_to"), ...idsIn(fields["remove_from"], "remove_from")];
    return {
      status: 200,
      body: {
        path: `/infra/tags/tag-operations/${id}`,
        tag: fields["tag"],
        status: running ? "Running" : all.some((vm) => this.fails(vm)) ? "Error" : "Success",
        ...(running ? {} : { apply_to: each(fields["apply_to"]), remove_from: each(fields["remove_from"]) }),
      },
    };
  }

  private fails(externalId: string): boolean {
    return this.stubborn.has(externalId) || !this.vms.has(externalId);
  }

  private change(externalId: string, edit: (tags: readonly VmTag[]) => readonly VmTag[]): void {
    const vm = this.vms.get(externalId);
    if (vm !== undefined && !this.stubborn.has(externalId))
      this.vms.set(externalId, { ...vm, tags: edit(vm.tags) });
  }

  private find(id: string): Operation {
    const operation = this.operations.get(id);
    if (operation === undefined) throw notFound(`/infra/tags/tag-operations/${id}`);
    return operation;
  }
}

/** `POST …/virtual-machines?action=update_tags`, which replaces the whole list. */
export function replaceTags(inventory: Inventory, body: unknown): Answer {
  const { virtual_machine_id: id, tags } = fieldsOf(body, "the body");
  inventory.setTags(String(id), listOf(tags, "tags").map(readTag));
  return { status: 204 };
}

function readTag(value: unknown): VmTag {
  const { scope, tag, ...more } = fieldsOf(value, "tag");
  if (Object.keys(more).length > 0 || typeof scope !== "string" || typeof tag !== "string")
    throw badRequest("tag is not a scope and a tag");
  if (scope.length > 128 || tag.length > 256) throw badRequest("tag is too long");
  return { scope, tag };
}

function idsIn(part: unknown, at: string): string[] {
  return listOf(part ?? [], at).flatMap((one) => {
    const { resource_type: type, resource_ids: ids } = fieldsOf(one, at);
    if (type !== "VirtualMachine") throw badRequest(`${at} is about something else than virtual machines`);
    return listOf(ids, at).map(String);
  });
}
