import { z } from "zod";
import { give } from "../../declaration/remedy.js";
import { credentialsField, serverFields } from "../../rest/server-schema.js";

const guid = z
  .string()
  .regex(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    give("the GUID of the site's vCenter, in lower case, such as 0b3c5a6e-8d2f-4f1a-9c7b-2e4d6f8a1b3c"),
  );

/** One of the two paired sites; strict, so that no password finds a place in it. */
const siteSchema = z.strictObject({
  name: z.string().min(1).max(80),
  vcenter: guid,
  server: z.strictObject(serverFields),
  replication: z.strictObject(serverFields).optional(),
  credentials: credentialsField("PGKEEP_SRM"),
});

/** The pair of sites as it is declared: `protected` is where VMs run before any failover. */
export const sitesSchema = z
  .strictObject({ protected: siteSchema, recovery: siteSchema })
  .superRefine(({ protected: from, recovery: to }, context) => {
    for (const field of ["name", "vcenter"] as const)
      if (from[field] === to[field])
        context.addIssue({
          code: "custom",
          path: ["recovery", field],
          message: "is that of the protected site, too",
          params: { remedy: "the one of the other site" },
        });
  });

export type Site = z.output<typeof siteSchema>;
export type Sites = z.output<typeof sitesSchema>;
export type Side = keyof Sites;

export function otherSide(side: Side): Side {
  return side === "protected" ? "recovery" : "protected";
}
