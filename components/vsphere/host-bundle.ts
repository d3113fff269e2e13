import type { Secrets, VmwareHost } from "../declaration/index.js";
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
  type Job,
  type RecoveryPlan,
} from "../recovery/index.js";
import { fenceCommand, FENCED_DIRECTORY, fenceSudoers, type FencedVm } from "./text/fence-command.js";

const FENCE_HOME = "/var/lib/pgkeep/fence";

/** The account of the site's vCenter, a file of one line each, which govc reads by itself; mode 0600. */
export const VCENTER_ACCOUNT = {
  user: "/etc/pgkeep/secrets/vcenter-user",
  password: "/etc/pgkeep/secrets/vcenter-password",
} as const;

/** What an operations host signs in to vCenter with. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Jobs that the command carries out on vSphere. The others stand in the plan; nothing is served by a timer that only fails. */
export function carriedOut(job: Job): boolean {
  return job.arguments[0] === "snapshot";
}

/**
 * Everything that one operations host needs: the plan, keys, the site's vCenter, fencing, timers. Pure: the same plan, secrets and
 * login give the same bundle. It holds keys and passwords: secret as a whole.
 */
export function hostBundle(plan: RecoveryPlan, host: VmwareHost, secrets: Secrets, login: Login): HostBundle {
  const { environment } = plan;
  if (environment.platform !== "vmware")
    throw new RangeError(
      `environment ${environment.name} is of platform ${environment.platform}, not vmware`,
    );
  const own = jobs(plan).filter((job) => job.host === host.name && carriedOut(job));
  const fenced = environment.failover.fencing ? membersAt(plan, host) : [];
  return {
    format: "pgkeep/host-bundle/1",
    environment: environment.name,
    directories: [
      { path: "/etc/pgkeep", mode: "0755" },
      { path: "/etc/pgkeep/secrets", mode: "0700" },
      { path: "/var/lib/pgkeep", mode: "0711" },
      { path: HOST_PATHS.state, mode: "0711" },
      { path: FENCED_DIRECTORY, mode: "0755" },
      { path: "/var/lib/pgkeep/evidence", mode: "0750" },
    ],
    accounts: fenced.length === 0 ? [] : [{ name: FENCE.account, home: FENCE_HOME }],
    files: [
      file(HOST_PATHS.plan, "0644", `${JSON.stringify(plan, null, 2)}\n`),
      file(HOST_PATHS.authority, "0644", secrets.authority),
      file(HOST_PATHS.knownHosts, "0644", knownHosts(environment.vmware.hosts)),
      file(HOST_PATHS.operationsKey, "0600", secrets.operationsKey.private),
      file(VCENTER_ACCOUNT.user, "0600", oneLine("user", login.user)),
      file(VCENTER_ACCOUNT.password, "0600", oneLine("password", login.password)),
      ...(fenced.length === 0
        ? []
        : [
            file(
              HOST_PATHS.fenceCommand,
              "0755",
              fenceCommand(fenced, {
                vcenter: vcenterAt(plan, host),
                account: VCENTER_ACCOUNT,
                authorities: host.authorities,
              }),
            ),
            file("/etc/sudoers.d/pgkeep-fence", "0440", fenceSudoers(fenced)),
          ]),
      ...own.flatMap((job) => [
        file(`/etc/systemd/system/${unitName(job)}.service`, "0644", serviceUnit(job)),
        file(`/etc/systemd/system/${unitName(job)}.timer`, "0644", timerUnit(job)),
      ]),
    ],
    authorizedKeys: fencingKeys(plan, secrets, fenced),
    timers: own.map((job) => `${unitName(job)}.timer`),
    // People work in vCenter, by the roles there.
    people: [],
  };
}

/** The vCenter Server of a host's site. */
export function vcenterAt({ environment }: RecoveryPlan, { site }: VmwareHost): string {
  const place = environment.vmware?.sites.find((candidate) => candidate.site === site);
  if (place === undefined) throw new TypeError("the environment was not checked by parseEnvironment");
  return place.vcenter;
}

function membersAt({ guests }: RecoveryPlan, { name }: VmwareHost): FencedVm[] {
  return guests.flatMap((guest) =>
    guest.kind === "member" && guest.host === name && guest.vm !== undefined
      ? [{ name: guest.name, path: guest.vm.path }]
      : [],
  );
}

function fencingKeys(
  { guests }: RecoveryPlan,
  { fencingKey }: Secrets,
  fenced: readonly FencedVm[],
): HostBundle["authorizedKeys"] {
  if (fenced.length === 0 || fencingKey === undefined) return [];
  const from = guests.filter(({ kind }) => kind === "member").map(({ addresses }) => addresses.management);
  const line = authorizedKey(fencingKey.public, from, HOST_PATHS.fenceCommand);
  return [{ account: FENCE.account, lines: [line] }];
}

/** @throws TypeError for a text that a file of one line cannot hold; it is not shown */
function oneLine(what: string, text: string): string {
  if (text === "" || /\p{Cc}/u.test(text))
    throw new TypeError(
      `the ${what} of the operations account is empty or holds a control character; give another one`,
    );
  return text;
}

function file(path: string, mode: string, content: string): HostFile {
  return { path, mode, content: content.endsWith("\n") ? content : `${content}\n` };
}
