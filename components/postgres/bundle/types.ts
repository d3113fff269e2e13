/** A file in the guest. */
export interface BundleFile {
  readonly path: string;
  /** Octal, such as "0640". */
  readonly mode: string;
  /** `user:group` */
  readonly owner: string;
  readonly content: string;
}

/** A directory in the guest; made, and given owner and mode. */
export interface BundleDirectory {
  readonly path: string;
  readonly mode: string;
  readonly owner: string;
}

/** A unit that runs. */
export interface BundleService {
  readonly name: string;
  /** What happens when a watched file differs from what the unit last saw. */
  readonly onChange: "restart" | "reload" | "none";
  readonly watch: readonly string[];
  /** Files that a reload does not reach; a change restarts the unit. @default none */
  readonly restartOn?: readonly string[];
  readonly enable: true;
  /** It comes up only when other guests do, so staying `activating` is no failure. @default false */
  readonly waits?: boolean;
  /** Programs that must end with 0 before the unit is touched, such as a syntax check. @default none */
  readonly checks?: readonly (readonly string[])[];
}

/** A program that runs before the services, when a watched file changed. */
export interface BundleCommand {
  readonly name: string;
  readonly run: readonly string[];
  readonly watch: readonly string[];
}

/** A volume with a file system of its own. */
export interface BundleVolume {
  readonly device: string;
  readonly label: string;
  readonly mountPoint: string;
}

/** What the guest's interfaces must carry before anything in it may rely on that. */
export interface BundleNetwork {
  readonly interfaces: readonly { readonly device: string; readonly address: string }[];
  readonly gateway?: string;
}

/** Configuration of a guest, for `pgkeep-apply`. */
export interface GuestBundle {
  readonly format: "pgkeep/guest-bundle/1";
  /** Looked at before anything is changed. @default not looked at */
  readonly network?: BundleNetwork;
  /** Grown to their device; made where the device is blank. */
  readonly volumes: readonly BundleVolume[];
  readonly directories: readonly BundleDirectory[];
  readonly files: readonly BundleFile[];
  readonly commands: readonly BundleCommand[];
  /** Started in this order. */
  readonly services: readonly BundleService[];
  /** Units that must not run. */
  readonly disabled: readonly string[];
  /** Last step; prints one JSON object, which becomes `reconciled` in the answer. */
  readonly finally?: readonly string[];
}
