import { choice, report, reportRepeated } from "../../declaration/checks/check.js";
import { isWorld, reportEnded } from "../../declaration/checks/access.js";
import type { Problem } from "../../declaration/index.js";
import { hasPorts } from "../packet.js";
import { rulesThatDecide } from "./coverage.js";
import type { AccessModel } from "./model.js";
import type { ModelData } from "./schema.js";

/** Contradictions of a model whose parts are well formed each. */
export function findProblems(data: ModelData, model: AccessModel, today?: string): Problem[] {
  const problems: Problem[] = [];
  findRepeated(data, problems);
  findInGroups(data, problems);
  findInServices(data, problems);
  findUnknown(data, problems);
  findInRules(model, problems, today);
  return problems;
}

function findRepeated(data: ModelData, problems: Problem[]): void {
  for (const part of ["groups", "services", "rules"] as const)
    reportRepeated(
      problems,
      data[part].map(({ name }) => name),
      (i) => [part, i, "name"],
      "a name",
    );
}

function findInGroups({ groups }: ModelData, problems: Problem[]): void {
  groups.forEach((group, i) => {
    const { name, networks, tags, pods, serviceAccounts } = group;
    if (networks.length + tags.length + pods.length + serviceAccounts.length === 0)
      report(
        problems,
        ["groups", i],
        name,
        "is a group of nothing",
        "networks, tags, pods or serviceAccounts, or remove it with its rules",
      );
    networks.forEach((network, j) => {
      if (isWorld(network))
        report(
          problems,
          ["groups", i, "networks", j],
          network,
          "takes in nearly everybody",
          "the networks that are really meant",
        );
    });
  });
}

function findInServices({ services }: ModelData, problems: Problem[]): void {
  services.forEach(({ protocol, ports }, i) => {
    if (hasPorts(protocol) && ports.length === 0)
      report(
        problems,
        ["services", i, "ports"],
        ports,
        `says nothing about the ports of ${protocol}`,
        "at least one port",
      );
    if (!hasPorts(protocol) && ports.length > 0)
      report(
        problems,
        ["services", i, "ports"],
        ports,
        `gives ports to ${protocol}, which has none`,
        "no ports",
      );
    ports.forEach(({ first, last }, j) => {
      if (first > last)
        report(
          problems,
          ["services", i, "ports", j],
          `${first}-${last}`,
          "ends before it begins",
          "first and last in order",
        );
    });
  });
}

function findUnknown({ groups, services, rules }: ModelData, problems: Problem[]): void {
  const known = {
    from: groups.map(({ name }) => name),
    to: groups.map(({ name }) => name),
    services: services.map(({ name }) => name),
  };
  rules.forEach((rule, i) => {
    for (const part of ["from", "to", "services"] as const) {
      const names = rule[part];
      if (names === "any") continue;
      names.forEach((name, j) => {
        if (!known[part].includes(name))
          report(
            problems,
            ["rules", i, part, j],
            name,
            `is not a ${part === "services" ? "service" : "group"} of the model`,
            choice(known[part]),
          );
      });
    }
  });
}

function findInRules(model: AccessModel, problems: Problem[], today?: string): void {
  if (today !== undefined) reportEnded(problems, model.rules, today, (i) => ["rules", i]);
  model.rules.forEach((rule, i) => {
    const { from, to, services, action, name } = rule;
    // Reachability and path MTU discovery are harmless from everywhere; anything else is a service to the world.
    const harmless = services !== "any" && services.every(({ protocol }) => protocol === "icmp");
    const enforced = (groups: typeof from): boolean =>
      groups === "any"
        ? model.groups.some((group) => group.enforced)
        : groups.some((group) => group.enforced);
    if (action === "allow" && from === "any" && !harmless)
      report(
        problems,
        ["rules", i, "from"],
        "any",
        "opens a service to the world",
        "the groups that really connect",
      );
    if (!enforced(from) && !enforced(to))
      report(
        problems,
        ["rules", i],
        name,
        "touches no enforced group, so nothing would hold it",
        "enforced: true on a group of one side",
      );
    const deciding = rulesThatDecide(model.rules, i);
    if (deciding === undefined) return;
    const names = deciding.map((each) => each.name).join(", ");
    const against = deciding.some((each) => each.action !== action);
    report(
      problems,
      ["rules", i],
      name,
      against
        ? `contradicts ${names}, which decides first`
        : `is shadowed by ${names}, which says the same already`,
      against ? "a place before it, or another action" : "no such rule",
    );
  });
}
