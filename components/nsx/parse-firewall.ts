import { parseWith, type Parsed } from "../dynamic/parse.js";
import { checkFirewall } from "./firewall-checks.js";
import { firewallSchema, type Firewall } from "./firewall-schema.js";

/** Where the settings are described. */
export const PAGE = "docs/nsx.md";

const checked = firewallSchema.superRefine((firewall, context) => {
  checkFirewall(firewall, (path, problem, remedy) => {
    context.addIssue({ code: "custom", path: [...path], message: problem, params: { remedy } });
  });
});

/** Reads a firewall and checks it. */
export function parseFirewall(input: unknown): Parsed<Firewall> {
  return parseWith(checked, input, PAGE);
}
