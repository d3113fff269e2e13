import fc from "fast-check";
import type { Login, ModelInput } from "../../../components/access/index.js";

export const DATABASES = ["shop", "all", "replication", 'od"d', "postgres"] as const;
export const ROLES = ["app", "ro", "replicator", "replication", "postgres"] as const;

/** Logins of which some are named by rules, some look like keywords, and some are nobody's. */
export const logins: fc.Arbitrary<Login> = fc.record({
  database: fc.constantFrom(...DATABASES),
  role: fc.constantFrom(...ROLES),
  replication: fc.boolean(),
  tls: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  certificate: fc.boolean(),
});

type RuleInput = NonNullable<ModelInput["rules"]>[number];

/** Every second rule is about all services and names logins, so that the server is called often. */
export function callsServer(rule: RuleInput, i: number): RuleInput {
  const logins = [
    { database: "shop", role: "app" },
    { role: "replicator" },
    { database: "all", role: "app" },
  ];
  return i % 2 === 0 ? { ...rule, services: "any", logins: [...(rule.logins ?? []), ...logins] } : rule;
}
