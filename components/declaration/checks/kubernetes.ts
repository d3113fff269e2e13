import { FIRST_POD, siteCluster } from "../kubernetes.js";
import { formatSize } from "../units.js";
import { isWorld } from "./access.js";
import { choice, report, reportRepeated, type Check } from "./check.js";

/** Contradictions between the Kubernetes section and the rest. */
export const kubernetesChecks: readonly Check[] = [
  {
    needs: ["kubernetes", "sites"],
    find: ({ kubernetes, sites }, problems) => {
      const databases = sites.filter(({ role }) => role !== "witness").map((each) => each.name);
      kubernetes.sites.forEach((place, i) => {
        const at = ["kubernetes", "sites", i] as const;
        if (!databases.includes(place.site))
          report(
            problems,
            [...at, "site"],
            place.site,
            "is not a site that holds databases",
            choice(databases),
          );
        if (isWorld(place.podNetwork))
          report(
            problems,
            [...at, "podNetwork"],
            place.podNetwork,
            "takes in nearly everybody",
            "the network of the pods",
          );
        place.exchange?.sources.forEach((network, j) => {
          if (isWorld(network))
            report(
              problems,
              [...at, "exchange", "sources", j],
              network,
              "opens the database to the world",
              "the addresses from which members really come",
            );
        });
      });
      reportRepeated(
        problems,
        kubernetes.sites.map(({ site }) => site),
        (i) => ["kubernetes", "sites", i, "site"],
        "a site's cluster",
      );
      const contexts = kubernetes.sites.flatMap(({ context }, i) =>
        context === undefined ? [] : [{ context, i }],
      );
      reportRepeated(
        problems,
        contexts.map(({ context }) => context),
        (n) => ["kubernetes", "sites", contexts[n]?.i ?? 0, "context"],
        "a cluster: one loss would take both sites",
      );
      const addresses = kubernetes.sites.flatMap(({ exchange }, i) =>
        exchange === undefined ? [] : [{ address: exchange.address, i }],
      );
      reportRepeated(
        problems,
        addresses.map(({ address }) => address),
        (n) => ["kubernetes", "sites", addresses[n]?.i ?? 0, "exchange", "address"],
        "a load balancer's address",
      );
      sites.forEach(({ name, role }, i) => {
        if (role !== "witness" && !kubernetes.sites.some(({ site }) => site === name))
          report(
            problems,
            ["sites", i, "name"],
            name,
            "has no Kubernetes cluster",
            `a kubernetes.sites entry with site ${name}`,
          );
      });
      kubernetes.sites.forEach(({ exchange }, i) => {
        const path = ["kubernetes", "sites", i, "exchange"];
        if (exchange === undefined && kubernetes.sites.length > 1)
          report(
            problems,
            path,
            undefined,
            "is missing, and members of other sites cannot stream from here",
            "the load balancer's address and the networks from which members of this site come",
          );
        if (exchange !== undefined && kubernetes.sites.length === 1)
          report(problems, path, exchange, "is not used: there is one site", "a second site, or no exchange");
      });
    },
  },
  {
    needs: ["kubernetes", "cluster"],
    find: ({ kubernetes, cluster }, problems) => {
      const names = cluster.members.map(({ name }) => name);
      const seen = new Map<string, number>();
      cluster.members.forEach(({ name, site }, i) => {
        const number = seen.get(site) ?? FIRST_POD[kubernetes.engine];
        seen.set(site, number + 1);
        const pod = `${siteCluster(cluster.name, site)}-${number}`;
        if (name !== pod)
          report(
            problems,
            ["cluster", "members", i, "name"],
            name,
            "is not what its pod will be called",
            `${pod}: cluster, site and number, counted in each site from ${FIRST_POD[kubernetes.engine]}`,
          );
      });
      const { primary } = kubernetes;
      const home = cluster.members.find((member) => member.name === primary?.member)?.site;
      const others = kubernetes.sites.map(({ site }) => site).filter((site) => site !== home);
      primary?.lost.forEach((site, i) => {
        if (!others.includes(site))
          report(
            problems,
            ["kubernetes", "primary", "lost", i],
            site,
            "is no site that can be lost while that member is promoted",
            choice(others),
          );
      });
      if (primary !== undefined && !names.includes(primary.member))
        report(
          problems,
          ["kubernetes", "primary", "member"],
          primary.member,
          "is not a declared member",
          choice(names),
        );
      const { major, minor } = cluster.version;
      const [repository = "", tag = ""] = /^(.*):([^:@]+)@/.exec(kubernetes.image)?.slice(1) ?? [];
      if (!new RegExp(`^${major}\\.${minor}(?![0-9])`).test(tag))
        report(
          problems,
          ["kubernetes", "image"],
          kubernetes.image,
          `is not of cluster.version ${major}.${minor}`,
          `a tag that begins with ${major}.${minor}`,
        );
      const called = kubernetes.engine === "cnpg" ? "postgresql" : "postgres";
      if (repository.slice(repository.lastIndexOf("/") + 1) !== called)
        report(
          problems,
          ["kubernetes", "image"],
          kubernetes.image,
          `is not called ${called}, as images for engine ${kubernetes.engine} are`,
          `an image called ${called}`,
        );
      if (kubernetes.sharedMemory > cluster.sizing.memory / 4)
        report(
          problems,
          ["kubernetes", "sharedMemory"],
          formatSize(kubernetes.sharedMemory),
          "is more than a quarter of a member's memory, of which it is a part",
          "less, or more memory in cluster.sizing",
        );
    },
  },
  {
    needs: ["kubernetes", "failover"],
    find: ({ kubernetes, failover }, problems) => {
      if (failover.mode === "automatic" && kubernetes.engine === "statefulset")
        report(
          problems,
          ["failover", "mode"],
          "automatic",
          "is not possible with engine statefulset: nothing there fences the old primary, so two could write",
          "mode: manual and a promotion by kubernetes.primary, or engine: cnpg",
        );
      if (failover.fencing)
        report(
          problems,
          ["failover", "fencing"],
          true,
          "has no meaning on Kubernetes: nobody powers a node off",
          "fencing: false",
        );
      if (failover.watchdog === "required")
        report(
          problems,
          ["failover", "watchdog"],
          "required",
          "has no meaning on Kubernetes: pods have no watchdog",
          "watchdog: off",
        );
      if (failover.redirect.kind !== "service")
        report(
          problems,
          ["failover", "redirect", "kind"],
          failover.redirect.kind,
          "is not how clients find the primary on Kubernetes",
          "kind: service",
        );
    },
  },
  {
    needs: ["kubernetes", "failover"],
    find: ({ kubernetes, failover }, problems) => {
      if (kubernetes.engine === "cnpg" && failover.mode === "manual")
        report(
          problems,
          ["failover", "mode"],
          "manual",
          "is not what CloudNativePG does within a site: it promotes by itself",
          "mode: automatic, or engine: statefulset",
        );
    },
  },
  ...(["kvm", "vmware"] as const).map((section): Check => ({
    needs: [section, "failover"],
    find: ({ failover }, problems) => {
      if (failover.redirect.kind === "service")
        report(
          problems,
          ["failover", "redirect", "kind"],
          "service",
          "is there on Kubernetes alone",
          "kind: dns or vip",
        );
    },
  })),
  {
    needs: ["kubernetes", "replication"],
    find: ({ kubernetes, replication }, problems) => {
      if (replication.vm !== undefined)
        report(
          problems,
          ["replication", "vm"],
          replication.vm,
          "has no meaning on Kubernetes: there are no VMs",
          "no such setting",
        );
      // Without Patroni nobody takes an absent standby out of synchronous_standby_names.
      if (kubernetes.engine === "statefulset" && replication.mode !== "async" && !replication.strict)
        report(
          problems,
          ["replication", "strict"],
          false,
          "cannot be kept with engine statefulset: commits wait until enough standbys confirm",
          "strict: true, mode async, or engine: cnpg",
        );
    },
  },
  {
    needs: ["kubernetes", "backup"],
    find: ({ backup }, problems) => {
      if (backup.repository.size !== undefined)
        report(
          problems,
          ["backup", "repository", "size"],
          formatSize(backup.repository.size),
          "has no meaning on Kubernetes: the repository is an object store",
          "no such setting",
        );
    },
  },
  {
    needs: ["kubernetes", "platformRoles", "hardening", "drills"],
    find: ({ platformRoles, hardening, drills }, problems) => {
      for (const [role, accounts] of Object.entries(platformRoles))
        if (accounts.length > 0)
          report(
            problems,
            ["platformRoles", role],
            accounts,
            "has no effect on Kubernetes: who may do what there is the cluster's RBAC",
            "no accounts here",
          );
      if (hardening.tpm)
        report(problems, ["hardening", "tpm"], true, "has no meaning on Kubernetes", "tpm: false");
      if (hardening.ntp.length > 0)
        report(
          problems,
          ["hardening", "ntp"],
          hardening.ntp,
          "has no meaning on Kubernetes: nodes keep the time",
          "no such setting",
        );
      for (const drill of ["failover", "site"] as const)
        if (drills[drill] !== undefined)
          report(
            problems,
            ["drills", drill],
            drills[drill],
            "is run by nobody on Kubernetes: a promotion is a reviewed change, by kubernetes.primary",
            "no such setting",
          );
    },
  },
];
