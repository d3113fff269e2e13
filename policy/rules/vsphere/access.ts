import { TYPES } from "../../facts.js";
import type { Node } from "../../node.js";
import { forEach, resourceRule, type Rule, type Subject } from "../../rule.js";

/** Ids that guides and examples name, and that vCenter does not have. */
const INVENTED = new Set(["VirtualMachine.Config.ReadOnly", "VirtualMachine.State.Read"]);
/** Two dots of words, as all ids have them; SRM's go on with a Java name. */
const PRIVILEGE = /^[A-Z]\w*(\.\w+)+$/;

/** Roles that are as good as the administrator's, by the ids that every vCenter gives them. */
const ADMINISTRATORS: Readonly<Record<string, string>> = {
  "-1": "Admin",
  "-6": "NoCryptoAdmin",
  "-7": "TrustedAdmin",
  "-8": "NoTrustedAdmin",
};

/** Two duties that one role must not unite: whoever has both can do harm and remove what would heal or show it. */
const DUTIES: readonly (readonly [one: RegExp, other: RegExp, why: string])[] = [
  [
    /^VirtualMachine\.(Config\.(ChangeTracking|DiskLease)|Provisioning\.(DiskRandomRead|GetVmFiles))$/,
    /^(VirtualMachine\.Inventory\.Delete|Datastore\.DeleteFile)$/,
    "makes backups and deletes VMs",
  ],
  [
    /^VirtualMachine\.GuestOperations\./,
    /^VirtualMachine\.State\.(RemoveSnapshot|RevertToSnapshot)$/,
    "works in the guest and removes its snapshots",
  ],
  [
    /^VcDr\.RecoveryProfile\.com\.vmware\.vcDr\.Run$/,
    /^VcDr\.RecoveryProfile\.com\.vmware\.vcDr\.Failover$/,
    "tests a recovery plan and runs it for real",
  ],
  [
    /^Cryptographer\.(ManageKeys|ManageKeyServers|ManageEncryptionPolicy)$/,
    /^VirtualMachine\.(Interact|State|Config|Provisioning)\./,
    "manages the keys and the VMs that they encrypt",
  ],
];

function privileges({ inputs }: Subject): { readonly id: string; readonly at: Node }[] {
  return inputs
    .list("rolePrivileges")
    .flatMap((at) => (at.unknown || typeof at.value !== "string" ? [] : [{ id: at.value, at }]));
}

/** Roles and permissions of vCenter. */
export const accessRules: readonly Rule[] = [
  resourceRule({
    id: "role-no-wildcards",
    title: "Roles name each privilege.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.role],
    why: "A pattern or a whole group grants what nobody has thought of, and more with the next version.",
    fix: "rolePrivileges with full ids, such as VirtualMachine.State.CreateSnapshot.",
    controls: ["PCI DSS 7.2.2", "SOC 2 CC6.3", "ISO 27001 A.8.2"],
    judge: (role, find) => {
      // An unknown list is a note.
      void role.inputs.at("rolePrivileges").value;
      for (const { id, at } of privileges(role)) {
        if (id.includes("*")) find(`${id} is a pattern`, at);
        else if (!id.includes(".")) find(`${id} is a group of privileges`, at);
      }
    },
  }),
  resourceRule({
    id: "role-privileges-exist",
    title: "Roles name privileges that exist and that can be given.",
    severity: "medium",
    level: "mandatory",
    types: [TYPES.role],
    why: "vCenter refuses an id that it does not know, and gives System.* to every role by itself: naming those shows a difference for ever.",
    fix: "ids from `govc role.ls Admin`; none that begins with System.",
    controls: ["ISO 27001 A.5.18"],
    judge: (role, find) => {
      void role.inputs.at("rolePrivileges").value;
      for (const { id, at } of privileges(role)) {
        if (INVENTED.has(id)) find(`vCenter has no privilege ${id}`, at);
        else if (id.startsWith("System.")) find(`${id} cannot be given, every role has it`, at);
        else if (id.includes(".") && !id.includes("*") && !PRIVILEGE.test(id))
          find(`${id} has not the form of a privilege`, at);
      }
    },
  }),
  resourceRule({
    id: "role-no-authorization",
    title: "No role for operations may change roles or permissions.",
    severity: "critical",
    level: "mandatory",
    types: [TYPES.role],
    why: "Whoever may give rights has all of them.",
    fix: "leave Authorization.* out; permissions are changed by an account of its own, with an exemption that says which.",
    controls: ["PCI DSS 7.2.2", "SOC 2 CC6.3", "ISO 27001 A.8.2", "ISO 27001 A.5.3"],
    judge: (role, find) => {
      void role.inputs.at("rolePrivileges").value;
      for (const { id, at } of privileges(role))
        if (/^Authorization\.(Modify|Reassign)/.test(id)) find(`${id} gives rights`, at);
    },
  }),
  resourceRule({
    id: "role-one-duty",
    title: "No role unites duties that must be apart.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.role],
    why: "One stolen account would do the harm and remove what heals it.",
    fix: "two roles, for two accounts.",
    controls: ["SOC 2 CC6.3", "ISO 27001 A.5.3", "PCI DSS 7.2.5"],
    judge: (role, find) => {
      void role.inputs.at("rolePrivileges").value;
      const ids = privileges(role).map(({ id }) => id);
      for (const [one, other, why] of DUTIES) {
        const [first, second] = [ids.find((id) => one.test(id)), ids.find((id) => other.test(id))];
        if (first !== undefined && second !== undefined)
          find(`it ${why} (${first}, ${second})`, ".rolePrivileges");
      }
    },
  }),
  resourceRule({
    id: "permissions-no-admin",
    title: "Nobody is given an administrator's role.",
    severity: "critical",
    level: "mandatory",
    types: [TYPES.permissions],
    why: "It can delete VMs, their snapshots and the log of having done it.",
    fix: "a role with the privileges that the purpose needs.",
    controls: ["PCI DSS 7.2.2", "SOC 2 CC6.3", "ISO 27001 A.8.2"],
    judge: ({ inputs }, find) => {
      void inputs.at("permissions").value;
      for (const permission of inputs.list("permissions")) {
        // The id of a role that is made in the same run is not known yet, and is none of these.
        if (permission.unknown || permission.at("roleId").unknown) continue;
        const role = ADMINISTRATORS[permission.at("roleId").shown];
        if (role !== undefined) find(`the role is ${role}`, permission.at("roleId"));
      }
    },
  }),
  resourceRule({
    id: "permissions-not-at-the-top",
    title: "Permissions are given at folders of databases, never at the root or a datacenter.",
    severity: "high",
    level: "mandatory",
    types: [TYPES.permissions],
    why: "There a permission reaches everything below, and this resource removes all others that somebody gave there.",
    fix: "a Folder for the databases, and EntityPermissions for that.",
    controls: ["PCI DSS 7.2.1", "SOC 2 CC6.3", "ISO 27001 A.5.15", "ISO 27001 A.8.3"],
    judge: ({ inputs }, find) => {
      const type = inputs.text("entityType");
      // Ids of folders tell their kind: group-d above datacenters, group-v for VMs, group-h for hosts.
      const top = type === "Folder" && /^group-d\d*$/.test(inputs.text("entityId") ?? "");
      if (type !== "Datacenter" && !top) return;
      const spread = forAny(inputs.list("permissions"), (each) => each.flag("propagate") !== false);
      find(
        `${top ? "a folder above datacenters" : "a whole datacenter"}${spread ? ", and all below" : ""}`,
        ".entityId",
      );
    },
  }),
];

function forAny(items: readonly Node[], test: (item: Node) => boolean): boolean {
  let any = false;
  forEach(items, (item) => {
    any ||= test(item);
  });
  return any;
}
