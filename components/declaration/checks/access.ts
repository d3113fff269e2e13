import type { Problem } from "../errors.js";
import { choice, report, reportRepeated, type Check } from "./check.js";

/** Shorter prefixes take in so much that they name the world, not a group: two halves are as open as the whole. */
export const SHORTEST_PREFIX = { ipv4: 8, ipv6: 16 } as const;

/** True for a network so wide that naming it allows nearly everybody. */
export function isWorld(network: string): boolean {
  const prefix = Number(network.split("/")[1]);
  return prefix < (network.includes(":") ? SHORTEST_PREFIX.ipv6 : SHORTEST_PREFIX.ipv4);
}

/** Reports rules whose last day is over; `at` gives the path of a rule. */
export function reportEnded(
  problems: Problem[],
  rules: readonly { readonly expires?: string | undefined }[],
  today: string,
  at: (index: number) => readonly PropertyKey[],
): void {
  rules.forEach(({ expires }, i) => {
    if (expires !== undefined && expires < today)
      report(
        problems,
        [...at(i), "expires"],
        expires,
        `ended before ${today}`,
        "a later day, or remove the rule",
      );
  });
}

/** Contradictions in access rules. */
export const accessChecks: readonly Check[] = [
  {
    needs: ["access"],
    find: ({ access }, problems) => {
      reportRepeated(
        problems,
        access.groups.map((g) => g.name),
        (i) => ["access", "groups", i, "name"],
        "a group's name",
      );
      const names = access.groups.map((group) => group.name);
      access.groups.forEach((group, i) => {
        group.networks.forEach((network, j) => {
          if (isWorld(network))
            report(
              problems,
              ["access", "groups", i, "networks", j],
              network,
              "opens the database to the world",
              "the networks that really connect",
            );
        });
        reportRepeated(
          problems,
          group.networks,
          (j) => ["access", "groups", i, "networks", j],
          "a network of this group",
        );
        if (!access.rules.some((rule) => rule.from === group.name))
          report(
            problems,
            ["access", "groups", i, "name"],
            group.name,
            "is used by no rule",
            "a rule that names it, or remove it",
          );
      });
      access.rules.forEach((rule, i) => {
        if (!names.includes(rule.from))
          report(
            problems,
            ["access", "rules", i, "from"],
            rule.from,
            "is not a declared group",
            choice(names),
          );
      });
      reportRepeated(
        problems,
        access.rules.flatMap((rule) => rule.roles.map((role) => `${rule.from} ${role}`)),
        () => ["access", "rules"],
        "group and role",
      );
    },
  },
  {
    needs: ["access", "cluster"],
    find: ({ access, cluster }, problems) => {
      const roles = cluster.roles.map((role) => role.name);
      access.rules.forEach((rule, i) => {
        rule.roles.forEach((role, j) => {
          if (!roles.includes(role))
            report(
              problems,
              ["access", "rules", i, "roles", j],
              role,
              "is not a declared login role",
              choice(roles),
            );
        });
      });
      cluster.roles.forEach((role, i) => {
        if (!access.rules.some((rule) => rule.roles.includes(role.name)))
          report(
            problems,
            ["cluster", "roles", i, "name"],
            role.name,
            "may connect from nowhere",
            "an access rule that names it",
          );
      });
    },
  },
  {
    needs: ["platformRoles"],
    find: ({ platformRoles }, problems) => {
      const accounts = Object.entries(platformRoles).flatMap(([role, names]) =>
        names.map((account) => ({ role, account })),
      );
      accounts.forEach(({ role, account }) => {
        if (account === "root")
          report(problems, ["platformRoles", role], account, "already has every right", "a named person");
      });
      reportRepeated(
        problems,
        accounts.map(({ account }) => account),
        (i) => ["platformRoles", accounts[i]?.role ?? ""],
        "an account",
      );
    },
  },
];
