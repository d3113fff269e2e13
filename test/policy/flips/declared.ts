import { Node } from "../../../policy/node.js";
import type { Subject } from "../../../policy/rule.js";
import { replaced } from "../kubernetes/change.js";
import { flip, gone, inverted, set, type Flip, type FlipTable } from "./flip.js";

const CLUSTER = /^pgkeep:(?:libvirt|vsphere|kubernetes):PostgresCluster$/;
const E = ".environment";
const HOUR = 3600;

/** Once a year. */
const RARE = "0 5 1 1 *";

/** Where nobody has to decide, these times count. */
function automatic(each: Flip): Flip {
  return {
    ...each,
    changes: (resource) =>
      resource.inputs.at("environment").at("failover").text("mode") === "automatic"
        ? each.changes(resource)
        : [],
  };
}

/** The repository stands where the primary does. */
function repositoryAtPrimary(resource: Subject): Subject[] {
  const primary = resource.inputs
    .at("environment")
    .list("sites")
    .find((site) => site.text("role") === "primary");
  const path = ["environment", "backup", "repository", "site"];
  return [{ ...resource, inputs: new Node(replaced(resource.inputs.value, path, primary?.text("name"))) }];
}

/** The declaration of a cluster, which its component shows to the pack. */
export const declaredFlips: FlipTable = {
  flips: [
    set(CLUSTER, `${E}.backup.repository.encryption`, "none"),
    { ...set(CLUSTER, `${E}.backup.repository.site`, ""), to: "the primary's", changes: repositoryAtPrimary },
    ...["base", "wal", "vmSnapshot"].map((level) => gone(CLUSTER, `${E}.backup.${level}`)),
    ...["base", "vmSnapshot"].flatMap((level) => [
      set(CLUSTER, `${E}.backup.${level}.retention.age`, 2 * 24 * HOUR),
      set(CLUSTER, `${E}.backup.${level}.retention.count`, 1),
    ]),
    set(CLUSTER, `${E}.backup.base.full.schedule`, RARE),
    set(CLUSTER, `${E}.backup.base.parallelism`, 0.001),
    set(CLUSTER, `${E}.backup.vmSnapshot.schedule`, RARE),
    set(CLUSTER, `${E}.backup.verification.schedule`, RARE),
    set(CLUSTER, `${E}.backup.wal.archiveTimeout`, 24 * HOUR),
    ...["restore", "failover", "site"].flatMap((drill) => [
      gone(CLUSTER, `${E}.drills.${drill}`),
      set(CLUSTER, `${E}.drills.${drill}.schedule`, RARE),
    ]),
    set(CLUSTER, `${E}.drills.evidence.retention`, 24 * HOUR),
    gone(CLUSTER, `${E}.capacity`),
    set(CLUSTER, `${E}.capacity.cpus`, 0.5),
    set(CLUSTER, `${E}.capacity.memory`, 1024),
    flip(CLUSTER, `${E}.cluster.members`, "at one site", (all) => {
      const members = all as readonly { readonly site: string }[];
      return members.filter(({ site }) => site === members[0]?.site);
    }),
    set(CLUSTER, `${E}.cluster.version.minor`, 0),
    inverted(CLUSTER, `${E}.failover.fencing`, true),
    flip(CLUSTER, `${E}.failover.watchdog`, "off", (value) => (value === "required" ? "off" : undefined)),
    automatic(set(CLUSTER, `${E}.failover.ttl`, 2 * 24 * HOUR)),
    automatic(set(CLUSTER, `${E}.failover.loopWait`, 2 * 24 * HOUR)),
    automatic(set(CLUSTER, `${E}.failover.redirect.ttl`, 2 * 24 * HOUR)),
    automatic(set(CLUSTER, `${E}.replication.maximumLag`, 2 ** 50)),
    set(CLUSTER, `${E}.objectives.availability`, 99.9999999),
    ...["rto", "restore.rpo", "restore.rto"].map((objective) =>
      set(CLUSTER, `${E}.objectives.${objective}`, 1),
    ),
    set(CLUSTER, `${E}.cluster.sizing.disks.data`, 2 ** 55),
    set(CLUSTER, `${E}.kubernetes.reaction`, 30 * 24 * HOUR),
  ],
  neutral: [
    [
      /\.(?:name|description|guest|from|zone|key|server|port|user|path|directory|image|domain|kind)$/,
      "names and addresses; what they lead to is judged where it is made",
    ],
    [
      /\.roles\[\]\.|\.databases\[\]|\.access\.|\.platformRoles\./,
      "becomes pg_hba.conf, roles, filters and permissions, which are judged",
    ],
    [/\.(?:kvm|vmware|kubernetes|scanning)\./, "becomes resources, which are judged"],
    [/\.hardening\./, "becomes firmware, TPM and clock of the machines, which are judged"],
    [/\.sizing\.|\.workload$|\.capacity\.site$/, "how large; what is reserved for it is judged"],
    [
      /\.(?:differential|incremental)\.schedule$/,
      "more often than the full backup alone; how long that may take is judged by the full one",
    ],
    [
      /\.version\.major$|\.platform$|\.sites\[\]\.(?:name|role)$|\.members\[\]\./,
      "what it is, not how safe; the sites that are needed are demanded",
    ],
    [
      /\.replication\.(?:mode|strict|synchronous|vm\.)|\.retryTimeout$|\.redirect\.kind$|\.failover\.mode$/,
      "chosen by the objectives, against which the whole is computed",
    ],
    [/\.objectives\.rpo$/, "an objective of nought is the strictest there is"],
    [/\.vmSnapshot\.quiesce$/, "a snapshot without it is crash-consistent, and valid with its WAL"],
    [/^\.protect$/, "judged at each resource that gets it"],
    [
      /\.(?:repository\.(?:path|s3|bucket|endpoint|region)|parameters)\b/,
      "judged in the texts that come of it",
    ],
  ].map(([path, why]) => ({ on: CLUSTER, path: path as RegExp, why: why as string })),
};
