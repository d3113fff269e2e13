import assert from "node:assert/strict";
import { parseVmTag, type VmTag } from "../../components/nsx/tag-schema.js";
import { requireParsed } from "../../components/dynamic/parse.js";
import { TagProvider, type TagInputs, type TagState } from "../../components/nsx/provider/index.js";
import type { InventoryVm, NsxEndpoint } from "../../lab/endpoints/nsx/index.js";
import { callAsAdministrator, ENVIRONMENT, FAST, outsOf, startEndpoint } from "./samples.js";

const FOREIGN = { scope: "backup", tag: "daily" };
const OURS = { scope: "role", tag: "postgresql" };

function vm(name: string, tags = [FOREIGN]): InventoryVm {
  return {
    externalId: `external-${name}`,
    displayName: name,
    computeIds: [`moIdOnHost:vm-${name}`, `biosUuid:4230-${name}`, `instanceUuid:5030-${name}`],
    tags,
  };
}

describe("tags of VMs against the endpoint", () => {
  let endpoint: NsxEndpoint;

  beforeEach(async () => {
    endpoint = await startEndpoint({
      tagDelay: 10,
      pageSize: 2,
      virtualMachines: ["a", "b", "c"].map((n) => vm(n)),
    });
  });
  afterEach(() => endpoint.close());

  const tags = (): TagProvider => new TagProvider(ENVIRONMENT, FAST);
  const inputs = (virtualMachines: readonly string[], change: Partial<VmTag> = {}): TagInputs => {
    const manager = { address: "127.0.0.1", port: endpoint.port, caCertificate: endpoint.authority };
    return {
      assignment: requireParsed(
        parseVmTag({ manager, ...OURS, virtualMachines: [...virtualMachines], ...change }),
      ),
    };
  };
  const create = async (...vms: readonly string[]): Promise<TagState> =>
    outsOf(await tags().create(inputs(vms)));
  const tagged = (): string[] =>
    ["a", "b", "c"].filter((name) =>
      endpoint.manager.inventory.tagsOf(`external-${name}`).some(({ tag }) => tag === OURS.tag),
    );
  const assertForeignTags = (): void => {
    for (const name of ["a", "b", "c"])
      assert.deepEqual(
        endpoint.manager.inventory.tagsOf(`external-${name}`).filter(({ tag }) => tag !== OURS.tag),
        [FOREIGN],
        name,
      );
  };

  it("adds the tag by any id of a VM, changes it on others, removes it, and keeps every other tag", async () => {
    const state = await create("4230-a", "5030-B");
    assert.deepEqual(tagged(), ["a", "b"]);
    assertForeignTags();
    const next = outsOf(await tags().update("", state, inputs(["5030-B", "external-c"])));
    assert.deepEqual(tagged(), ["b", "c"]);
    assertForeignTags();
    await tags().delete("", next);
    assert.deepEqual(tagged(), []);
    assertForeignTags();
    assert.deepEqual(
      endpoint.calls.filter(({ url }) => url.includes("update_tags")),
      [],
      "the list of tags is never replaced",
    );
  });

  it("leaves a VM alone that is only named differently", async () => {
    const state = await create("4230-a");
    await tags().update("", state, inputs(["external-a"]));
    assert.deepEqual(tagged(), ["a"]);
  });

  it("finds a tag that was removed behind its back, and puts it right", async () => {
    const state = await create("4230-a", "4230-b");
    assert.deepEqual((await tags().read("x", state)).props, state);
    await callAsAdministrator(
      endpoint,
      "POST",
      "/infra/realized-state/enforcement-points/default/virtual-machines?action=update_tags",
      { virtual_machine_id: "external-b", tags: [FOREIGN] },
    );
    const { props } = await tags().read("x", state);
    assert.deepEqual(props?.tagged, ["4230-a"]);
    const wanted = inputs(["4230-a", "4230-b"]);
    assert.deepEqual(await tags().diff("x", props as TagState, wanted), { changes: true });
    const next = outsOf(await tags().update("x", props as TagState, wanted));
    assert.deepEqual(tagged(), ["a", "b"]);
    assert.deepEqual(await tags().diff("x", next, wanted), { changes: false });
  });

  it("replaces for another tag, the new one first", async () => {
    const state = await create("4230-a");
    assert.deepEqual(await tags().diff("x", state, inputs(["4230-a"], { tag: "other" })), {
      changes: true,
      replaces: ["assignment"],
      deleteBeforeReplace: false,
    });
  });

  it("gets over a lost answer to its operation, a busy manager and an expired session", async () => {
    const put = { method: "PUT", path: /tag-operations/ } as const;
    endpoint.inject({ ...put, fault: { kind: "drop-after" } });
    const state = await create("4230-a");
    assert.deepEqual(tagged(), ["a"]);
    endpoint.inject({ ...put, fault: { kind: "drop-before" } });
    endpoint.inject({ ...put, fault: { kind: "status", status: 503 } });
    endpoint.inject({ ...put, fault: { kind: "expire" } });
    await tags().delete("", state);
    assert.deepEqual(tagged(), []);
    assertForeignTags();
  });

  it("waits for a VM that NSX does not know yet, and names one that it never will", async () => {
    const inventory = { method: "GET", path: /virtual-machines/ } as const;
    const act = (): void => {
      endpoint.manager.inventory.add(vm("d"));
    };
    // Two pages, in vain; then it is there.
    endpoint.inject({ ...inventory, times: 2, fault: { kind: "slow", milliseconds: 0 } });
    endpoint.inject({ ...inventory, fault: { kind: "meanwhile", act } });
    await tags().create(inputs(["4230-d"]));
    assert.deepEqual(endpoint.manager.inventory.tagsOf("external-d").at(-1), OURS);
    await assert.rejects(create("4230-a", "4230-x"), /NSX knows no VM 4230-x;/);
    endpoint.manager.inventory.add({ ...vm("e"), computeIds: ["biosUuid:4230-a"] });
    await assert.rejects(create("4230-a"), /NSX knows 2 VMs as 4230-a; give the external id/);
  });

  it("says which VM could not be tagged, and keeps the rest in the state", async () => {
    endpoint.manager.inventory.stubborn.add("external-b");
    await assert.rejects(create("4230-a", "4230-b"), (error: Error & { id?: string }) => {
      assert.match(error.message, /could not tag every VM: external-b: tags of external-b cannot be changed/);
      assert.equal(error.id, "role|postgresql");
      return true;
    });
  });

  it("forgets VMs that are gone", async () => {
    const state = await create("4230-a", "4230-b");
    endpoint.manager.inventory.remove("external-b");
    await tags().delete("", state);
    assert.deepEqual(tagged(), []);
    assert.deepEqual(await tags().read("x", state), {});
  });

  it("finds what is wrong with the arguments, all at once", async () => {
    const wrong = { ...inputs(["4230-a"]).assignment, scope: "a|b", virtualMachines: ["a", "a", "b/c"] };
    const { failures = [] } = await tags().check(inputs(["4230-a"]), { assignment: wrong });
    assert.deepEqual(failures.map(({ property }) => property).toSorted(), [
      "scope",
      "virtualMachines[1]",
      "virtualMachines[2]",
    ]);
  });
});
