import { z } from "zod";
import { give } from "../declaration/remedy.js";

const HOST = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$|^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$/;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;

/** How a server of an API is reached; to be used in a strict object, so that no password finds a place beside it. */
export const serverFields = {
  address: z.string().regex(HOST, give("a name or address, without scheme and path")),
  port: z.number().int().min(1).max(65535).default(443),
  caCertificate: z.string().regex(PEM, give("certificates in PEM")).optional(),
} as const;

/** First part of the names of the environment variables with user and password. */
export function credentialsField(example: string): z.ZodDefault<z.ZodString> {
  return z
    .string()
    .regex(
      /^[A-Z][A-Z0-9_]{0,63}$/,
      give(`the first part of the variables' names, such as ${example}: capitals, digits and _`),
    )
    .default(example);
}
