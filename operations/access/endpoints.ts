import ipaddr from "ipaddr.js";
import { machines, PURPOSES, type Purpose } from "../../components/declaration/index.js";
import type { RecoveryPlan } from "../../components/recovery/index.js";
import { UsageError } from "../errors.js";

/** A side of a connection as an operator names it. */
export interface Named {
  readonly name: string;
  /** It is an address, not a name: no other one is meant. */
  readonly exact?: true;
  /** Addresses it may have part in the connection with; of a guest with the network of each. */
  readonly addresses: readonly { readonly address: string; readonly purpose?: Purpose }[];
}

/** A pair of addresses between which a connection is looked at. */
export interface Path {
  readonly network: Purpose;
  readonly from: string;
  readonly to: string;
}

/** Finds what a name means: a guest, an access group, a hypervisor, a service beside them, or an address. */
export function endpointOf(plan: RecoveryPlan, name: string, option: string): Named {
  if (ipaddr.isValid(name)) {
    const address = ipaddr.parse(name).toString();
    const purpose = PURPOSES.find((each) => plan.guests.some(({ addresses }) => addresses[each] === address));
    return {
      name: address,
      exact: true,
      addresses: [{ address, ...(purpose === undefined ? {} : { purpose }) }],
    };
  }
  const found = known(plan).find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `${option}: "${name}" is not known in ${plan.environment.name}`,
    `an address, or one of ${known(plan)
      .map((each) => each.name)
      .join(", ")}`,
  );
}

function known({ environment, guests }: RecoveryPlan): Named[] {
  const { access, failover, hardening, cluster } = environment;
  const { redirect } = failover;
  const single = (name: string, address: string): Named => ({ name, addresses: [{ address }] });
  return [
    ...guests.map(({ name, addresses }) => ({
      name,
      addresses: PURPOSES.map((purpose) => ({ address: addresses[purpose], purpose })),
    })),
    ...access.groups.map(({ name, networks }) => ({
      name,
      addresses: networks.map((network) => ({ address: firstOf(network) })),
    })),
    ...machines(environment).hosts.map(({ name, address }) => single(name, address)),
    ...(redirect.kind === "dns" ? [single("dns", redirect.server)] : []),
    ...(redirect.kind === "vip"
      ? [
          {
            name: `${cluster.name}-address`,
            addresses: [{ address: redirect.address, purpose: "client" as const }],
          },
        ]
      : []),
    ...(hardening.ntp.length > 0
      ? [{ name: "time", addresses: hardening.ntp.map((address) => ({ address })) }]
      : []),
  ];
}

/** An address that stands for a network: its first that a machine can have. */
function firstOf(network: string): string {
  const [address = "", length] = network.split("/");
  const bytes = ipaddr.parse(address).toByteArray();
  if (Number(length) < 8 * bytes.length - 1) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) + 1;
  return ipaddr.fromByteArray(bytes).toString();
}

/**
 * Pairs of addresses that a connection may take. Guests meet on a network that they share; others come by the network that
 * their address lies in, or by the clients' with its gateway. An address of a guest is called where it is, from wherever.
 *
 * @throws UsageError when neither side is a guest
 */
export function pathsBetween(plan: RecoveryPlan, from: Named, to: Named): readonly Path[] {
  const { networks } = machines(plan.environment);
  const homeOf = (address: string): Purpose =>
    PURPOSES.find((purpose) => isWithin(address, networks[purpose])) ?? "client";
  const paths = from.addresses.flatMap((one) =>
    to.addresses.flatMap((other): Path[] => {
      if (one.purpose === undefined && other.purpose === undefined) return [];
      const sameFamily = one.address.includes(":") === other.address.includes(":");
      const [here, there] = [one.purpose ?? homeOf(one.address), other.purpose ?? homeOf(other.address)];
      const same = one.address === other.address;
      // Of a guest that is asked for by one address, that one is meant, from wherever.
      const [fromExact, toExact] = [from.exact === true, to.exact === true];
      const meant =
        (fromExact && toExact) ||
        (one.purpose === undefined && toExact) ||
        (other.purpose === undefined && fromExact);
      return sameFamily && !same && (here === there || meant)
        ? [{ network: other.purpose ?? here, from: one.address, to: other.address }]
        : [];
    }),
  );
  if (paths.length === 0)
    throw new UsageError(
      `there is no way between ${from.name} and ${to.name} on which a guest stands`,
      `a guest on one side: ${plan.guests.map(({ name }) => name).join(", ")}`,
    );
  return paths;
}

function isWithin(address: string, network: string): boolean {
  const one = ipaddr.parse(address);
  const [base, length] = ipaddr.parseCIDR(network);
  return one.kind() === base.kind() && one.match(base, length);
}
