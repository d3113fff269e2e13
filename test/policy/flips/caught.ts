import { RULES } from "../../../policy/index.js";
import type { Rule, Subject } from "../../../policy/rule.js";
import { applies, visit } from "../../../policy/visitor.js";
import { placeholdersInClear } from "../../../preview/judge.js";
import { NOW } from "../fixtures.js";
import { commandFlips } from "./commands.js";
import { declaredFlips } from "./declared.js";
import { placesOf, type Flip, type Neutral } from "./flip.js";
import { kubernetesFlips } from "./kubernetes.js";
import { safeguardFlips } from "./safeguards.js";
import { libvirtFlips } from "./libvirt.js";
import { textFlips } from "./texts.js";
import { vsphereFlips } from "./vsphere.js";

const TABLES = [
  declaredFlips,
  libvirtFlips,
  vsphereFlips,
  kubernetesFlips,
  safeguardFlips,
  commandFlips,
  textFlips,
];
export const FLIPS: readonly Flip[] = TABLES.flatMap(({ flips }) => flips);
export const NEUTRAL: readonly Neutral[] = TABLES.flatMap(({ neutral }) => neutral);

/** What became of one flip in one environment. */
export interface Outcome {
  readonly flip: Flip;
  /** How often the property stands there with its safe value. */
  readonly count: number;
  /** Rules that found it. */
  readonly rules: ReadonlySet<string>;
  /** Resources in which nobody found it. */
  readonly missed: readonly string[];
}

/** What is real: components are names for what is below them, and only the cluster's shows its declaration. */
export function isJudged({ type }: Subject): boolean {
  return !type.startsWith("pgkeep:") || /^pgkeep:\w+:PostgresCluster$/.test(type);
}

const RESOURCE_RULES = RULES.filter(({ scope }) => scope === "resource");
const STACK_RULES = RULES.filter(({ scope }) => scope === "stack");

function said(rules: readonly Rule[], stack: readonly Subject[], resource: Subject): string[] {
  const placeholders = rules === RESOURCE_RULES ? placeholdersInClear(resource) : [];
  return [
    ...placeholders.map(({ rule, problem }) => `${rule} ${resource.urn} ${problem}`),
    ...rules.flatMap((rule) => {
      if (rule.scope === "resource" && !applies(rule, resource.type)) return [];
      return visit(rule, rule.scope === "stack" ? stack : [resource], { exemptions: [], now: NOW })
        .filter(({ kind }) => kind === "violation")
        .map(({ what, urn }) => `${rule.id} ${urn ?? ""} ${what}`);
    }),
  ];
}

/** Makes every flip of an environment, one at a time, and says which rule caught it. */
export function outcomesIn(stack: readonly Subject[]): Outcome[] {
  const judged = stack.filter(isJudged);
  const before = new Map(judged.map((each) => [each, new Set(said(RESOURCE_RULES, stack, each))] as const));
  const first = judged[0];
  const stackBefore = new Set(first === undefined ? [] : said(STACK_RULES, stack, first));
  const news = (resource: Subject, changed: Subject): string[] => {
    const own = said(RESOURCE_RULES, stack, changed).filter((each) => !before.get(resource)?.has(each));
    if (own.length > 0) return own;
    const others = stack.map((each) => (each === resource ? changed : each));
    return said(STACK_RULES, others, changed).filter((each) => !stackBefore.has(each));
  };
  return FLIPS.map((flip) => {
    const rules = new Set<string>();
    const missed: string[] = [];
    let count = 0;
    for (const resource of judged.filter(({ type }) => flip.on.test(type))) {
      if (flip.unless?.(stack, resource)) continue;
      for (const changed of flip.changes(resource)) {
        count += 1;
        const found = news(resource, changed);
        for (const each of found) rules.add(each.split(" ")[0] ?? "");
        if (found.length === 0) missed.push(resource.name);
      }
    }
    return { flip, count, rules, missed };
  });
}

/** Leaves of an environment that are neither flipped nor known to be neutral, and which reasons were needed. */
export function unclassified(stack: readonly Subject[]): {
  readonly leaves: string[];
  readonly needed: Set<Neutral>;
} {
  const leaves = new Set<string>();
  const needed = new Set<Neutral>();
  for (const resource of stack.filter(isJudged)) {
    const flipped = new Set(FLIPS.filter(({ on }) => on.test(resource.type)).map(({ path }) => path));
    for (const { leaf, pattern } of placesOf(resource)) {
      if (!leaf || pattern === "" || flipped.has(pattern)) continue;
      const neutral = NEUTRAL.find(({ on, path }) => on.test(resource.type) && path.test(pattern));
      if (neutral === undefined) leaves.add(`${resource.type} ${pattern}`);
      else needed.add(neutral);
    }
  }
  return { leaves: [...leaves].toSorted(), needed };
}
