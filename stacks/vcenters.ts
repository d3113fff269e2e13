import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { DeclarationError, type Problem, type VmwareEnvironment } from "../components/declaration/index.js";
import type { VcenterAccess } from "../components/vsphere/index.js";

const KEY = "pgkeep:vcenters";
const REMEDY =
  "a mapping from each vCenter Server to deployer and operations, each with user and password, through `pulumi config set --secret pgkeep:vcenters`";

const account = z.strictObject({
  user: z.string().regex(/^[^\s@]+@[^\s@]+$/),
  // govc reads it from a file of one line.
  password: z.string().regex(/^\P{Cc}{8,}$/u),
});
const vcentersSchema = z.record(z.string(), z.strictObject({ deployer: account, operations: account }));

/**
 * Accounts of the vCenter Servers that an environment names.
 *
 * @param text the configuration's value
 * @param encrypted whether it is stored encrypted
 * @throws DeclarationError that names what is missing and never shows a value
 */
export function readVcenters(
  { vmware }: VmwareEnvironment,
  text: string | undefined,
  encrypted: boolean,
): Record<string, VcenterAccess> {
  if (text === undefined) throw refused([], "is missing", "(nothing)");
  if (!encrypted) throw refused([], "is stored in clear");
  const given = vcentersSchema.safeParse(parse(text));
  if (!given.success)
    throw new DeclarationError(
      given.error.issues.map(({ path }) => hidden(path, `is unusable: ${rule(path)}`)),
    );
  const servers = [...new Set(vmware.sites.map(({ vcenter }) => vcenter))];
  const problems = [
    ...servers
      .filter((server) => !Object.hasOwn(given.data, server))
      .map((server) => hidden([server], "is missing although a site is there")),
    ...Object.keys(given.data)
      .filter((server) => !servers.includes(server))
      .map((server) => hidden([server], "is the vCenter Server of no site")),
  ];
  if (problems.length > 0) throw new DeclarationError(problems);
  return Object.fromEntries(
    Object.entries(given.data).map(([server, { deployer, operations }]) => [
      server,
      {
        deployer: { user: deployer.user, password: pulumi.secret(deployer.password) },
        operations: { user: operations.user, password: pulumi.secret(operations.password) },
      },
    ]),
  );
}

function rule(path: readonly PropertyKey[]): string {
  switch (path.at(-1)) {
    case "user":
      return "a user is written user@domain";
    case "password":
      return "a password has 8 characters at least, and no control character";
    default:
      return "it has not the right form";
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw refused([], "is not a mapping");
  }
}

function refused(path: readonly PropertyKey[], problem: string, value?: string): DeclarationError {
  return new DeclarationError([hidden(path, problem, value)]);
}

function hidden(path: readonly PropertyKey[], problem: string, value = "(hidden)"): Problem {
  return { path: [KEY, ...path.map(String)].join("."), value, problem, remedy: REMEDY };
}
