import {
  compileNwFilter,
  evaluateNftables,
  evaluateNwFilter,
  evaluatePgHba,
  guestRules,
  parseNftables,
  parseNwFilter,
  parsePgHba,
  type HbaRecord,
  type Judgement,
  type Login,
  type NftTable,
  type Packet,
  type ParsedFilter,
  type Target,
} from "../../components/access/index.js";
import { PURPOSES, type Purpose } from "../../components/declaration/index.js";
import { INTERFACES, PORTS, renderNftables, renderPgHba } from "../../components/postgres/index.js";
import type { PlanGuest, RecoveryPlan } from "../../components/recovery/index.js";

/** What one enforcement point does. */
export interface Enforcement extends Judgement {
  readonly target: Target;
  /** Guest at which it stands. */
  readonly at: string;
}

/** A guest's interface: where a packet meets its enforcement points. */
export interface Interface {
  readonly guest: PlanGuest;
  readonly purpose: Purpose;
}

/** The texts that the guests and hypervisors of an environment get, ready to be asked. */
export class DeployedAccess {
  private readonly tables = new Map<string, readonly NftTable[]>();
  private readonly records = new Map<string, readonly HbaRecord[]>();
  private readonly filters = new Map<Purpose, ParsedFilter>();

  constructor(private readonly plan: RecoveryPlan) {
    for (const guest of plan.guests) {
      this.tables.set(guest.name, parseNftables(renderNftables(plan, guest)));
      if (guest.kind === "member") this.records.set(guest.name, parsePgHba(renderPgHba(plan, guest)));
    }
    for (const purpose of PURPOSES) {
      // Name and UUID decide nothing.
      const xml = compileNwFilter({ name: purpose, uuid: "", rules: guestRules(plan, purpose, PORTS) });
      this.filters.set(purpose, parseNwFilter(xml));
    }
  }

  /** The interface that an address belongs to; the address that follows the primary is at the first member. */
  interfaceOf(address: string): Interface | undefined {
    const { guests, environment } = this.plan;
    for (const guest of guests)
      for (const purpose of PURPOSES) if (guest.addresses[purpose] === address) return { guest, purpose };
    const { redirect } = environment.failover;
    const carrier = guests.find(({ kind }) => kind === "member");
    return redirect.kind === "vip" && redirect.address === address && carrier !== undefined
      ? { guest: carrier, purpose: "client" }
      : undefined;
  }

  /** What every enforcement point on the way does with the first packet of a connection. */
  judge(packet: Packet): readonly Enforcement[] {
    const [out, into] = [this.interfaceOf(packet.from.address), this.interfaceOf(packet.to.address)];
    return [
      ...(out === undefined ? [] : this.atInterface(packet, out, "out")),
      ...(into === undefined ? [] : this.atInterface(packet, into, "in")),
    ];
  }

  /** True when the packet reaches its destination. */
  passes(packet: Packet): boolean {
    return this.judge(packet).every(({ verdict }) => verdict === "accept");
  }

  /** What the server says to a login; undefined where no server is called. */
  judgeLogin(packet: Packet, login: Login): Enforcement | undefined {
    const guest = this.interfaceOf(packet.to.address)?.guest;
    const records = guest === undefined ? undefined : this.records.get(guest.name);
    if (guest === undefined || records === undefined || packet.port !== PORTS.postgres) return undefined;
    const judged = evaluatePgHba(records, { address: packet.from.address, login });
    return { target: "pg_hba", at: guest.name, ...judged };
  }

  private atInterface(packet: Packet, { guest, purpose }: Interface, direction: "in" | "out"): Enforcement[] {
    const filter = this.filters.get(purpose);
    const tables = this.tables.get(guest.name);
    if (filter === undefined || tables === undefined) return [];
    const { protocol, port } = packet;
    const told = { from: packet.from.address, to: packet.to.address, protocol, port };
    const device = INTERFACES[purpose];
    const inGuest = evaluateNftables(tables, direction === "in" ? "input" : "output", {
      ...told,
      ...(direction === "in" ? { iif: device } : { oif: device }),
      state: "new",
    });
    const atPort = evaluateNwFilter(filter, { ...told, direction }, this.ownAddresses({ guest, purpose }));
    const enforcements: Enforcement[] = [
      { target: "nftables", at: guest.name, ...inGuest },
      { target: "nwfilter", at: guest.name, ...atPort },
    ];
    return direction === "in" ? enforcements.toReversed() : enforcements;
  }

  private ownAddresses({ guest, purpose }: Interface): string[] {
    const { redirect } = this.plan.environment.failover;
    const moving = purpose === "client" && guest.kind === "member" && redirect.kind === "vip";
    return [guest.addresses[purpose], ...(moving ? [redirect.address] : [])];
  }
}
