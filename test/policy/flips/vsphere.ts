import { Node } from "../../../policy/node.js";
import type { Subject } from "../../../policy/rule.js";
import { replaced } from "../kubernetes/change.js";
import { added, flip, gone, inClear, inText, inverted, set, unprotected, type FlipTable } from "./flip.js";

const VM = /^vsphere:index\/virtualMachine:VirtualMachine$/;
const PORTS = /^vsphere:index\/distributedPortGroup:DistributedPortGroup$/;
const ROLE = /^vsphere:index\/role:Role$/;
const PERMISSIONS = /^vsphere:index\/entityPermissions:EntityPermissions$/;
const PROVIDER = /^pulumi:providers:vsphere$/;
const HA = /^vsphere:index\/haVmOverride:HaVmOverride$/;
const NSX = /^pulumi-nodejs:dynamic\/nsx:FirewallIntent$/;
const SRM = /^pulumi-nodejs:dynamic\/srm:/;
const GROUP = /^pulumi-nodejs:dynamic\/srm:ProtectionGroup$/;

const X = ".extraConfig";

/** A disk that is kept is not the first. */
const DISK = ".disks[]";

/** Resources of vSphere, NSX and Site Recovery Manager. */
export const vsphereFlips: FlipTable = {
  flips: [
    unprotected(VM),
    set(VM, ".firmware", "bios"),
    gone(VM, ".firmware"),
    inverted(VM, ".efiSecureBootEnabled", true),
    gone(VM, ".efiSecureBootEnabled"),
    gone(VM, ".vtpm"),
    set(VM, ".hardwareVersion", 14),
    gone(VM, ".hardwareVersion"),
    set(VM, ".memoryReservation", 0),
    gone(VM, ".memoryReservation"),
    added(VM, "", "memoryLimit", 1024),
    added(VM, "", "cpuLimit", 1000),
    inverted(VM, ".forcePowerOff", false),
    set(VM, ".shutdownWaitTimeout", 1),
    inverted(VM, ".syncTimeWithHostPeriodically", false),
    added(VM, ".clone", "linkedClone", true),
    inverted(VM, ".enableLogging", true),
    inverted(VM, ".enableDiskUuid", true),
    set(VM, ".scsiType", "lsilogic"),
    set(VM, ".networkInterfaces[].adapterType", "e1000"),
    gone(VM, DISK),
    set(VM, `${DISK}.diskMode`, "independent_persistent"),
    added(VM, DISK, "diskSharing", "sharingMultiWriter"),
    flip(VM, `${DISK}.keepOnRemove`, "false", (value) => (value === true ? false : undefined)),
    gone(VM, `${DISK}.storagePolicyId`),
    gone(VM, ".storagePolicyId"),
    set(VM, `${X}.RemoteDisplay.maxConnections`, "40"),
    gone(VM, `${X}.RemoteDisplay.maxConnections`),
    set(VM, `${X}.log.keepOld`, "1"),
    set(VM, `${X}.log.rotateSize`, "0"),
    set(VM, `${X}.tools.setInfo.sizeLimit`, "10485760"),
    ...[
      "isolation.tools.copy.disable",
      "isolation.tools.paste.disable",
      "isolation.tools.dnd.disable",
      "isolation.tools.diskShrink.disable",
      "isolation.tools.diskWiper.disable",
      "isolation.device.connectable.disable",
      "tools.guest.desktop.autolock",
    ].map((key) => inverted(VM, `${X}.${key}`, true)),
    ...["tools.guestlib.enableHostInfo", "mks.enable3d"].map((key) => inverted(VM, `${X}.${key}`, false)),
    inText(VM, "cloud-init: ssh_pwauth", "true", /ssh_pwauth: false/, "ssh_pwauth: true"),
    added(VM, X, "guestinfo.password", "Tr0ub4dor-and-3"),
    ...["allowForgedTransmits", "allowMacChanges", "allowPromiscuous"].flatMap((key) => [
      inverted(PORTS, `.${key}`, false),
      gone(PORTS, `.${key}`),
    ]),
    ...["netflowEnabled", "securityPolicyOverrideAllowed", "vlanOverrideAllowed"].map((key) =>
      inverted(PORTS, `.${key}`, false),
    ),
    inverted(PORTS, ".portConfigResetAtDisconnect", true),
    set(PORTS, ".vlanId", 0),
    set(PORTS, ".vlanId", 4095),
    flip(ROLE, ".rolePrivileges", "with a pattern", (all) => [...(all as unknown[]), "VirtualMachine.*"]),
    flip(ROLE, ".rolePrivileges", "with a whole group", (all) => [...(all as unknown[]), "VirtualMachine"]),
    flip(ROLE, ".rolePrivileges", "with Authorization.ModifyRoles", (all) => [
      ...(all as unknown[]),
      "Authorization.ModifyRoles",
    ]),
    set(PERMISSIONS, ".permissions[].roleId", "-1"),
    set(PERMISSIONS, ".entityType", "Datacenter"),
    inverted(PROVIDER, ".allowUnverifiedSsl", false),
    inverted(PROVIDER, ".clientDebug", false),
    inverted(PROVIDER, ".persistSession", false),
    gone(PROVIDER, ".vsphereServer"),
    inClear(PROVIDER, ".password"),
    set(HA, ".haVmRestartPriority", "low"),
    gone(HA, ".haVmRestartPriority"),
    set(NSX, ".firewall.rules[].sources[]", "ANY"),
    set(NSX, ".firewall.rules[].services[]", "ANY"),
    set(NSX, ".firewall.services[].entries[].ports[]", "1024-65535"),
    gone(NSX, ".firewall.isolate[]"),
    added(NSX, ".firewall", "deny", { direction: "IN" }),
    {
      ...flip(NSX, ".firewall.groups[].members[].addresses[]", "0.0.0.0/0", () => "0.0.0.0/0"),
      changes: sourceGroupsOpened,
    },
    {
      ...flip(SRM, ".declared.sites.recovery.vcenter", "the protected one's", () => undefined),
      changes: sitesTheSame,
    },
    set(GROUP, ".declared.virtualMachines[].replication.rpo", 1440),
    set(GROUP, ".declared.virtualMachines[].replication.pointsInTime.instances", 1),
    gone(GROUP, ".declared.virtualMachines[].replication.pointsInTime"),
  ],
  neutral: [
    [VM, /\.extraConfig\.guestinfo\./, "judged by what it says"],
    [VM, /\.extraConfig\.bios\.bootDeviceClasses$/, "only disks are there to boot from"],
    [
      VM,
      /\.(?:name|annotation|folder|guestId|datastoreId|resourcePoolId|tags\[\]|templateUuid|timeout|networkId|macAddress|useStaticMac)$/,
      "names and places",
    ],
    [
      VM,
      /\.(?:numCpus|numCoresPerSocket|memory|size|label|unitNumber|scsiControllerCount|cpuReservation|memoryReservationLockedToMax)$/,
      "sizes, and labels whose difference is demanded",
    ],
    [
      VM,
      /\.(?:cpuHotAddEnabled|cpuHotRemoveEnabled|memoryHotAddEnabled|extraConfigRebootRequired|swapPlacementPolicy|toolsUpgradePolicy|syncTimeWithHost|thinProvisioned|eagerlyScrub|vtpm\.version)$/,
      "how it is run; sound defaults",
    ],
    [VM, /\.waitForGuest\w+$/, "how long the update waits"],
    [
      PORTS,
      /\.(?:name|description|type|autoExpand|blockOverrideAllowed|distributedVirtualSwitchUuid)$/,
      "names, and a port that may be blocked",
    ],
    [ROLE, /\.(?:name|rolePrivileges\[\])$/, "less is permitted when one is missing; more is judged"],
    [
      PERMISSIONS,
      /\.(?:entityId|userOrGroup|isGroup|propagate)$/,
      "whom and where, which only a reader of the directory can judge",
    ],
    [PROVIDER, /\.(?:user|password)$/, "who logs in"],
    [HA, /\.(?:computeClusterId|virtualMachineId)$/, "which VM"],
    [
      /^vsphere:index\/(?:folder|resourcePool|tag|tagCategory|drsVmOverride|virtualMachineSnapshot|computeCluster\w+):/,
      /./,
      "names, places and shares; what a VM reserves is demanded at the VM",
    ],
    [/^pulumi-nodejs:dynamic\//, /\.(?:__provider|owner)$/, "code and name of the provider"],
    [
      /^pulumi-nodejs:dynamic\//,
      /\.(?:manager|sites\.(?:protected|recovery)(?:\.(?:server|replication))?)\.(?:address|port|authentication|credentials|name|vcenter)$/,
      "whom it reaches, always over TLS and verified",
    ],
    [
      NSX,
      /\.(?:displayName|description|id|notes|policyId|scope|tag|protocol|destinations\[\]|addresses\[\])$/,
      "names, and whom a rule is about; an empty list is refused while declaring",
    ],
    [/^pulumi-nodejs:dynamic\/nsx:TagAssignment$/, /./, "which VM has which tag; the groups name VMs by it"],
    [
      SRM,
      /\.(?:folders|networks|resources)\[\]\.|\.(?:id|datastore|days|priority|shutdownTimeout|name|description)$|\.protectionGroups\[\]$|\.callouts\[\]\./,
      "what is recovered where, and in which order",
    ],
  ].map(([on, path, why]) => ({ on: on as RegExp, path: path as RegExp, why: why as string })),
};

interface Firewall {
  readonly groups: readonly {
    readonly id: string;
    readonly members: readonly { readonly addresses?: readonly string[] }[];
  }[];
  readonly rules: readonly { readonly sources: readonly string[]; readonly direction?: string }[];
}

/** Each group from which a rule lets in, with all addresses for its first one. */
function sourceGroupsOpened(resource: Subject): Subject[] {
  const { firewall } = resource.inputs.value as { readonly firewall: Firewall };
  const sources = new Set(
    firewall.rules.filter(({ direction }) => direction !== "OUT").flatMap((rule) => rule.sources),
  );
  return firewall.groups.flatMap(({ id, members }, i) => {
    const member = members.findIndex(({ addresses }) => addresses !== undefined);
    if (member < 0 || !sources.has(id)) return [];
    const path = ["firewall", "groups", i, "members", member, "addresses", 0];
    return [{ ...resource, inputs: new Node(replaced(resource.inputs.value, path, "0.0.0.0/0")) }];
  });
}

/** Recovery where the protection is. */
function sitesTheSame(resource: Subject): Subject[] {
  const vcenter = resource.inputs.at("declared").at("sites").at("protected").value as { vcenter: string };
  const path = ["declared", "sites", "recovery", "vcenter"];
  return [{ ...resource, inputs: new Node(replaced(resource.inputs.value, path, vcenter.vcenter)) }];
}
