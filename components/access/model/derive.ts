import { machines, PURPOSES, type Environment, type Host, type Purpose } from "../../declaration/index.js";
import { hostOf, type PlanGuest, type RecoveryPlan } from "../../recovery/index.js";
import { SSH, type GuestPorts } from "../guest-rules.js";
import { readModel, type AccessModel } from "./model.js";
import type { ModelInput } from "./schema.js";

type GroupInput = NonNullable<ModelInput["groups"]>[number];
type ServiceInput = NonNullable<ModelInput["services"]>[number];
type RuleInput = NonNullable<ModelInput["rules"]>[number];

/** A rule that carries no login unless it says so. */
type Path = Pick<RuleInput, "name" | "from" | "to" | "services" | "description"> &
  Partial<Pick<RuleInput, "logins" | "owner" | "expires">>;

/** Name of the group that holds a guest's address on one network. */
export function guestGroup(purpose: Purpose, guest: string): string {
  return `${purpose}.${guest}`;
}

/**
 * The access model of an environment: the declared rules, and every path that the declared cluster needs to live — streaming
 * and rewind, etcd, Patroni, backup, fencing, DNS update, time, the address that moves. The ground is the plan alone, so the
 * model can judge the texts that the guests get.
 */
export function derivedModel(plan: RecoveryPlan, ports: GuestPorts): AccessModel {
  return readModel(derivedInput(plan, ports));
}

/** The same before it is read, for the checks: two declared groups may overlap, so that a rule of one never decides. */
export function derivedInput(plan: RecoveryPlan, ports: GuestPorts): ModelInput {
  return {
    groups: [...declaredGroups(plan), ...guestGroups(plan), ...outsideGroups(plan)],
    services: services(plan, ports),
    rules: [
      ...declaredRules(plan),
      ...replicationRules(plan),
      ...backupRules(plan),
      ...managementRules(plan),
      ...addressRules(plan),
      ...reachability(),
    ].map((path) => ({ ...path, action: "allow" })),
  };
}

function declaredGroups({ environment: { access } }: RecoveryPlan): GroupInput[] {
  return access.groups.map(({ name, networks }) => ({ name, networks }));
}

function guestGroups({ environment, guests }: RecoveryPlan): GroupInput[] {
  const { redirect } = environment.failover;
  const groups = guests.flatMap(({ name, addresses }) =>
    PURPOSES.map((purpose) => ({
      name: guestGroup(purpose, name),
      networks: [host(addresses[purpose])],
      enforced: true,
    })),
  );
  if (redirect.kind === "vip")
    groups.push({ name: "client.address", networks: [host(redirect.address)], enforced: true });
  return groups;
}

/** What guests call and what is no guest. */
function outsideGroups({ environment }: RecoveryPlan): GroupInput[] {
  const { failover, hardening } = environment;
  const groups: GroupInput[] = [];
  if (failover.fencing || environment.platform === "vmware")
    groups.push(
      ...machines(environment).hosts.map(({ name, address }) => ({
        name: hostGroup(environment, name),
        networks: [host(address)],
      })),
    );
  if (failover.redirect.kind === "dns")
    groups.push({ name: "service.dns", networks: [host(failover.redirect.server)] });
  if (hardening.ntp.length > 0) groups.push({ name: "service.time", networks: hardening.ntp.map(host) });
  return groups;
}

function services({ environment }: RecoveryPlan, ports: GuestPorts): ServiceInput[] {
  const { failover, platform } = environment;
  const { hosts } = machines(environment);
  const tcp = (name: string, ...numbers: number[]): ServiceInput => ({
    name,
    protocol: "tcp",
    ports: numbers,
  });
  const dns = failover.redirect.kind === "dns" ? failover.redirect.port : 53;
  return [
    tcp("postgresql", ports.postgres),
    tcp("patroni", ports.patroni),
    tcp("etcd", ports.etcdClient, ports.etcdPeer),
    tcp("pgbackrest", ports.pgbackrest),
    ...[...new Set([...hosts.map(({ port }) => port), ...(platform === "vmware" ? [SSH] : [])])].map((port) =>
      tcp(sshService({ port }), port),
    ),
    tcp("dns-tcp", dns),
    { name: "dns-udp", protocol: "udp", ports: [dns] },
    { name: "ntp", protocol: "udp", ports: [123] },
    { name: "vrrp", protocol: "vrrp" },
    { name: "icmp", protocol: "icmp" },
  ];
}

function declaredRules({ environment, guests }: RecoveryPlan): Path[] {
  const { access, cluster, failover } = environment;
  const to = members(guests).map(({ name }) => guestGroup("client", name));
  if (failover.redirect.kind === "vip") to.push("client.address");
  return access.rules.map(({ from, roles, description, owner, expires }, i) => {
    const nth = access.rules.slice(0, i).filter((rule) => rule.from === from).length;
    return {
      name: `access.${from}${nth === 0 ? "" : `.${nth + 1}`}`,
      from: [from],
      to,
      services: ["postgresql"],
      description,
      ...(owner === undefined ? {} : { owner }),
      ...(expires === undefined ? {} : { expires }),
      logins: roles.flatMap((name) => {
        const role = cluster.roles.find((each) => each.name === name);
        // A monitor sees statistics only, which every server shows in this database.
        const databases = role?.kind === "monitor" ? ["postgres"] : (role?.databases ?? []);
        return databases.map((database) => ({ database, role: name }));
      }),
    };
  });
}

function replicationRules({ guests }: RecoveryPlan): Path[] {
  const servers = members(guests).map(({ name }) => guestGroup("replication", name));
  const voters = guests.map(({ name }) => guestGroup("replication", name));
  const paths: Path[] = [];
  if (servers.length > 1)
    paths.push(
      {
        name: "cluster.streaming",
        from: servers,
        to: servers,
        services: ["postgresql"],
        description: "standbys stream and rewind from the primary, whichever member it is",
        logins: [
          { role: "replicator", certificate: true },
          { role: "rewind", database: "postgres", certificate: true },
        ],
      },
      {
        name: "cluster.patroni",
        from: servers,
        to: servers,
        services: ["patroni"],
        description: "Patroni asks the other members before it acts",
      },
    );
  if (voters.length > 1)
    paths.push({
      name: "cluster.etcd",
      from: voters,
      to: voters,
      services: ["etcd"],
      description: "etcd members elect and serve the cluster's state",
    });
  return paths;
}

function backupRules({ repository, guests }: RecoveryPlan): Path[] {
  if (repository === undefined) return [];
  const servers = members(guests).map(({ name }) => guestGroup("replication", name));
  const store = [guestGroup("replication", repository)];
  const path = (name: string, from: string[], to: string[], description: string): Path => ({
    ...{ name, from, to, description },
    services: ["pgbackrest"],
  });
  return [
    path("backup.archive", servers, store, "members archive WAL and restore from the repository"),
    path("backup.base", store, servers, "the repository takes base backups of members"),
  ];
}

function managementRules({ environment, guests }: RecoveryPlan): Path[] {
  const { failover, hardening } = environment;
  const callers = (among: readonly PlanGuest[]): string[] =>
    among.map(({ name }) => guestGroup("management", name));
  const paths: Path[] = [];
  if (environment.platform === "vmware")
    for (const { name, site } of environment.vmware.hosts) {
      const to = callers(guests.filter((guest) => guest.site === site));
      if (to.length > 0)
        paths.push({
          name: `configuration.${name}`,
          from: [hostGroup(environment, name)],
          to,
          services: [sshService({ port: SSH })],
          description: "the site's operations host configures its guests",
        });
    }
  if (failover.fencing) {
    for (const site of new Set(members(guests).map((member) => member.site))) {
      const target = hostOf(environment, site);
      // A member fences the others, never itself.
      const from = members(guests).filter((caller) =>
        members(guests).some((peer) => peer.name !== caller.name && peer.site === site),
      );
      if (from.length > 0)
        paths.push({
          name: `fencing.${target.name}`,
          from: callers(from),
          to: [hostGroup(environment, target.name)],
          services: [sshService(target)],
          description: "a candidate has the old primary powered off before it is promoted",
        });
    }
  }
  if (failover.redirect.kind === "dns")
    paths.push({
      name: "redirect.dns",
      from: callers(members(guests)),
      to: ["service.dns"],
      services: ["dns-tcp", "dns-udp"],
      description: "a new primary points the clients' name at itself",
    });
  if (hardening.ntp.length > 0)
    paths.push({
      name: "time.ntp",
      from: callers(guests),
      to: ["service.time"],
      services: ["ntp"],
      description: "guests ask the time",
    });
  return paths;
}

function addressRules({ environment, guests }: RecoveryPlan): Path[] {
  const carriers = members(guests).map(({ name }) => guestGroup("client", name));
  if (environment.failover.redirect.kind !== "vip" || carriers.length < 2) return [];
  return [
    {
      name: "redirect.vrrp",
      from: carriers,
      to: carriers,
      services: ["vrrp"],
      description: "members agree on who carries the clients' address",
    },
  ];
}

function reachability(): Path[] {
  return [
    {
      name: "reachability",
      from: "any",
      to: "any",
      services: ["icmp"],
      description: "echo, errors and path MTU discovery",
    },
  ];
}

function members(guests: readonly PlanGuest[]): readonly PlanGuest[] {
  return guests.filter(({ kind }) => kind === "member");
}

function hostGroup({ platform }: Environment, name: string): string {
  return `${platform === "kvm" ? "hypervisor" : "operations"}.${name}`;
}

function sshService({ port }: Pick<Host, "port">): string {
  return `ssh-${port}`;
}

/** The network of one address. */
function host(address: string): string {
  return `${address}/${address.includes(":") ? 128 : 32}`;
}
