import type { PlatformRoles } from "../../declaration/index.js";

/**
 * Rights on a domain of the environment, beside reading, by role. None of them takes a definition from the caller, which could
 * name any file or device of the hypervisor: that is what `write` and `save` would allow, and `migrate` at its destination.
 */
const DOMAIN_RIGHTS: Readonly<Record<keyof PlatformRoles, readonly string[]>> = {
  auditors: [],
  backupOperators: ["snapshot", "checkpoint", "block-read", "block-write", "fs-freeze"],
  recoveryOperators: ["start", "stop", "reset", "suspend", "init-control"],
};

const ROLES = ["auditors", "backupOperators", "recoveryOperators"] as const;

/**
 * Who may do what through libvirt. Effective with `access_drivers = [ "polkit" ]` in libvirtd.conf. Everything that is not
 * listed is refused to everybody but root and the deployer's account, also what libvirt allows by default.
 */
export function polkitRules(roles: PlatformRoles, domains: readonly string[], deployer: string): string {
  const table = ROLES.map(
    (role) => `  { accounts: ${list(roles[role])}, rights: ${list(DOMAIN_RIGHTS[role])} }`,
  );
  return `// pgkeep: rights on libvirt by role; written by pgkeep, changes are lost.
var pgkeepDeployer = ${JSON.stringify(deployer)};
var pgkeepDomains = ${list(domains)};
var pgkeepRoles = [
${table.join(",\n")}
];

polkit.addRule(function (action, subject) {
  if (action.id.indexOf("org.libvirt.") !== 0 || subject.user === "root") return polkit.Result.NOT_HANDLED;
  // It becomes root on this host anyway, and libvirt's own default would refuse it.
  if (subject.user === pgkeepDeployer) return polkit.Result.YES;
  var role = pgkeepRoles.filter(function (candidate) {
    return candidate.accounts.indexOf(subject.user) >= 0;
  })[0];
  if (!role) return polkit.Result.NO;
  if (action.id === "org.libvirt.unix.monitor") return polkit.Result.YES;
  // A connection that may change something; what it may change is decided below.
  if (action.id === "org.libvirt.unix.manage") return role.rights.length > 0 ? polkit.Result.YES : polkit.Result.NO;
  var right = action.id.split(".").slice(3);
  if (/^(getattr|read|search-.*)$/.test(right[1])) return polkit.Result.YES;
  if (right[0] !== "domain" || role.rights.indexOf(right[1]) < 0) return polkit.Result.NO;
  return pgkeepDomains.indexOf(action.lookup("domain_name")) >= 0 ? polkit.Result.YES : polkit.Result.NO;
});
`;
}

function list(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(", ")}]`;
}
