/** What `patronictl list` says of a member. */
export interface Listed {
  readonly Member: string;
  readonly Role: string;
  readonly State: string;
}

/** The answer of pgkeep-reconcile. */
export interface Reconciled {
  readonly role: string;
  readonly dcs: string[];
  readonly roles: string | null;
  readonly pendingRestart: string[];
  readonly waiting: string[];
}

/** The member leads, and another one confirms synchronously. */
export const healthy =
  (leader: string) =>
  (members: Listed[]): boolean =>
    members.some(({ Member, Role }) => Member === leader && Role === "Leader") &&
    members.some(({ Role, State }) => Role === "Sync Standby" && State === "streaming");
