import { z } from "zod";
import { parseWith, type Parsed } from "../dynamic/parse.js";
import { sitesSchema } from "./client/sites-schema.js";
import { checkDistinct, inventoryId, isElsewhere, reporter, timeout } from "./fields-schema.js";
import { PAGE } from "./group-schema.js";
import { compareText } from "./stable.js";

const pair = z.strictObject({ protected: inventoryId, recovery: inventoryId });

/** Kinds of mappings as they are declared, with the folder that SRM keeps them in. */
export const FOLDERS = { networks: "networks", folders: "folders", resources: "resources" } as const;
type Kind = keyof typeof FOLDERS;
export const MAPPED = Object.keys(FOLDERS) as [Kind, ...Kind[]];

/** Inventory mappings as declared: what stands for what at the other site. */
export const mappingsSchema = z
  .strictObject({
    sites: sitesSchema,
    networks: z.array(pair).min(1),
    folders: z.array(pair).min(1),
    resources: z.array(pair).min(1),
    reverse: z.boolean().default(true),
    timeout,
  })
  .superRefine(({ sites, reverse, ...lists }, context) => {
    const report = reporter(context);
    for (const kind of MAPPED) {
      const ends = reverse ? (["protected", "recovery"] as const) : (["protected"] as const);
      for (const end of ends)
        checkDistinct(
          lists[kind].map((one) => one[end]),
          [kind],
          end,
          report,
        );
      lists[kind].forEach((one, i) => {
        for (const end of ["protected", "recovery"] as const)
          if (isElsewhere(one[end], sites[end].vcenter))
            report([kind, i, end], `is not at the ${end} site`, `an object of sites.${end}.vcenter`);
      });
    }
  });

export type MappingsDeclaration = z.output<typeof mappingsSchema>;

/** One mapping of a site. */
export interface MappingFact {
  /** Site whose SRM keeps it: the one that protects. */
  readonly at: "protected" | "recovery";
  readonly kind: Kind;
  readonly source: string;
  readonly target: string;
}

/** Reads inventory mappings and checks them. */
export function parseMappings(input: unknown): Parsed<MappingsDeclaration> {
  return parseWith(mappingsSchema, input, PAGE);
}

/** The mappings of both directions: without the way back, nothing could be reprotected. */
export function wantedMappings(declared: MappingsDeclaration): MappingFact[] {
  return MAPPED.flatMap((kind) =>
    declared[kind].flatMap(({ protected: from, recovery: to }): MappingFact[] => [
      { at: "protected", kind, source: from, target: to },
      ...(declared.reverse ? [{ at: "recovery", kind, source: to, target: from } as const] : []),
    ]),
  ).toSorted((a, b) => compareText(keyOf(a), keyOf(b)));
}

/** What a mapping is known by: a source is mapped once. */
export function keyOf({ at, kind, source }: MappingFact): string {
  return `${at} ${kind} ${source}`;
}
