import fc from "fast-check";
import { decide, readModel, type AccessModel, type Packet } from "../../../components/access/index.js";
import { CALLS } from "../../operations/access/packets.js";
import { GUESTS, models, packets } from "../../access/matrix/arbitrary.js";

/** A rule set, and packets between the host that holds all guests' addresses and machines elsewhere. */
export interface Sample {
  readonly model: AccessModel;
  readonly packets: readonly Packet[];
}

const SEED = 20_261_127;

export function isGuest(address: string): boolean {
  return GUESTS.some((guest) => guest.address === address);
}

/** Of so many generated packets those are taken that are sent: few are allowed, and they would be rare among the others. */
const DRAWN = 500;

/** The same rule sets and packets in every run; up to half of the packets of a rule set are allowed by it. */
export function samples(count: number, packetsEach: number): readonly Sample[] {
  return fc.sample(models("networks"), { numRuns: count, seed: SEED }).map((input, i) => {
    const model = readModel(input);
    // Never between two addresses of the host: that never leaves it.
    const elsewhere = packets("networks").filter(
      ({ from, to }) => isGuest(from.address) !== isGuest(to.address),
    );
    const drawn = unique(fc.sample(elsewhere, { numRuns: DRAWN, seed: SEED + i }));
    const isAllowed = (packet: Packet): boolean => decide(model, packet).verdict === "allow";
    const allowed = drawn.filter(isAllowed).slice(0, packetsEach / 2);
    const denied = drawn.filter((packet) => !isAllowed(packet)).slice(0, packetsEach - allowed.length);
    return { model, packets: [...allowed, ...denied] };
  });
}

function unique(all: readonly Packet[]): Packet[] {
  return [...new Map(all.map((packet) => [JSON.stringify(packet), packet])).values()];
}

/** Addresses of packets that are not the host's. */
export function othersOf(all: readonly Packet[]): readonly string[] {
  return [...new Set(all.flatMap(({ from, to }) => [from.address, to.address]))].filter(
    (address) => !isGuest(address),
  );
}

/** Most packets of a sample that no rule allows; all that are allowed are sent. */
const DENIED = 400;

/** Every call that means something, between own addresses and others, both ways. */
export function packetsBetween(own: readonly string[], others: readonly string[]): readonly Packet[] {
  return own.flatMap((near) =>
    others.flatMap((far) =>
      CALLS.flatMap(([protocol, port]): Packet[] => {
        const call = { protocol, ...(port === undefined ? {} : { port }) };
        const [here, there] = [{ address: near }, { address: far }];
        return [
          { from: here, to: there, ...call },
          { from: there, to: here, ...call },
        ];
      }),
    ),
  );
}

/** All packets that are allowed, and others evenly from among the rest. */
export function chosen(all: readonly Packet[], isAllowed: (packet: Packet) => boolean): readonly Packet[] {
  const denied = all.filter((packet) => !isAllowed(packet));
  const step = Math.max(1, Math.floor(denied.length / DENIED));
  return [...all.filter(isAllowed), ...denied.filter((_, i) => i % step === 0)];
}
