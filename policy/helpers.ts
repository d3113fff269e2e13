/** Name of the policy that looks which properties are Pulumi secrets; it changes nothing. */
export const SECRET_PROBE = "secret-probe";
/** Name of the policy that tells of exemptions that nothing needs. */
export const UNUSED_EXEMPTIONS = "exemptions-in-use";
