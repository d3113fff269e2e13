import { ApiError } from "../../rest/errors.js";
import { pathOf } from "../client/site-client.js";
import {
  FOLDERS,
  keyOf,
  MAPPED,
  parseMappings,
  wantedMappings,
  type MappingFact,
  type MappingsDeclaration,
} from "../mappings-schema.js";
import { compareText } from "../stable.js";
import type { Kind, Work } from "./kind.js";
import { inRounds, noting } from "./rounds.js";

type MappingsWork = Work<MappingsDeclaration, readonly MappingFact[]>;

interface Stored extends MappingFact {
  readonly id: string;
}

/** Site-wide mappings. Others of the same sites are never touched; one that was there before is used, and stays. */
export const mappingsKind: Kind<MappingsDeclaration, readonly MappingFact[]> = {
  name: "inventory mappings",
  parse: parseMappings,
  replaces: (was, is) =>
    was.sites.protected.vcenter !== is.sites.protected.vcenter ||
    was.sites.recovery.vcenter !== is.sites.recovery.vcenter,
  wanted: wantedMappings,
  async find(work) {
    const { pairing, facts } = await shown(work);
    return facts.length === 0 ? undefined : { id: pairing, facts };
  },
  async apply(work) {
    const srm = work.srm();
    const wanted = wantedMappings(work.declared);
    return inRounds(srm, async () => {
      const present = await readAll(work);
      const other = wanted.filter((one) =>
        present.some(
          (there) =>
            keyOf(there) === keyOf(one) && there.target !== one.target && !work.progress.made.has(keyOf(one)),
        ),
      );
      if (other.length > 0)
        throw new ApiError(
          "refused",
          `${other.map(({ source }) => source).join(", ")} is mapped to something else already; ` +
            "declare it as it is, or remove that mapping in SRM",
        );
      const right = (one: MappingFact): boolean =>
        wanted.some((need) => keyOf(need) === keyOf(one) && need.target === one.target);
      // Of ours, what is not declared any more; never somebody else's.
      for (const one of present.filter((there) => work.progress.made.has(keyOf(there)) && !right(there)))
        await remove(work, one);
      for (const one of wanted) {
        if (present.some((there) => keyOf(there) === keyOf(one) && right(there))) continue;
        work.progress.made.add(keyOf(one));
        await noting(work.progress, async () => {
          await srm.write("POST", await folderOf(work, one), {
            mapping_source_object: one.source,
            mapping_target_object: one.target,
          });
        });
      }
      const { pairing, facts } = await shown(work);
      if (facts.length < wanted.length)
        throw new ApiError("conflict", "SRM took the inventory mappings but does not show all of them");
      return { id: pairing, facts };
    });
  },
  async remove(work) {
    await inRounds(work.srm(), async () => {
      for (const one of await readAll(work)) if (work.progress.made.has(keyOf(one))) await remove(work, one);
    });
  },
};

/** The declared mappings, as they are now. */
async function shown(work: MappingsWork): Promise<{ pairing: string; facts: MappingFact[] }> {
  const keys = new Set(wantedMappings(work.declared).map(keyOf));
  const facts = (await readAll(work))
    .filter((one) => keys.has(keyOf(one)))
    .map(({ id: _id, ...fact }) => fact)
    .toSorted((a, b) => compareText(keyOf(a), keyOf(b)));
  return { pairing: (await work.srm().pairing()).id, facts };
}

async function readAll(work: MappingsWork): Promise<Stored[]> {
  const found: Stored[] = [];
  for (const at of ["protected", "recovery"] as const)
    for (const kind of MAPPED) {
      const folder = await folderOf(work, { at, kind });
      for (const { id, primary_object: source, secondary_object: target } of await work.srm().all(folder))
        found.push({ id: String(id), at, kind, source: String(source), target: String(target) });
    }
  return found;
}

async function remove(work: MappingsWork, one: Stored): Promise<void> {
  await noting(work.progress, async () => {
    await work.srm().write("DELETE", `${await folderOf(work, one)}${pathOf(one.id)}`);
  });
  work.progress.made.delete(keyOf(one));
}

async function folderOf(work: MappingsWork, { at, kind }: Pick<MappingFact, "at" | "kind">): Promise<string> {
  const { localSrm, remoteSrm } = await work.srm().pairing();
  return `/srms${pathOf(at === "recovery" ? localSrm : remoteSrm)}/inventory-mappings/${FOLDERS[kind]}`;
}
