import type { Problem } from "../errors.js";
import type { Kvm } from "../kvm.js";
import type { Vmware } from "../vmware.js";
import { choice, report, reportRepeated, type Check, type Sections } from "./check.js";

/** The section of a platform with virtual machines, and its words. */
export interface MachinePlatform {
  readonly section: "kvm" | "vmware";
  /** How people call the platform. */
  readonly name: string;
  /** How they call a host of it. */
  readonly host: string;
  /** What else there is to say about a host. */
  readonly aboutHost?: (sections: Sections, index: number, problems: Problem[]) => void;
}

/** Names of all guests: members in order, then the witness. */
function namesOf({ cluster }: Sections, { witness }: Kvm | Vmware): string[] {
  return [...cluster.members.map(({ name }) => name), ...(witness === undefined ? [] : [witness.name])];
}

/** Contradictions between hosts, sites, guests and witness, alike on every platform with virtual machines. */
export function machineChecks({ section, name, host: word, aboutHost }: MachinePlatform): readonly Check[] {
  return [
    {
      needs: [section, "sites"],
      find: (sections, problems) => {
        const { sites } = sections;
        const { hosts, witness } = sections[section];
        reportRepeated(
          problems,
          hosts.map((h) => h.name),
          (i) => [section, "hosts", i, "name"],
          "a host's name",
        );
        reportRepeated(
          problems,
          hosts.map((h) => h.address),
          (i) => [section, "hosts", i, "address"],
          "a host's address",
        );
        const names = sites.map((site) => site.name);
        hosts.forEach((host, i) => {
          if (!names.includes(host.site))
            report(
              problems,
              [section, "hosts", i, "site"],
              host.site,
              "is not a declared site",
              choice(names),
            );
          aboutHost?.(sections, i, problems);
        });
        sites.forEach((site, i) => {
          const count = hosts.filter((host) => host.site === site.name).length;
          if (count === 0)
            report(
              problems,
              ["sites", i, "name"],
              site.name,
              `has no ${word}`,
              `a ${section}.hosts entry with site ${site.name}`,
            );
          if (count > 1)
            report(
              problems,
              ["sites", i, "name"],
              site.name,
              `has ${count} ${word}s`,
              "one host a site: give each host a site of its own",
            );
        });
        const wanted = sites.some((site) => site.role === "witness");
        if (wanted && witness === undefined)
          report(
            problems,
            [section, "witness"],
            undefined,
            "is missing although a witness site is declared",
            `${section}.witness.name`,
          );
        if (!wanted && witness !== undefined)
          report(problems, [section, "witness"], witness, "has no site", "a site with role witness");
      },
    },
    {
      needs: [section, "sites", "backup"],
      find: (sections, problems) => {
        const { sites, backup } = sections;
        const { witness } = sections[section];
        const site = sites.find((candidate) => candidate.name === backup.repository.site);
        if (witness !== undefined && site !== undefined && site.role === "standby")
          report(
            problems,
            ["backup", "repository", "site"],
            site.name,
            `is not where the repository can run on ${name}`,
            choice(sites.filter(({ role }) => role === "witness").map((candidate) => candidate.name)),
          );
        if (witness === undefined && backup.base !== undefined)
          report(
            problems,
            ["backup", "base"],
            backup.base,
            "has no repository host",
            `a witness site with ${section}.witness`,
          );
      },
    },
    {
      needs: [section, "cluster"],
      find: (sections, problems) => {
        const { addresses } = sections[section];
        const names = namesOf(sections, sections[section]);
        reportRepeated(problems, names, () => [section, "witness", "name"], "a guest's name");
        reportRepeated(
          problems,
          addresses.map((a) => a.guest),
          (i) => [section, "addresses", i, "guest"],
          "a guest with addresses",
        );
        addresses.forEach((entry, i) => {
          if (!names.includes(entry.guest))
            report(
              problems,
              [section, "addresses", i, "guest"],
              entry.guest,
              "is neither a member nor the witness",
              choice(names),
            );
        });
        for (const guest of names) {
          if (!addresses.some((entry) => entry.guest === guest))
            report(
              problems,
              [section, "addresses"],
              addresses,
              `has no entry for ${guest}`,
              `an entry with guest: ${guest}`,
            );
        }
      },
    },
  ];
}
