/** What the members have agreed on, by the store that they share; no server's own word counts in it. */
export interface Leadership {
  /** Member that holds the lease; undefined when nobody does. */
  readonly leader: string | undefined;
  /** Who confirms commits; undefined when that was never agreed on, as with asynchronous replication. */
  readonly synchronous: SynchronousState | undefined;
}

/** Where acknowledged transactions are for certain. */
export interface SynchronousState {
  /** Primary that waited for confirmations. */
  readonly primary: string;
  readonly standbys: readonly string[];
  /** How many other `standbys` one of them must be level with or ahead of, to be sure of every acknowledged row. */
  readonly quorum: number;
}

/** What reconciling came to. */
export interface Reconciled {
  /** Role by the cluster manager; undefined when it did not say. */
  readonly role: string | undefined;
  /** True when roles and redirect were brought up to date: only a primary does that. */
  readonly followed: boolean;
  /** What could not be done yet and why. */
  readonly waiting: readonly string[];
}

/** What decides who is primary. */
export interface ClusterManager {
  leadership(): Promise<Leadership>;
  /** Planned: the leader hands over, nothing is lost. */
  switchover(leader: string, candidate: string): Promise<void>;
  /** Unplanned: the candidate takes over; its fence script must succeed first. Nobody compares its WAL with another's. */
  failover(candidate: string): Promise<void>;
  /** Lifts the pause of manual failover: while it lasts, no server is started. The timer of reconcile sets it again. */
  resume(): Promise<void>;
  /** Brings redirect, roles and settings to what is declared, now instead of at the next timer. */
  reconcile(): Promise<Reconciled>;
  /** A person vouches that a member is powered off; valid for 15 minutes. */
  confirmOff(member: string): Promise<void>;
}
