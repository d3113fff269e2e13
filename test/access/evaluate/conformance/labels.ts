import { policy, type ConformanceCase, type Labels } from "./cluster.js";
import { A } from "./selectors.js";

/** Before and after. */
const changing = (labels: Labels): readonly Labels[] => [{}, labels];

/** Labels that change. */
export const LABELS: readonly ConformanceCase[] = [
  {
    source: "should allow ingress access from updated namespace",
    meaning: "labels of a namespace count as they are now",
    steps: [
      {
        policies: [
          policy("x", A, {
            ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns2: "updated" } } }] }],
          }),
        ],
        probes: [{ port: 80, closed: ["* -> x/a"] }],
      },
      {
        policies: [
          policy("x", A, {
            ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns2: "updated" } } }] }],
          }),
        ],
        labels: { y: { ns2: "updated" } },
        probes: [{ port: 80, closed: ["* -> x/a"], open: ["y/* -> x/a"] }],
      },
    ],
  },
  {
    source: "should allow ingress access from updated pod",
    meaning: "labels of a caller count as they are now, and all that are named must be there",
    steps: changing({ "x/b": { pod2: "updated" } }).map((labels, i) => ({
      policies: [
        policy("x", A, {
          ingress: [{ from: [{ podSelector: { matchLabels: { pod: "b", pod2: "updated" } } }] }],
        }),
      ],
      labels,
      probes: [{ port: 80, closed: ["* -> x/a"], open: i === 0 ? [] : ["x/b -> x/a"] }],
    })),
  },
  {
    source: "should deny ingress access to updated pod",
    meaning: "a pod is isolated as soon as a policy selects it by its labels",
    steps: changing({ "x/a": { target: "isolated" } }).map((labels, i) => ({
      policies: [policy("x", { matchLabels: { target: "isolated" } }, { ingress: [] })],
      labels,
      probes: [{ port: 80, closed: i === 0 ? [] : ["* -> x/a"] }],
    })),
  },
];
