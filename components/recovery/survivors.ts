import type { Environment, Member } from "../declaration/index.js";

/** A failure that takes a machine away. */
export type Loss = "vm" | "host" | "site";

/** What is left when the machine that runs the primary is lost at one of three scales. */
export interface Survivors {
  /** Standbys that may confirm commits and go down together with the primary. */
  readonly lostConfirming: number;
  /** Standbys that are left. */
  readonly standbys: number;
  /** True when the etcd members that are left are a majority, so that Patroni may promote. */
  readonly quorum: boolean;
  /** True when the backup repository is left. */
  readonly repository: boolean;
  /** True when a copy of the VM lies on a hypervisor that is left. */
  readonly replica: boolean;
}

/** Where the primary normally runs: the first member at the primary site. */
export function usualPrimary({ cluster, sites }: Environment): Member {
  const site = sites.find(({ role }) => role === "primary")?.name;
  const member = cluster.members.find((candidate) => candidate.site === site) ?? cluster.members[0];
  if (member === undefined) throw new TypeError("the environment was not checked by parseEnvironment");
  return member;
}

/**
 * Standbys whose confirmation counts. As Patroni's tags are generated, one member a site may confirm, so that what is
 * acknowledged has left the site; where that leaves too few, every standby may.
 */
function confirming(
  { cluster, replication }: Environment,
  primary: { name: string; site: string },
): readonly Member[] {
  const standbys = cluster.members.filter(({ name }) => name !== primary.name);
  const sites = new Set(cluster.members.map(({ site }) => site));
  if (sites.size - 1 < replication.synchronous) return standbys;
  const first = new Map(cluster.members.toReversed().map((member) => [member.site, member.name]));
  return standbys.filter(({ name, site }) => first.get(site) === name);
}

/**
 * Counts what survives. On KVM a site has one hypervisor, so losing the host takes what
 * losing the site takes; on vSphere, where it takes less, the same is counted, which is the careful side.
 */
export function survivors(environment: Environment, loss: Loss): Survivors {
  const { cluster, sites, backup, replication } = environment;
  const primary = usualPrimary(environment);
  const gone = cluster.members.filter((member) =>
    loss === "vm" ? member.name === primary.name : member.site === primary.site,
  );
  const voters = cluster.members.length + (sites.some(({ role }) => role === "witness") ? 1 : 0);
  return {
    lostConfirming: confirming(environment, primary).filter((member) => gone.includes(member)).length,
    standbys: cluster.members.length - gone.length,
    quorum: voters - gone.length > voters / 2,
    repository: backup.base !== undefined && (loss === "vm" || backup.repository.site !== primary.site),
    replica: replication.vm !== undefined && replication.vm.to !== primary.site,
  };
}
