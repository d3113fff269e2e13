import { parseImage } from "../image.js";
import { longestInterval } from "../schedule.js";
import { formatDuration } from "../units.js";
import { isWorld } from "./access.js";
import { choice, report, reportRepeated, type Check } from "./check.js";

const DAY = 86_400;
/** A backup is called after its schedule, with 15 characters more, and labels carry 63 at most. */
const LONGEST_SCHEDULE = 48;
const LONGEST_CLASS = "-longterm".length;

/** Contradictions about what backs up, scans, watches and guards databases on Kubernetes. */
export const safeguardChecks: readonly Check[] = [
  {
    needs: ["kubernetes", "backup"],
    find: ({ kubernetes: { velero, sites }, backup: { vmSnapshot } }, problems) => {
      const path = ["kubernetes", "velero"] as const;
      if (vmSnapshot === undefined) {
        if (velero !== undefined)
          report(problems, path, velero, "has nothing to do", "backup.vmSnapshot, or no such section");
        return;
      }
      if (velero === undefined) return;
      const { schedule, retention } = vmSnapshot;
      const gap = longestInterval(schedule);
      if (gap > DAY)
        report(
          problems,
          ["backup", "vmSnapshot", "schedule"],
          schedule,
          "leaves more than a day between two backups",
          '"0 2 * * *" or oftener',
        );
      // Velero keeps by age alone, and a run that fails must not leave nothing behind.
      const runs = Math.max(2, retention.count);
      if (retention.age < runs * gap)
        report(
          problems,
          ["backup", "vmSnapshot", "retention", "age"],
          formatDuration(retention.age),
          `ends before ${runs} runs, and Velero keeps by age alone`,
          `at least ${formatDuration(runs * gap)}, or a smaller count`,
        );
      const { longTerm } = velero;
      if (longTerm !== undefined && longTerm.age <= retention.age)
        report(
          problems,
          [...path, "longTerm", "age"],
          formatDuration(longTerm.age),
          "is no longer than backup.vmSnapshot.retention.age",
          "a longer age, or no such schedule",
        );
      else if (longTerm !== undefined && longTerm.age < 2 * longestInterval(longTerm.schedule))
        report(
          problems,
          [...path, "longTerm", "age"],
          formatDuration(longTerm.age),
          "ends before two runs: after one that failed there would be no backup",
          `at least ${formatDuration(2 * longestInterval(longTerm.schedule))}`,
        );
      sites.forEach(({ namespace }, i) => {
        if (namespace.length > LONGEST_SCHEDULE - LONGEST_CLASS)
          report(
            problems,
            ["kubernetes", "sites", i, "namespace"],
            namespace,
            "is too long for the names of Velero's schedules",
            `${LONGEST_SCHEDULE - LONGEST_CLASS} characters at most`,
          );
      });
    },
  },
  {
    needs: ["kubernetes"],
    find: ({ kubernetes: { scan, image }, scanning }, problems) => {
      if (scanning !== undefined) {
        if (scan === undefined)
          report(
            problems,
            ["kubernetes", "scan"],
            undefined,
            "is missing, and nothing else does what scanning declares",
            "the scanner's image and the networks of the registries",
          );
        const unlike =
          scanning.severities.length !== 2 ||
          !(["HIGH", "CRITICAL"] as const).every((each) => scanning.severities.includes(each));
        if (unlike)
          report(
            problems,
            ["scanning", "severities"],
            scanning.severities,
            "are not those that the scan on Kubernetes reports",
            "HIGH and CRITICAL",
          );
        if (longestInterval(scanning.schedule) > DAY)
          report(
            problems,
            ["scanning", "schedule"],
            scanning.schedule,
            "leaves more than a day between two scans",
            '"0 2 * * *" or oftener',
          );
      }
      scan?.registries.forEach(({ network }, i) => {
        if (isWorld(network))
          report(
            problems,
            ["kubernetes", "scan", "registries", i, "network"],
            network,
            "opens most of the Internet",
            "the networks in which the registries answer, or that of a mirror or proxy before them",
          );
      });
      const versions = [image, ...(scan?.images ?? [])].map((each) => {
        const { repository, tag } = parseImage(each);
        return `${repository}:${tag}`;
      });
      reportRepeated(
        problems,
        versions,
        (i) => ["kubernetes", "scan", "images", i - 1],
        "repository and version",
      );
    },
  },
  {
    needs: ["kubernetes"],
    find: ({ kubernetes: { falco, sites } }, problems) => {
      sites.forEach(({ podNetwork, serviceNetwork }, i) => {
        const at = ["kubernetes", "sites", i] as const;
        if (serviceNetwork !== undefined && isWorld(serviceNetwork))
          report(
            problems,
            [...at, "serviceNetwork"],
            serviceNetwork,
            "takes in nearly everybody",
            "the network of the Services",
          );
        if (falco === undefined) return;
        if (serviceNetwork === undefined)
          report(
            problems,
            [...at, "serviceNetwork"],
            undefined,
            "is missing, and Falco would report every question to the resolver",
            "the network of the Services, or no kubernetes.falco",
          );
        if (podNetwork.includes(":"))
          report(
            problems,
            [...at, "podNetwork"],
            podNetwork,
            "is of IPv6, which the rules of Falco do not know yet",
            "a network of IPv4, or no kubernetes.falco",
          );
      });
    },
  },
  {
    needs: ["kubernetes", "access"],
    find: ({ kubernetes: { clients }, access }, problems) => {
      const groups = access.groups.map(({ name }) => name);
      clients.forEach(({ group }, i) => {
        if (!groups.includes(group))
          report(
            problems,
            ["kubernetes", "clients", i, "group"],
            group,
            "is not a group of access",
            choice(groups),
          );
      });
      reportRepeated(
        problems,
        clients.map(({ group }) => group),
        (i) => ["kubernetes", "clients", i, "group"],
        "a group of clients",
      );
    },
  },
];
