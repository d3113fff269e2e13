import { siteCluster, storePlace, type AccessRule as DeclaredRule } from "../../declaration/index.js";
import { within } from "../../declaration/units.js";
import { PORTS } from "../../postgres/index.js";
import {
  AccessPolicies,
  type AccessPoliciesArgs,
  type AccessRule,
  type Endpoints,
} from "../access-policies.js";
import { archiveJobLabels } from "../labels.js";
import { arriving, leaving, partName, serversOf, type Placement } from "./placement.js";

/** Who reaches the members of a site: the declared groups, and the members of the others. */
export function placeAccess(placement: Placement): AccessPolicies {
  const { environment, place, opts } = placement;
  const { calico, dns } = environment.kubernetes;
  const replication = [...new Set([...arriving(placement), ...leaving(placement)])];
  return new AccessPolicies(
    partName(placement, "access"),
    {
      namespace: place.namespace,
      cluster: siteCluster(environment.cluster.name, place.site),
      labels: serversOf(placement),
      ...clientsOf(placement),
      replication: replication.length === 0 ? "none" : replication,
      dns,
      ...archiveOf(placement),
      // Metrics come through PostgreSQL's own port, to a role that is declared.
      monitoring: "none",
      management: "none",
      calico,
      closed: true,
    },
    opts,
  );
}

/** The object store, and the jobs that take base backups: Calico's policies decide before those of the archive itself. */
function archiveOf({ environment, place }: Placement): Pick<AccessPoliciesArgs, "backup" | "archiver"> {
  const { archive } = environment.kubernetes;
  if (archive === undefined) return { backup: "none" };
  const labels = archiveJobLabels(siteCluster(environment.cluster.name, place.site));
  return {
    backup: { networks: archive.networks, ports: [storePlace(archive).port] },
    archiver: { pods: [{ namespace: place.namespace, labels }], ports: [PORTS.pgbackrest] },
  };
}

/**
 * Groups and rules. Who logs in as what is for pg_hba.conf, so a group has one rule however many roles it may use; and none at all
 * where others let all of it in already.
 */
function clientsOf(placement: Placement): {
  groups: (Endpoints & { name: string })[];
  rules: AccessRule[];
} {
  const { access, kubernetes } = placement.environment;
  const open = [...arriving(placement), ...leaving(placement)];
  const groups: (Endpoints & { name: string })[] = [];
  const rules: AccessRule[] = [];
  for (const { name, networks } of access.groups) {
    const pods = kubernetes.clients.find(({ group }) => group === name)?.pods;
    if (pods === undefined) {
      if (networks.every((each) => open.some((other) => within(each, other)))) continue;
      open.push(...networks);
    }
    groups.push({ name, ...(pods === undefined ? { networks } : { pods }) });
    rules.push(
      ruleOf(
        name,
        access.rules.filter(({ from }) => from === name),
      ),
    );
  }
  return { groups, rules };
}

/** The rules about one group as one. */
function ruleOf(group: string, rules: readonly DeclaredRule[]): AccessRule {
  const owners = [...new Set(rules.flatMap(({ owner }) => owner ?? []))].join(", ");
  const ends = rules.map(({ expires }) => expires);
  const last = ends.includes(undefined) ? undefined : ends.toSorted().at(-1);
  return {
    name: group,
    from: [group],
    description: rules.length === 1 ? (rules[0]?.description ?? group) : described(rules),
    ...(owners === "" ? {} : { owner: owners.slice(0, LONGEST) }),
    // The port stays open until the last role that uses it may no longer log in.
    ...(last === undefined ? {} : { expires: last }),
  };
}

/** What a description holds. */
const LONGEST = 200;

function described(rules: readonly DeclaredRule[]): string {
  return rules
    .map(({ description }) => description)
    .join("; ")
    .slice(0, LONGEST);
}
