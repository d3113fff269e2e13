import { PURPOSES } from "../machines.js";
import { longestInterval } from "../schedule.js";
import { formatDuration, formatSize, inNetwork } from "../units.js";
import { folderOf } from "../vmware.js";
import { choice, report, reportRepeated, type Check } from "./check.js";
import { machineChecks } from "./machines.js";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Recovery points of vSphere Replication: 5 min to 24 h, at most 24 points kept (VMware's documentation). */
const REPLICATION = { shortest: 300, longest: 86_400, points: 24 } as const;

/** Longest chain of snapshots that vSphere makes. */
const LONGEST_CHAIN = 32;

/** Where copies lie on KVM; on vSphere the datastore holds them. */
const KVM_DIRECTORIES = {
  vmSnapshot: "/var/lib/pgkeep/snapshots",
  vm: "/var/lib/pgkeep/replicas",
} as const;

/** Contradictions between the VMware section and the rest. */
export const vmwareChecks: readonly Check[] = [
  ...machineChecks({ section: "vmware", name: "VMware", host: "operations host" }),
  {
    needs: ["vmware", "sites"],
    find: ({ vmware, sites }, problems) => {
      const names = sites.map(({ name }) => name);
      reportRepeated(
        problems,
        vmware.sites.map(({ site }) => site),
        (i) => ["vmware", "sites", i, "site"],
        "a site's place in vCenter",
      );
      vmware.sites.forEach(({ site }, i) => {
        if (!names.includes(site))
          report(problems, ["vmware", "sites", i, "site"], site, "is not a declared site", choice(names));
      });
      sites.forEach(({ name }, i) => {
        if (!vmware.sites.some(({ site }) => site === name))
          report(
            problems,
            ["sites", i, "name"],
            name,
            "has no place in vCenter",
            `a vmware.sites entry with site ${name}`,
          );
      });
    },
  },
  {
    needs: ["vmware"],
    find: ({ vmware }, problems) => {
      const made = new Set<string>();
      vmware.sites.forEach(({ vcenter, datacenter, networks, switch: vds }, i) => {
        reportRepeated(
          problems,
          PURPOSES.map((purpose) => networks[purpose].name),
          (j) => ["vmware", "sites", i, "networks", PURPOSES[j] ?? "", "name"],
          "a network: purposes are never shared",
        );
        const vlans = PURPOSES.filter((purpose) => networks[purpose].vlan !== undefined);
        reportRepeated(
          problems,
          vlans.map((purpose) => String(networks[purpose].vlan)),
          (j) => ["vmware", "sites", i, "networks", vlans[j] ?? "", "vlan"],
          "a VLAN: purposes are never shared",
        );
        if (vlans.length > 0 && vds === undefined)
          report(
            problems,
            ["vmware", "sites", i, "switch"],
            undefined,
            "is missing although a network has a VLAN",
            "the distributed switch on which the port group is made, or no vlan",
          );
        if (vlans.length === 0 && vds !== undefined)
          report(
            problems,
            ["vmware", "sites", i, "switch"],
            vds,
            "is not used: no network has a VLAN",
            "a vlan for a network, or no switch",
          );
        for (const purpose of vlans) {
          const name = networks[purpose].name;
          const key = JSON.stringify([vcenter, datacenter, name]);
          if (made.has(key))
            report(
              problems,
              ["vmware", "sites", i, "networks", purpose, "name"],
              name,
              "is a port group that another site makes in the same datacenter",
              "another name, or no vlan here",
            );
        }
        for (const purpose of vlans) made.add(JSON.stringify([vcenter, datacenter, networks[purpose].name]));
      });
    },
  },
  {
    needs: ["vmware", "cluster", "failover"],
    find: ({ vmware, cluster, failover }, problems) => {
      const { management } = vmware.networks;
      vmware.hosts.forEach(({ site, address }, i) => {
        // Of hosts that fence, the same is said where fencing is looked at.
        const fences = failover.fencing && cluster.members.some((member) => member.site === site);
        if (!fences && !inNetwork(address, management))
          report(
            problems,
            ["vmware", "hosts", i, "address"],
            address,
            "lies outside the management network, where guests are configured",
            `an address in ${management}`,
          );
      });
    },
  },
  {
    needs: ["vmware", "cluster"],
    find: ({ vmware, cluster }, problems) => {
      const folders = new Set<string>();
      vmware.sites.forEach((site, i) => {
        const folder = folderOf(cluster.name, site);
        const key = JSON.stringify([site.vcenter, site.datacenter, folder]);
        if (folders.has(key))
          report(
            problems,
            ["vmware", "sites", i, "folder"],
            folder,
            "is the folder of another site in the same datacenter",
            "another folder",
          );
        folders.add(key);
      });
      const { memory, disks } = cluster.sizing;
      if (memory % (4 * MIB) !== 0)
        report(
          problems,
          ["cluster", "sizing", "memory"],
          formatSize(memory),
          "is no memory that a VM can have",
          "a multiple of 4 MiB",
        );
      for (const [disk, size] of Object.entries(disks))
        if (size % GIB !== 0)
          report(problems, ["cluster", "sizing", disk], formatSize(size), WHOLE, roundedUp(size));
    },
  },
  {
    needs: ["vmware", "backup"],
    find: ({ backup }, problems) => {
      const { size } = backup.repository;
      if (size !== undefined && size % GIB !== 0)
        report(problems, ["backup", "repository", "size"], formatSize(size), WHOLE, roundedUp(size));
    },
  },
  {
    needs: ["vmware", "platformRoles"],
    find: ({ vmware, platformRoles }, problems) => {
      const any = Object.values(platformRoles).some((accounts) => accounts.length > 0);
      if (any && vmware.accounts === undefined)
        report(
          problems,
          ["vmware", "accounts"],
          undefined,
          "is missing although platformRoles names accounts",
          "the domain that they are in",
        );
      if (!any && vmware.accounts !== undefined)
        report(
          problems,
          ["vmware", "accounts"],
          vmware.accounts,
          "is not used: platformRoles names nobody",
          "accounts in platformRoles, or no such setting",
        );
    },
  },
  {
    needs: ["vmware", "replication"],
    find: ({ vmware, replication: { vm } }, problems) => {
      if (vm === undefined) return;
      if (vmware.srm === undefined)
        report(
          problems,
          ["replication", "vm"],
          vm,
          "has nobody who does it: on vSphere, Site Recovery Manager replicates VMs",
          "vmware.srm, or no replication.vm",
        );
      const interval = longestInterval(vm.schedule);
      if (interval < REPLICATION.shortest || interval > REPLICATION.longest)
        report(
          problems,
          ["replication", "vm", "schedule"],
          vm.schedule,
          `asks for a recovery point every ${formatDuration(interval)}`,
          "every 5 min to 24 h, which vSphere Replication can keep",
        );
      if (vm.keep > REPLICATION.points)
        report(
          problems,
          ["replication", "vm", "keep"],
          vm.keep,
          "is more than vSphere Replication keeps",
          `at most ${REPLICATION.points}`,
        );
      if (vm.directory !== KVM_DIRECTORIES.vm)
        report(
          problems,
          ["replication", "vm", "directory"],
          vm.directory,
          "has no meaning on VMware: replicas lie in a datastore",
          "no such setting",
        );
    },
  },
  {
    needs: ["vmware", "backup"],
    find: ({ backup: { vmSnapshot } }, problems) => {
      if (vmSnapshot === undefined) return;
      const { age, count } = vmSnapshot.retention;
      const chain = Math.max(count, Math.floor(age / longestInterval(vmSnapshot.schedule))) + 1;
      if (chain > LONGEST_CHAIN)
        report(
          problems,
          ["backup", "vmSnapshot", "retention"],
          vmSnapshot.retention,
          `makes a chain of ${chain} snapshots, and vSphere takes ${LONGEST_CHAIN}`,
          "a lower age or count, or a rarer schedule",
        );
      if (vmSnapshot.directory !== KVM_DIRECTORIES.vmSnapshot)
        report(
          problems,
          ["backup", "vmSnapshot", "directory"],
          vmSnapshot.directory,
          "has no meaning on VMware: snapshots lie beside the disks",
          "no such setting",
        );
    },
  },
];

const WHOLE = "is no whole number of GiB, in which vSphere's disks are made";

function roundedUp(size: number): string {
  return `${Math.ceil(size / GIB)} GiB`;
}
