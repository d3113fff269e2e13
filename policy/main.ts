import { PolicyPack } from "@pulumi/policy";
import { policies } from "./pack.js";
import { RULES } from "./rules.js";

// The engine loads this file as the entry point of the pack.
new PolicyPack("pgkeep-baseline", {
  displayName: "pgkeep baseline",
  description: "Security and recovery baseline for PostgreSQL on virtual machines",
  enforcementLevel: "mandatory",
  policies: policies(RULES),
});
