import { FENCE } from "../recovery/fence.js";
import { hostOf, type PlanGuest, type RecoveryPlan } from "../recovery/plan.js";
import { peersOf } from "./guests.js";
import { endpoint, PORTS } from "./layout.js";

/** What pgkeep-fence-peer reads: the other members and the hypervisors that can power them off. */
export interface FenceConfig {
  readonly member: string;
  /** Patroni's REST interface of this member. */
  readonly rest: string;
  /** True when a member without a working watchdog cannot be primary, so that an unreachable one has stopped itself. */
  readonly watchdog: boolean;
  /** True when Patroni is paused: its watchdog is off then, and only a person can vouch for an unreachable hypervisor. */
  readonly manual: boolean;
  readonly peers: readonly {
    readonly member: string;
    readonly rest: string;
    /** libvirt domain, for the forced command on the hypervisor. */
    readonly domain: string;
    readonly hypervisor: { readonly address: string; readonly port: number; readonly user: string };
  }[];
}

/** Configuration of the fence script on a member. */
export function fenceConfig(plan: RecoveryPlan, guest: PlanGuest): FenceConfig {
  const { environment } = plan;
  const rest = (target: PlanGuest): string =>
    `https://${endpoint(target.addresses.replication, PORTS.patroni)}`;
  return {
    member: guest.name,
    rest: rest(guest),
    watchdog: environment.failover.watchdog === "required",
    manual: environment.failover.mode === "manual",
    peers: peersOf(plan, guest).map((peer) => {
      const { address, port } = hostOf(environment, peer.site);
      return {
        member: peer.name,
        rest: rest(peer),
        domain: peer.name,
        hypervisor: { address, port, user: FENCE.account },
      };
    }),
  };
}

/** Public keys of the hypervisors, as ssh reads them. */
export function renderFenceKnownHosts(plan: RecoveryPlan, guest: PlanGuest): string {
  const lines = peersOf(plan, guest).map((peer) => {
    const { address, port, hostKey } = hostOf(plan.environment, peer.site);
    return `${port === 22 ? address : `[${address}]:${port}`} ${hostKey}`;
  });
  return `${[...new Set(lines)].join("\n")}\n`;
}
