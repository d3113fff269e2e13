import { z } from "zod";
import { give } from "../declaration/remedy.js";
import { credentialsField, serverFields } from "../rest/server-schema.js";

/** How to reach an NSX Manager; strict, so that no password finds a place in it. */
export const managerSchema = z.strictObject({
  ...serverFields,
  authentication: z.enum(["session", "basic"]).default("session"),
  credentials: credentialsField("PGKEEP_NSX"),
});

export type NsxManager = z.output<typeof managerSchema>;

/** An id that NSX accepts, also with two others before it, and that stands in a URL and a path as it is. */
export const objectId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/,
    give("1 to 80 letters, digits, dots, hyphens and underscores, without / and &"),
  );
