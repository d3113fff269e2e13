import { anything, flag, listOf, object, oneOf, orNull, text, whole, type Shape } from "./shapes.js";

/** Bodies as the API's description of version 2.0.0 has them. Nothing else is accepted. */

const guid = text();
const calloutTypes = oneOf("PROMPT", "RUN_ON_VM", "RUN_ON_SRM_SERVER");
const callout = {
  name: text(),
  content: text(),
  callout_type: calloutTypes,
  timeout_seconds: whole(0, 59_999),
};
const vmCallout = object(
  { ...callout, step_type: oneOf("PRE_POWER_ON", "POST_POWER_ON", "RECOVERY_STEP"), id: text() },
  ["callout_type", "content", "id", "name", "step_type", "timeout_seconds"],
);
const testNetwork = object({ target_network: text(), test_network: text() }, [
  "target_network",
  "test_network",
]);
const providers = {
  hbr_spec: object({ vms: listOf(text()) }, ["vms"]),
  abr_spec: object({ replicated_array_pair: text(), datastores: listOf(text()) }, [
    "datastores",
    "replicated_array_pair",
  ]),
  vvol_spec: anything,
};

interface Body {
  readonly shape: Shape;
  readonly needed: readonly string[];
}

const disk = object(
  {
    vm_disk: object(
      {
        vm_id: text(),
        device_key: whole(0, 2 ** 31 - 1),
        is_vm_home: flag,
        encrypted: flag,
        capacity: whole(0, Number.MAX_SAFE_INTEGER),
        source_disk_format: text(),
        source_path: anything,
        source_storage_policy_name: orNull(text()),
        source_storage_policy_id: orNull(text()),
        label: text(),
        controller_key: whole(0, 2 ** 31 - 1),
        controller_label: orNull(text()),
        supported_for_replication: flag,
      },
      ["vm_id"],
    ),
    enabled_for_replication: flag,
    use_seeds: flag,
    destination_storage_policy_id: orNull(text()),
    destination_path: orNull(text()),
    destination_datastore_id: text(),
    destination_disk_format: oneOf(
      "SAME_AS_SOURCE",
      "SAME_AS_PRIMARY",
      "AS_DEFINED_IN_PROFILE",
      "FLAT",
      "THICK",
      "NATIVE_THICK",
      "THIN",
      "RDM",
    ),
  },
  ["destination_datastore_id", "destination_disk_format", "enabled_for_replication", "vm_disk"],
);

const reconfigureReplication: Body = {
  shape: {
    quiesce_enabled: flag,
    rpo: whole(5, 1440),
    network_compression_enabled: flag,
    mpit_enabled: flag,
    mpit_instances: whole(0, 24),
    mpit_days: whole(0, 24),
    auto_replicate_new_disks: flag,
    target_replication_server_id: orNull(text()),
    lwd_encryption_enabled: flag,
    vm_data_sets_replication_enabled: flag,
    disks: listOf(disk),
  },
  needed: [
    "auto_replicate_new_disks",
    "disks",
    "lwd_encryption_enabled",
    "mpit_enabled",
    "network_compression_enabled",
    "rpo",
  ],
};

export const BODIES = {
  createGroup: {
    shape: {
      name: text(80),
      description: orNull(text(4096)),
      ...providers,
      location: text(),
      replication_type: oneOf("UNKNOWN", "ABR", "HBR", "VVOL"),
      protected_vc_guid: guid,
    },
    needed: ["name", "protected_vc_guid", "replication_type"],
  },
  editGroup: {
    shape: { name: text(80), description: orNull(text(4096)), ...providers },
    needed: ["name"],
  },
  createPlan: {
    shape: {
      location: orNull(text()),
      name: text(),
      description: orNull(text()),
      protected_vc_guid: guid,
      protection_groups: listOf(text()),
      test_network_mappings: listOf(testNetwork),
    },
    needed: ["name", "protected_vc_guid"],
  },
  editPlan: {
    shape: {
      name: orNull(text()),
      description: orNull(text()),
      protected_vc_guid: orNull(guid),
      protection_groups: orNull(listOf(text())),
      test_network_mappings: orNull(listOf(testNetwork)),
      vms_to_suspend: listOf(text()),
    },
    needed: [],
  },
  settings: {
    shape: {
      ip_customization_type: oneOf("AUTO", "NETWORK_MAPPING_LEVEL", "MANUAL", "NO_CUSTOMIZATION"),
      nic_settings: orNull(listOf(anything)),
      priority: oneOf("P1", "P2", "P3", "P4", "P5"),
      startup_action: oneOf("POWER_ON", "DO_NOT_POWER_ON"),
      shutdown_action_settings: object({ skip_shutdown_guest: flag, timeout_seconds: whole(0, 3599) }, [
        "timeout_seconds",
      ]),
      pre_power_on_steps: orNull(listOf(vmCallout)),
      post_power_on_steps: orNull(listOf(vmCallout)),
      startup_action_settings: object({
        power_on_vmtools_timeout_seconds: whole(0, 3599),
        delay_before_power_on_steps_and_dependent_vms_seconds: whole(0, 3599),
      }),
      dependent_vms: orNull(
        listOf(
          object(
            {
              id: text(),
              name: text(),
              template: flag,
              inside_vapp: flag,
              status: text(),
              priority_group: text(),
              protection_group_name: orNull(text()),
            },
            ["id", "name"],
          ),
        ),
      ),
    },
    needed: ["ip_customization_type", "priority", "shutdown_action_settings", "startup_action"],
  },
  createCallout: {
    shape: { ...callout, position: whole(0, 2 ** 31 - 1) },
    needed: ["callout_type", "content", "name", "position", "timeout_seconds"],
  },
  editCallout: { shape: callout, needed: ["callout_type", "content", "name", "timeout_seconds"] },
  test: { shape: { sync_data: flag }, needed: [] },
  cleanup: { shape: { forced: flag }, needed: [] },
  reprotect: { shape: { forced: flag }, needed: [] },
  recovery: {
    shape: {
      skip_protection_site_operations: flag,
      migrate_eligible_vms: flag,
      sync_data: flag,
      planned_failover: flag,
    },
    needed: [],
  },
  mapping: {
    shape: { mapping_source_object: text(), mapping_target_object: text() },
    needed: ["mapping_source_object", "mapping_target_object"],
  },
  testNetwork: {
    shape: { target_network: text(), test_network: text() },
    needed: ["target_network", "test_network"],
  },
  configureReplication: {
    shape: { ...reconfigureReplication.shape, target_vc_id: text(), vm_id: text() },
    needed: [...reconfigureReplication.needed, "target_vc_id", "vm_id"],
  },
  reconfigureReplication,
} as const satisfies Record<string, Body>;

export type BodyName = keyof typeof BODIES;
