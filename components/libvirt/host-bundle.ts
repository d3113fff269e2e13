import { kvmOf, type KvmHost, type Secrets } from "../declaration/index.js";
import {
  authorizedKey,
  FENCE,
  HOST_PATHS,
  jobs,
  knownHosts,
  serviceUnit,
  timerUnit,
  unitName,
  type HostBundle,
  type HostFile,
  type HostKeys,
  type PlanGuest,
  type RecoveryPlan,
} from "../recovery/index.js";
import { fenceCommand, fenceSudoers } from "./text/fence-command.js";
import { polkitRules } from "./text/polkit-rules.js";
import { qemuHook } from "./text/qemu-hook.js";

const FENCE_HOME = "/var/lib/pgkeep/fence";

/** Everything that one hypervisor needs beside its guests. Pure: the same plan and secrets give the same bundle. */
export function hostBundle(plan: RecoveryPlan, hostName: string, secrets: Secrets): HostBundle {
  const { environment } = plan;
  const host = find(kvmOf(environment).hosts, hostName);
  const own = jobs(plan).filter((job) => job.host === hostName);
  const fenced = fencedMembers(plan, hostName);
  const { auditors, backupOperators, recoveryOperators } = environment.platformRoles;
  return {
    format: "pgkeep/host-bundle/1",
    environment: environment.name,
    directories: [
      { path: "/etc/pgkeep", mode: "0755" },
      { path: "/etc/pgkeep/secrets", mode: "0700" },
      { path: "/var/lib/pgkeep", mode: "0711" },
      { path: HOST_PATHS.state, mode: "0711" },
      { path: "/var/lib/pgkeep/evidence", mode: "0750" },
    ],
    accounts: fenced.length === 0 ? [] : [{ name: FENCE.account, home: FENCE_HOME }],
    files: [
      file(HOST_PATHS.plan, "0644", `${JSON.stringify(plan, null, 2)}\n`),
      file(HOST_PATHS.authority, "0644", secrets.authority),
      file(HOST_PATHS.knownHosts, "0644", knownHosts(kvmOf(environment).hosts)),
      file(HOST_PATHS.operationsKey, "0600", secrets.operationsKey.private),
      ...secretFiles(plan, hostName, secrets),
      file(
        "/etc/polkit-1/rules.d/60-pgkeep.rules",
        "0644",
        polkitRules(environment.platformRoles, guestsOf(plan, hostName), host.user),
      ),
      ...(fenced.length === 0 ? [] : fenceFiles(fenced)),
      ...own.flatMap((job) => [
        file(`/etc/systemd/system/${unitName(job)}.service`, "0644", serviceUnit(job)),
        file(`/etc/systemd/system/${unitName(job)}.timer`, "0644", timerUnit(job)),
      ]),
    ],
    authorizedKeys: keys(plan, host, secrets, fenced),
    timers: own.map((job) => `${unitName(job)}.timer`),
    people: [...auditors, ...backupOperators, ...recoveryOperators],
  };
}

function secretFiles({ environment, guests }: RecoveryPlan, hostName: string, secrets: Secrets): HostFile[] {
  const { redirect } = environment.failover;
  const files: HostFile[] = [];
  if (redirect.kind === "dns" && secrets.tsig !== undefined) {
    const key = `key "${redirect.key}" {\n  algorithm hmac-sha256;\n  secret "${secrets.tsig}";\n};\n`;
    files.push(file(HOST_PATHS.tsig, "0600", key));
  }
  // Drills connect as clients do; they run where a lost primary site does not take them along.
  const keeper = guests.find(({ kind }) => kind === "witness") ?? guests[0];
  if (keeper?.host === hostName)
    files.push(file(HOST_PATHS.passwords, "0600", `${JSON.stringify(secrets.passwords, null, 2)}\n`));
  return files;
}

function fenceFiles(members: readonly string[]): HostFile[] {
  return [
    file(HOST_PATHS.fenceCommand, "0755", fenceCommand(members)),
    file("/etc/sudoers.d/pgkeep-fence", "0440", fenceSudoers(members)),
    file(HOST_PATHS.fenceHook, "0755", qemuHook()),
  ];
}

function keys(plan: RecoveryPlan, host: KvmHost, secrets: Secrets, fenced: readonly string[]): HostKeys[] {
  const others = kvmOf(plan.environment)
    .hosts.filter(({ name }) => name !== host.name)
    .map(({ address }) => address);
  const list: HostKeys[] =
    others.length === 0
      ? []
      : [{ account: host.user, lines: [authorizedKey(secrets.operationsKey.public, others)] }];
  if (fenced.length > 0 && secrets.fencingKey !== undefined) {
    const members = plan.guests.filter(({ kind }) => kind === "member");
    const from = members.map(({ addresses }) => addresses.management);
    const line = authorizedKey(secrets.fencingKey.public, from, HOST_PATHS.fenceCommand);
    list.push({ account: FENCE.account, lines: [line] });
  }
  return list;
}

/** Members that this hypervisor can be asked to power off. */
function fencedMembers({ environment, guests }: RecoveryPlan, hostName: string): string[] {
  const member = (guest: PlanGuest): boolean => guest.kind === "member" && guest.host === hostName;
  return environment.failover.fencing ? guests.filter(member).map(({ name }) => name) : [];
}

function guestsOf({ guests }: RecoveryPlan, hostName: string): string[] {
  return guests.filter(({ host }) => host === hostName).map(({ name }) => name);
}

function file(path: string, mode: string, content: string): HostFile {
  return { path, mode, content: content.endsWith("\n") ? content : `${content}\n` };
}

function find(hosts: readonly KvmHost[], name: string): KvmHost {
  const host = hosts.find((candidate) => candidate.name === name);
  if (host === undefined)
    throw new RangeError(
      `"${name}" is not a hypervisor of this environment; give one of ${hosts.map((h) => h.name).join(", ")}`,
    );
  return host;
}
