import { longestInterval } from "../schedule.js";
import { formatDuration } from "../units.js";
import { choice, report, reportRepeated, type Check } from "./check.js";

/** Contradictions between NSX, Site Recovery Manager and the rest. */
export const vmwareApiChecks: readonly Check[] = [
  {
    needs: ["vmware", "sites", "failover"],
    find: ({ vmware, sites, failover }, problems) => {
      const names = sites.map(({ name }) => name);
      const known = (vmware.nsx ?? []).flatMap((manager, i) =>
        manager.sites.map((site, j) => ({ site, at: ["vmware", "nsx", i, "sites", j] })),
      );
      known.forEach(({ site, at }) => {
        if (!names.includes(site)) report(problems, at, site, "is not a declared site", choice(names));
      });
      reportRepeated(
        problems,
        known.map(({ site }) => site),
        (i) => known[i]?.at ?? [],
        "a site of an NSX Manager",
      );
      if (vmware.nsx !== undefined && failover.redirect.kind === "vip")
        report(
          problems,
          ["failover", "redirect", "kind"],
          "vip",
          "needs VRRP between members, which the firewall declared in vmware.nsx cannot allow",
          "dns, or no vmware.nsx",
        );
    },
  },
  {
    needs: ["vmware", "sites", "replication"],
    find: ({ vmware: { srm }, sites, replication: { vm } }, problems) => {
      if (srm?.sites === undefined) return;
      const wanted = sites.filter(({ role }) => role !== "witness").map(({ name }) => name);
      srm.sites.forEach(({ site }, i) => {
        if (!wanted.includes(site))
          report(
            problems,
            ["vmware", "srm", "sites", i, "site"],
            site,
            "is not a site with data",
            choice(wanted),
          );
      });
      for (const field of ["site", "vcenterId"] as const)
        reportRepeated(
          problems,
          srm.sites.map((site) => site[field]),
          (i) => ["vmware", "srm", "sites", i, field],
          "a site of SRM",
        );
      if (vm === undefined)
        report(
          problems,
          ["vmware", "srm", "sites"],
          wanted,
          "has nothing to replicate",
          "replication.vm, or no sites here",
        );
      else if (longestInterval(vm.schedule) % 60 !== 0)
        report(
          problems,
          ["replication", "vm", "schedule"],
          vm.schedule,
          `asks for a recovery point every ${formatDuration(longestInterval(vm.schedule))}`,
          "whole minutes, which SRM counts in",
        );
    },
  },
];
