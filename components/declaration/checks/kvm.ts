import { guestNames } from "../secrets.js";
import { choice, report, reportRepeated, type Check } from "./check.js";

/** Contradictions between the KVM section and the rest. */
export const kvmChecks: readonly Check[] = [
  {
    needs: ["kvm", "sites"],
    find: ({ kvm, sites }, problems) => {
      reportRepeated(
        problems,
        kvm.hosts.map((h) => h.name),
        (i) => ["kvm", "hosts", i, "name"],
        "a host's name",
      );
      reportRepeated(
        problems,
        kvm.hosts.map((h) => h.address),
        (i) => ["kvm", "hosts", i, "address"],
        "a host's address",
      );
      const names = sites.map(({ name }) => name);
      kvm.hosts.forEach((host, i) => {
        if (!names.includes(host.site))
          report(problems, ["kvm", "hosts", i, "site"], host.site, "is not a declared site", choice(names));
        reportRepeated(
          problems,
          Object.values(host.bridges),
          () => ["kvm", "hosts", i, "bridges"],
          "a bridge: purposes are never shared",
        );
      });
      sites.forEach((site, i) => {
        const count = kvm.hosts.filter((host) => host.site === site.name).length;
        if (count === 0)
          report(
            problems,
            ["sites", i, "name"],
            site.name,
            "has no hypervisor",
            `a kvm.hosts entry with site ${site.name}`,
          );
        if (count > 1)
          report(
            problems,
            ["sites", i, "name"],
            site.name,
            `has ${count} hypervisors`,
            "one host a site: give each host a site of its own",
          );
      });
      const witness = sites.some((site) => site.role === "witness");
      if (witness && kvm.witness === undefined)
        report(
          problems,
          ["kvm", "witness"],
          undefined,
          "is missing although a witness site is declared",
          "kvm.witness.name",
        );
      if (!witness && kvm.witness !== undefined)
        report(problems, ["kvm", "witness"], kvm.witness, "has no site", "a site with role witness");
    },
  },
  {
    needs: ["kvm", "sites", "backup"],
    find: ({ kvm, sites, backup }, problems) => {
      const site = sites.find(({ name }) => name === backup.repository.site);
      if (kvm.witness !== undefined && site !== undefined && site.role === "standby")
        report(
          problems,
          ["backup", "repository", "site"],
          site.name,
          "is not where the repository can run on KVM",
          choice(sites.filter(({ role }) => role === "witness").map(({ name }) => name)),
        );
      if (kvm.witness === undefined && backup.base !== undefined)
        report(
          problems,
          ["backup", "base"],
          backup.base,
          "has no repository host",
          "a witness site with kvm.witness",
        );
    },
  },
  {
    needs: ["kvm", "cluster"],
    find: (environment, problems) => {
      const { kvm } = environment;
      const names = guestNames(environment);
      reportRepeated(problems, names, () => ["kvm", "witness", "name"], "a guest's name");
      reportRepeated(
        problems,
        kvm.addresses.map((a) => a.guest),
        (i) => ["kvm", "addresses", i, "guest"],
        "a guest with addresses",
      );
      kvm.addresses.forEach((entry, i) => {
        if (!names.includes(entry.guest))
          report(
            problems,
            ["kvm", "addresses", i, "guest"],
            entry.guest,
            "is neither a member nor the witness",
            choice(names),
          );
      });
      for (const guest of names) {
        if (!kvm.addresses.some((entry) => entry.guest === guest))
          report(
            problems,
            ["kvm", "addresses"],
            kvm.addresses,
            `has no entry for ${guest}`,
            `an entry with guest: ${guest}`,
          );
      }
    },
  },
  {
    needs: ["kvm"],
    find: ({ kvm }, problems) => {
      const { packages, mirror } = kvm.image;
      if (mirror !== undefined && (new URL(mirror).username !== "" || new URL(mirror).password !== ""))
        report(
          problems,
          ["kvm", "image", "mirror"],
          "(hidden)",
          "holds a user or password",
          "an https address without user or password",
        );
      if (packages === "mirror" && mirror === undefined)
        report(
          problems,
          ["kvm", "image", "mirror"],
          undefined,
          "is missing although packages come from a mirror",
          "its https address",
        );
      if (packages !== "mirror" && mirror !== undefined)
        report(
          problems,
          ["kvm", "image", "mirror"],
          mirror,
          `is not used with packages: ${packages}`,
          "packages: mirror",
        );
    },
  },
  {
    needs: ["kvm", "hardening"],
    find: ({ kvm, hardening }, problems) => {
      if (kvm.boot.kind === "direct" && hardening.secureBoot)
        report(
          problems,
          ["hardening", "secureBoot"],
          true,
          "has no meaning with direct kernel boot",
          "kvm.boot.kind uefi, or secureBoot: false",
        );
    },
  },
];
