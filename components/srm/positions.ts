/** Workflows of a plan that callouts are declared for. */
export const CALLOUT_MODES = ["test", "recovery"] as const;
export type CalloutMode = (typeof CALLOUT_MODES)[number];

const BOTH: readonly CalloutMode[] = CALLOUT_MODES;
const RECOVERY: readonly CalloutMode[] = ["recovery"];

/**
 * Places between SRM's own steps, with the workflows that have them, from the published description of version 2.0.0 of the REST API.
 * `title` is how the user interface calls the step that follows: it only says where to try first.
 */
export const POSITIONS = {
  BEFORE_PRESYNC_STORAGE: { modes: BOTH, title: /synchronize storage/i },
  BEFORE_SHUTDOWN_PROTECTED_SITE_VMS: { modes: RECOVERY, title: /shut ?down .*protected/i },
  BEFORE_SYNC_STORAGE: { modes: RECOVERY, title: /^synchronize storage/i },
  BEFORE_PREPARE_STORAGE: { modes: BOTH, title: /storage.* writable|writable storage/i },
  BEFORE_RECOVER_PRIORITY_1_VMS: { modes: BOTH, title: /priority 1/i },
  BEFORE_RECOVER_PRIORITY_2_VMS: { modes: BOTH, title: /priority 2/i },
  BEFORE_RECOVER_PRIORITY_3_VMS: { modes: BOTH, title: /priority 3/i },
  BEFORE_RECOVER_PRIORITY_4_VMS: { modes: BOTH, title: /priority 4/i },
  BEFORE_RECOVER_PRIORITY_5_VMS: { modes: BOTH, title: /priority 5/i },
  AT_END: { modes: BOTH, title: undefined },
} as const satisfies Readonly<
  Record<string, { readonly modes: readonly CalloutMode[]; readonly title: RegExp | undefined }>
>;

export type Position = keyof typeof POSITIONS;
export const POSITION_NAMES = Object.keys(POSITIONS) as [Position, ...Position[]];
