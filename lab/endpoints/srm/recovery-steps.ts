/** Workflows of a plan, as the API names their steps. */
export const MODES = ["test", "recovery", "cleanup", "reprotect"] as const;
export type Mode = (typeof MODES)[number];

/** A step that SRM makes by itself. */
export interface SystemStep {
  readonly title: string;
  /** The published name of the place before it where a callout may stand; undefined when none may. */
  readonly position?: string;
  /** Needs the protected site. */
  readonly protectedSite?: boolean;
  /** VMs of this priority are started here. */
  readonly priority?: number;
}

const POWER_ON: readonly SystemStep[] = [1, 2, 3, 4, 5].map((priority) => ({
  title: `Power on priority ${priority} VMs`,
  position: `BEFORE_RECOVER_PRIORITY_${priority}_VMS`,
  priority,
}));

/**
 * The steps of each workflow, in their order. Positions are those that the API's description names for the workflow; titles are
 * as the user interface shows them.
 */
export const SYSTEM_STEPS: Readonly<Record<Mode, readonly SystemStep[]>> = {
  test: [
    { title: "Synchronize storage", position: "BEFORE_PRESYNC_STORAGE", protectedSite: true },
    { title: "Restore recovery site hosts from standby", position: "BEFORE_RESTORE_HOSTS" },
    { title: "Suspend non-critical VMs at recovery site", position: "BEFORE_SUSPEND_RECOVERY_SITE_VMS" },
    { title: "Create writable storage snapshot", position: "BEFORE_PREPARE_STORAGE" },
    { title: "Configure test networks" },
    ...POWER_ON,
  ],
  recovery: [
    { title: "Pre-synchronize storage", position: "BEFORE_PRESYNC_STORAGE", protectedSite: true },
    {
      title: "Shut down VMs at protected site",
      position: "BEFORE_SHUTDOWN_PROTECTED_SITE_VMS",
      protectedSite: true,
    },
    { title: "Restore recovery site hosts from standby", position: "BEFORE_RESTORE_HOSTS" },
    {
      title: "Prepare protected site VMs for migration",
      position: "BEFORE_BEGIN_PREPARE_PRIMARY_SITE_HOSTS",
      protectedSite: true,
    },
    { title: "Synchronize storage", position: "BEFORE_SYNC_STORAGE", protectedSite: true },
    { title: "Suspend non-critical VMs at recovery site", position: "BEFORE_SUSPEND_RECOVERY_SITE_VMS" },
    { title: "Change recovery site storage to writable", position: "BEFORE_PREPARE_STORAGE" },
    ...POWER_ON,
  ],
  cleanup: [
    { title: "Power off test VMs at recovery site", position: "BEFORE_POWER_OFF_RECOVERY_SITE_VMS" },
    { title: "Resume VMs suspended by previous recovery", position: "BEFORE_RESUME_RECOVERY_SITE_VMS" },
    { title: "Discard test data and reset storage", position: "BEFORE_RESTORE_STORAGE" },
  ],
  reprotect: [
    { title: "Configure storage to reverse direction", position: "BEFORE_REVERSE_REPLICATION" },
    { title: "Configure protection to reverse direction", position: "BEFORE_CREATE_PLACEHOLDER_VMS" },
    { title: "Synchronize storage", position: "BEFORE_FINALIZE_STORAGE", protectedSite: true },
  ],
};

/** Where callouts stand that come after all steps; there is such a place in a test and in a recovery. */
export const AT_END = "AT_END";

/** A command or prompt that a user put between the steps. */
export interface Callout {
  readonly id: string;
  readonly name: string;
  readonly content: string;
  readonly callout_type: string;
  readonly timeout_seconds: number;
  readonly position: string;
}

/** One line of a workflow: a step of SRM or a callout. */
export type Line =
  { readonly system: SystemStep; readonly callout?: undefined } | { readonly callout: Callout };

/** All lines of a workflow in their order. */
export function linesOf(mode: Mode, callouts: readonly Callout[]): Line[] {
  const at = (position: string | undefined): Line[] =>
    callouts.filter((one) => one.position === position).map((callout) => ({ callout }));
  return [
    ...SYSTEM_STEPS[mode].flatMap((system) => [...at(system.position ?? ""), { system }]),
    ...at(AT_END),
  ];
}

/** The position that a callout gets which is put before the line of this number; undefined where none may stand. */
export function positionAt(mode: Mode, lines: readonly Line[], index: number): string | undefined {
  const line = lines[index];
  if (line === undefined)
    return index === lines.length && ["test", "recovery"].includes(mode) ? AT_END : undefined;
  return line.callout === undefined ? line.system.position : line.callout.position;
}
