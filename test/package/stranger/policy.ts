/** The rules, for somebody who builds a pack of their own. */
import * as policy from "pgkeep/policy";

export const rules: object = policy;
