/** User data as guestinfo takes it. */
export const guestinfo = (userData: string): string => Buffer.from(userData).toString("base64");

const SEED =
  "#cloud-config\nhostname: pg-a1\nssh_pwauth: false\nusers:\n  - name: ops\n    lock_passwd: true\n";

/** A disk that keeps every rule. */
export const vmDisk = (label: string, unitNumber: number): Record<string, unknown> => ({
  label,
  unitNumber,
  size: 64,
  keepOnRemove: true,
  storagePolicyId: "encrypted",
});

/** Inputs of vSphere and NSX resources that keep every rule. */
export const COMPLIANT_VSPHERE = {
  vm: (): Record<string, unknown> => ({
    name: "pg-a1",
    resourcePoolId: "resgroup-8",
    datastoreId: "datastore-11",
    storagePolicyId: "encrypted",
    firmware: "efi",
    efiSecureBootEnabled: true,
    vtpm: { version: "2.0" },
    hardwareVersion: 21,
    numCpus: 4,
    memory: 16384,
    memoryReservation: 16384,
    cpuLimit: -1,
    forcePowerOff: false,
    shutdownWaitTimeout: 10,
    enableLogging: true,
    enableDiskUuid: true,
    disks: [vmDisk("system", 0), vmDisk("data", 15), vmDisk("wal", 30)],
    scsiControllerCount: 3,
    networkInterfaces: [{ networkId: "dvportgroup-21", adapterType: "vmxnet3" }],
    clone: { templateUuid: "4225" },
    extraConfig: {
      "RemoteDisplay.maxConnections": "1",
      "tools.guest.desktop.autolock": "TRUE",
      "guestinfo.userdata": guestinfo(SEED),
      "guestinfo.userdata.encoding": "base64",
    },
  }),
  virtualDisk: (): Record<string, unknown> => ({ datastore: "ds", vmdkPath: "pg/data.vmdk", size: 64 }),
  vmSnapshot: (): Record<string, unknown> => ({
    virtualMachineUuid: "4225",
    snapshotName: "before-upgrade-to-18",
    description: "removed once 18 has run for a day",
    memory: false,
    quiesce: true,
  }),
  portGroup: (): Record<string, unknown> => ({
    distributedVirtualSwitchUuid: "50 25",
    vlanId: 201,
    allowPromiscuous: false,
    allowForgedTransmits: false,
    allowMacChanges: false,
    portConfigResetAtDisconnect: true,
  }),
  hostPortGroup: (): Record<string, unknown> => ({
    hostSystemId: "host-9",
    virtualSwitchName: "vSwitch1",
    vlanId: 201,
    allowPromiscuous: false,
    allowForgedTransmits: false,
    allowMacChanges: false,
  }),
  role: (): Record<string, unknown> => ({
    name: "pg-snapshot",
    rolePrivileges: ["VirtualMachine.State.CreateSnapshot", "VirtualMachine.State.RemoveSnapshot"],
  }),
  permissions: (): Record<string, unknown> => ({
    entityId: "group-v12",
    entityType: "Folder",
    permissions: [{ userOrGroup: "EXAMPLE\\pg-backup", isGroup: true, propagate: true, roleId: "1105" }],
  }),
  antiAffinity: (): Record<string, unknown> => ({
    computeClusterId: "domain-c8",
    virtualMachineIds: ["4225", "4226"],
  }),
  haOverride: (): Record<string, unknown> => ({
    computeClusterId: "domain-c8",
    virtualMachineId: "4225",
    haVmRestartPriority: "highest",
    haVmMonitoring: "vmMonitoringOnly",
    haVmMonitoringUseClusterDefaults: false,
  }),
  vcenter: (): Record<string, unknown> => ({
    vsphereServer: "vcenter-a.example.org",
    user: "pulumi@vsphere.local",
    password: "hunter2hunter2hunter2",
    allowUnverifiedSsl: "false",
  }),
  nsxFirewall: (): Record<string, unknown> => ({
    manager: { address: "nsx-a.example.org" },
    policyId: "orders",
    isolate: ["databases"],
    groups: [
      { id: "databases", members: [{ scope: "role", tag: "postgres" }] },
      { id: "applications", members: [{ addresses: ["10.20.0.0/24"] }] },
      { id: "anywhere", members: [{ addresses: ["0.0.0.0/0"] }] },
    ],
    services: [{ id: "postgres", entries: [{ id: "tcp", ports: ["5432"] }] }],
    rules: [
      { id: "app", sources: ["applications"], destinations: ["databases"], services: ["postgres"] },
      {
        id: "time",
        sources: ["databases"],
        destinations: ["anywhere"],
        services: ["/infra/services/NTP"],
        direction: "OUT",
      },
    ],
    deny: { direction: "IN_OUT" },
  }),
};
