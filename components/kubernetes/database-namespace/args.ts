import { z } from "zod";
import { matching, size, text } from "../../declaration/units.js";
import { checked } from "../checked.js";

/** A name of the API: lower-case letters, digits and hyphens. */
export const objectName = matching(
  /^[a-z]([a-z0-9-]{0,51}[a-z0-9])?$/,
  "at most 53 lower-case letters, digits and hyphens, beginning with a letter",
);

/** Where workloads never stand: what is granted there is granted to everybody, or to the cluster itself. */
const SHARED = /^(?:default|kube-.*|velero|falco)$/;

const SYSTEM = "a namespace of the database's own";

const version = text("such as v1.34").regex(/^v1\.\d{2}$/, {
  error: "give: a version of Kubernetes such as v1.34; latest would change with every upgrade of the cluster",
});

const schema = z.strictObject({
  namespace: objectName,
  podSecurityVersion: version.default("v1.34"),
  accounts: z.array(objectName).max(20).default([]),
  quota: z.strictObject({
    cpus: z.number().positive().max(4096),
    memory: size({ min: "512 MiB", max: "64 TiB" }),
    storage: size({ min: "1 GiB", max: "4096 TiB" }),
    ephemeral: size({ min: "1 GiB", max: "64 TiB" }).prefault("64 GiB"),
    pods: z.int().min(1).max(1000).default(30),
    claims: z.int().min(1).max(1000).default(30),
    loadBalancers: z.int().min(0).max(20).default(0),
  }),
  most: z
    .strictObject({ cpus: z.number().positive().max(256), memory: size({ min: "64 MiB", max: "4 TiB" }) })
    .optional(),
  protect: z.boolean().default(true),
});

export type DatabaseNamespacePlan = z.output<typeof schema>;

/** @throws TypeError with everything that is wrong */
export function readDatabaseNamespace(name: string, args: unknown): DatabaseNamespacePlan {
  return checked(`DatabaseNamespace ${name}`, schema, args, (plan, refuse) => {
    if (SHARED.test(plan.namespace)) refuse(["namespace"], "is shared with others", SYSTEM);
    plan.accounts.forEach((account, i) => {
      if (account === "default")
        refuse(["accounts", i], "is every pod's that names none", "a name of the workload's");
      if (plan.accounts.indexOf(account) !== i)
        refuse(["accounts", i], "is used twice as an account", "another, unique one");
    });
    const { most, quota } = plan;
    if (most !== undefined && most.cpus > quota.cpus)
      refuse(["most", "cpus"], "is more than the whole namespace may have", `at most ${quota.cpus}`);
    if (most !== undefined && most.memory > quota.memory)
      refuse(["most", "memory"], "is more than the whole namespace may have", "at most quota.memory");
  });
}
