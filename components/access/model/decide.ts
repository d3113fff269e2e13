import { addressValue, contains, type AddressValue } from "../network.js";
import { hasPorts, type Endpoint, type Login, type Packet } from "../packet.js";
import type { AccessModel, Group, Rule } from "./model.js";
import type { ModelLogin } from "./schema.js";

/** What the model says, and by which rule; without a rule the final deny has spoken. */
export interface Decision {
  /** ungoverned: no enforcement point stands at either side. */
  readonly verdict: "allow" | "deny" | "ungoverned";
  readonly rule?: Rule;
}

export function isMember(group: Group, endpoint: Endpoint): boolean {
  return holds(group, endpoint, addressValue(endpoint.address));
}

function holds(group: Group, { tags, pod }: Endpoint, address: AddressValue): boolean {
  return (
    group.networks.some((network) => contains(network, address)) ||
    group.tags.some(({ scope, tag }) => tags?.includes(`${scope}|${tag}`) === true) ||
    (pod !== undefined &&
      (group.pods.some(
        ({ namespace, labels }) =>
          namespace === pod.namespace &&
          Object.entries(labels).every(([key, value]) => pod.labels[key] === value),
      ) ||
        group.serviceAccounts.some(
          ({ namespace, name }) => namespace === pod.namespace && name === (pod.serviceAccount ?? "default"),
        )))
  );
}

/** Decides the first packet of a connection. */
export function decide(model: AccessModel, packet: Packet): Decision {
  return decideAmong(model, membership(model, packet), packet);
}

/**
 * Decides a login over a connection: the network must carry it, and the first rule that denies the connection or names the
 * login decides. Logins without TLS are never permitted.
 */
export function decideLogin(model: AccessModel, packet: Packet, login: Login): Decision {
  const sides = membership(model, packet);
  const connection = decideAmong(model, sides, packet);
  if (connection.verdict !== "allow") return connection;
  for (const rule of model.rules) {
    if (!fits(rule, sides, packet)) continue;
    if (rule.action === "deny") return { verdict: "deny", rule };
    const named = rule.logins.find((each) => isLogin(each, login));
    // PostgreSQL asks for the proof of the first record that fits, and tries no other.
    if (named !== undefined)
      return { verdict: named.certificate && login.certificate !== true ? "deny" : "allow", rule };
  }
  return { verdict: "deny" };
}

/** Groups that the two sides of a connection belong to. */
export interface Sides {
  readonly from: ReadonlySet<Group>;
  readonly to: ReadonlySet<Group>;
}

export function groupsOf(model: AccessModel, endpoint: Endpoint): ReadonlySet<Group> {
  const address = addressValue(endpoint.address);
  return new Set(model.groups.filter((group) => holds(group, endpoint, address)));
}

/** Decides for everybody in the same groups at once. */
export function decideAmong(
  model: AccessModel,
  sides: Sides,
  call: Pick<Packet, "protocol" | "port">,
): Decision {
  const governed = [...sides.from, ...sides.to].some(({ enforced }) => enforced);
  if (!governed) return { verdict: "ungoverned" };
  const rule = model.rules.find((candidate) => fits(candidate, sides, call));
  return rule === undefined ? { verdict: "deny" } : { verdict: rule.action, rule };
}

/** Logins that are permitted to everybody in the same groups. */
export function loginsAmong(
  model: AccessModel,
  sides: Sides,
  call: Pick<Packet, "protocol" | "port">,
): readonly ModelLogin[] {
  if (decideAmong(model, sides, call).verdict !== "allow") return [];
  const fitting = model.rules.filter((rule) => fits(rule, sides, call));
  const denial = fitting.findIndex(({ action }) => action === "deny");
  return fitting.slice(0, denial < 0 ? undefined : denial).flatMap(({ logins }) => logins);
}

function membership(model: AccessModel, { from, to }: Packet): Sides {
  return { from: groupsOf(model, from), to: groupsOf(model, to) };
}

function isLogin({ database, role }: ModelLogin, login: Login): boolean {
  if (login.tls === false || role !== login.role) return false;
  return login.replication === true ? database === undefined : database === login.database;
}

function fits(
  { from, to, services }: Rule,
  sides: Sides,
  { protocol, port }: Pick<Packet, "protocol" | "port">,
): boolean {
  return (
    (from === "any" || from.some((group) => sides.from.has(group))) &&
    (to === "any" || to.some((group) => sides.to.has(group))) &&
    (services === "any" ||
      services.some((service) => {
        if (service.protocol !== protocol) return false;
        return (
          !hasPorts(protocol) ||
          (port !== undefined && service.ports.some(({ first, last }) => first <= port && port <= last))
        );
      }))
  );
}
