import { randomUUID } from "node:crypto";
import type { Fields } from "../common/answers.js";
import { notFound, SrmRefusal } from "./answers.js";
import { paged, type Call, type Route } from "./service.js";
import { MAPPING_KINDS, type MappingKind, type Site } from "./world.js";

/** Operations on the site-wide mappings. */
export const MAPPING_ROUTES: readonly Route[] = MAPPING_KINDS.flatMap((kind): Route[] => {
  const path = `/srms/{}/inventory-mappings/${kind}`;
  const edit = "VcDr.InventoryMapper.com.vmware.vcDr.Edit";
  return [
    {
      method: "GET",
      path,
      remote: true,
      answer: (call) => paged(call, mappingsOf(call, kind)),
    },
    {
      method: "POST",
      path,
      body: kind === "test-networks" ? "testNetwork" : "mapping",
      privilege: edit,
      remote: true,
      answer: (call) => {
        const [source, target] =
          kind === "test-networks"
            ? [call.fields["target_network"], call.fields["test_network"]]
            : [call.fields["mapping_source_object"], call.fields["mapping_target_object"]];
        const list = siteOf(call).mappings[kind];
        if (list.some((one) => one.source === source))
          throw new SrmRefusal(400, `${String(source)} is mapped already`, "ALREADY_EXISTS");
        list.push({ id: randomUUID(), source: String(source), target: String(target) });
        return { status: 204 };
      },
    },
    {
      method: "DELETE",
      path: `${path}/{}`,
      privilege: edit,
      remote: true,
      answer: (call) => {
        const { mappings: all } = siteOf(call);
        if (!all[kind].some(({ id }) => id === call.path[1])) throw notFound(`Mapping ${call.path[1] ?? ""}`);
        all[kind] = all[kind].filter(({ id }) => id !== call.path[1]);
        return { status: 204 };
      },
    },
  ];
});

function siteOf({ world, path }: Call): Site {
  const site = world.sites.find(({ srmId }) => srmId === path[0]);
  if (site === undefined) throw notFound(`SRM ${path[0] ?? ""}`);
  return site;
}

function mappingsOf(call: Call, kind: MappingKind): Fields[] {
  return siteOf(call).mappings[kind].map(({ id, source, target }) =>
    kind === "test-networks"
      ? { id, target_network: source, test_network: target }
      : { id, primary_object: source, secondary_object: target, reverse_mapping_type: "NO" },
  );
}
