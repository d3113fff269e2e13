import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";

export interface HaVmOverrideArgs {
  /** Managed object id of the cluster. A change makes a new override. */
  computeClusterId: pulumi.Input<string>;
  /** UUID of the machine. A change makes a new override. */
  virtualMachineId: pulumi.Input<string>;
  /**
   * `clusterRestartPriority`, `lowest`, `low`, `medium`, `high` or `highest`.
   * @default "clusterRestartPriority"
   */
  haVmRestartPriority?: pulumi.Input<string>;
  /**
   * Longest wait for the priority group before, in seconds; -1 takes the cluster's value.
   * @default -1
   */
  haVmRestartTimeout?: pulumi.Input<number>;
  /**
   * On an isolated host: `clusterIsolationResponse`, `none`, `powerOff` or `shutdown`.
   * @default "clusterIsolationResponse"
   */
  haHostIsolationResponse?: pulumi.Input<string>;
  /**
   * When a datastore is lost for good: `clusterDefault`, `disabled`, `warning` or `restartAggressive`.
   * @default "clusterDefault"
   */
  haDatastorePdlResponse?: pulumi.Input<string>;
  /**
   * When all paths to a datastore are down: `clusterDefault`, `disabled`, `warning`, `restartConservative` or
   * `restartAggressive`.
   * @default "clusterDefault"
   */
  haDatastoreApdResponse?: pulumi.Input<string>;
  /**
   * Delay before that response, in seconds; -1 takes the cluster's value.
   * @default -1
   */
  haDatastoreApdResponseDelay?: pulumi.Input<number>;
  /**
   * When the paths return within the delay: `useClusterDefault`, `none` or `reset`.
   * @default "useClusterDefault"
   */
  haDatastoreApdRecoveryAction?: pulumi.Input<string>;
  /**
   * `vmMonitoringDisabled`, `vmMonitoringOnly` or `vmAndAppMonitoring`.
   * @default "vmMonitoringDisabled"
   */
  haVmMonitoring?: pulumi.Input<string>;
  /**
   * Take the cluster's monitoring settings. Must be false for the settings below to count.
   * @default true
   */
  haVmMonitoringUseClusterDefaults?: pulumi.Input<boolean>;
  /**
   * Silence of the guest after which it counts as failed, in seconds.
   * @default 30
   */
  haVmFailureInterval?: pulumi.Input<number>;
  /**
   * Time after a start during which silence is excused, in seconds.
   * @default 120
   */
  haVmMinimumUptime?: pulumi.Input<number>;
  /**
   * Most resets within the window.
   * @default 3
   */
  haVmMaximumResets?: pulumi.Input<number>;
  /**
   * That window in seconds; -1 for no limit.
   * @default -1
   */
  haVmMaximumFailureWindow?: pulumi.Input<number>;
}

/** How the cluster restarts and watches one machine. */
export class HaVmOverride extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere:index/haVmOverride:HaVmOverride";

  declare readonly computeClusterId: pulumi.Output<string>;
  declare readonly virtualMachineId: pulumi.Output<string>;
  declare readonly haVmRestartPriority: pulumi.Output<string | undefined>;
  declare readonly haVmMonitoring: pulumi.Output<string | undefined>;

  constructor(name: string, args: HaVmOverrideArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      HaVmOverride.__pulumiType,
      name,
      args,
      {
        required: ["computeClusterId", "virtualMachineId"],
        outputs: ["computeClusterId", "virtualMachineId", "haVmRestartPriority", "haVmMonitoring"],
      },
      opts,
    );
  }

  /** An existing override, read but not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): HaVmOverride {
    return new HaVmOverride(name, {} as HaVmOverrideArgs, { ...opts, id });
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is HaVmOverride {
    return isOfType(candidate, HaVmOverride.__pulumiType);
  }
}
