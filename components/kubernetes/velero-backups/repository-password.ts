import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/** Where Velero looks for it, in its own namespace. */
export const REPOSITORY_SECRET = { name: "velero-repo-credentials", key: "repository-password" } as const;

/** What Velero writes there itself when it finds nothing: everybody can read it in its source. */
const WELL_KNOWN = "static-passw0rd";

const SHORTEST = 24;

const REMEDY = `a random password of ${SHORTEST} characters or more, from a Pulumi secret`;

/** Why a password does not serve; undefined when it does. It is not shown. */
function fault(password: string): string | undefined {
  if (password === WELL_KNOWN) return "is the one that Velero ships with, which everybody knows";
  if (password.length < SHORTEST) return "is too short";
  return /^[\x21-\x7e]+$/.test(password) ? undefined : "holds white space or signs outside ASCII";
}

/** The password of the repositories, as it is given. */
export const repositoryPassword: z.ZodType<pulumi.Input<string>> = z
  .custom<pulumi.Input<string>>((value) => pulumi.Output.isInstance(value) || typeof value === "string", {
    message: "is missing: without one Velero takes a password that everybody knows",
    params: { remedy: REMEDY },
  })
  .superRefine((value, context) => {
    const message = typeof value === "string" ? fault(value) : undefined;
    if (message !== undefined) context.addIssue({ code: "custom", message, params: { remedy: REMEDY } });
  });

/** The password as a secret; what the engine knows only later is judged then. */
export function judgedPassword(component: string, password: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.secret(password).apply((known) => {
    const problem = fault(known);
    if (problem === undefined) return known;
    throw new TypeError(`${component}:\n  repositoryPassword: (hidden) ${problem}; give ${REMEDY}`);
  });
}
