import { z } from "zod";
import { give } from "../declaration/remedy.js";

const HOST = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$|^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$/;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;

/** How to reach an NSX Manager; strict, so that no password finds a place in it. */
export const managerSchema = z.strictObject({
  address: z.string().regex(HOST, give("a name or address, without scheme and path")),
  port: z.number().int().min(1).max(65535).default(443),
  caCertificate: z.string().regex(PEM, give("certificates in PEM")).optional(),
  authentication: z.enum(["session", "basic"]).default("session"),
  credentials: z
    .string()
    .regex(
      /^[A-Z][A-Z0-9_]{0,63}$/,
      give("the first part of the variables' names, such as PGKEEP_NSX: capitals, digits and _"),
    )
    .default("PGKEEP_NSX"),
});

export type NsxManager = z.output<typeof managerSchema>;

/** An id that NSX accepts, also with two others before it, and that stands in a URL and a path as it is. */
export const objectId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/,
    give("1 to 80 letters, digits, dots, hyphens and underscores, without / and &"),
  );
