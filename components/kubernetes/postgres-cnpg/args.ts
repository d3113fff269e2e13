import { z } from "zod";
import type { Cnpg, KubernetesEnvironment } from "../../declaration/index.js";
import { membersAt } from "../../postgres/index.js";
import { checked } from "../checked.js";

/** An environment that `parseEnvironment` has checked. */
const environment = z.custom<KubernetesEnvironment>(
  (value) => typeof value === "object" && value !== null && "kubernetes" in value,
  { message: "is no environment on Kubernetes", params: { remedy: "what parseEnvironment gives" } },
);

const schema = z.strictObject({
  name: z.string(),
  environment,
  site: z.string(),
  protect: z.boolean().default(true),
});

/** What is made, every default filled in. */
export interface CnpgPlan {
  readonly environment: KubernetesEnvironment;
  readonly cnpg: Cnpg;
  readonly site: string;
  readonly protect: boolean;
}

/** @throws TypeError with every problem */
export function readPostgresCnpg(name: string, args: object): CnpgPlan {
  const given = checked(`PostgresCnpg ${name}`, schema, { ...args, name }, (all, refuse) => {
    const { engine, sites, cnpg } = all.environment.kubernetes;
    if (engine !== "cnpg")
      refuse(
        ["environment", "kubernetes", "engine"],
        "is another engine",
        "cnpg, or use PostgresStatefulSet",
      );
    else if (cnpg === undefined)
      refuse(["environment", "kubernetes", "cnpg"], "is missing", "secrets and store, by name");
    const places = sites.map((each) => each.site);
    if (!places.includes(all.site)) refuse(["site"], "has no cluster", `one of ${places.join(", ")}`);
    else if (membersAt(all.environment, all.site).length === 0)
      refuse(["site"], "has no member", "a site with members");
  });
  const { cnpg } = given.environment.kubernetes;
  if (cnpg === undefined) throw new TypeError(`PostgresCnpg ${name}: the environment was not checked`);
  return { environment: given.environment, cnpg, site: given.site, protect: given.protect };
}
