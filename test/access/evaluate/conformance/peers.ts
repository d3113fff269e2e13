import { policy, type ConformanceCase } from "./cluster.js";
import { A, ALL, labelled, podsNamed, space, spaces } from "./selectors.js";

/** Who is let in, by selectors. */
export const SELECTORS: readonly ConformanceCase[] = [
  {
    source: "should support a 'default-deny-all' policy",
    meaning: "without rules of either type nothing comes in and nothing goes out",
    steps: [
      {
        policies: [policy("x", ALL, { ingress: [], egress: [] })],
        probes: [{ port: 80, closed: ["* -> x/*", "x/* -> *"] }],
      },
    ],
  },
  {
    source: "should enforce policy to allow traffic from pods within server namespace based on PodSelector",
    meaning: "a pod selector alone means pods of the policy's own namespace",
    steps: [
      {
        policies: [policy("x", A, { ingress: [{ from: [{ podSelector: labelled("b") }] }] })],
        probes: [{ port: 80, closed: ["* -> x/a"], open: ["x/b -> x/a"] }],
      },
    ],
  },
  {
    source: "should enforce policy to allow ingress traffic for a target",
    meaning:
      "an opening for one pod adds to a denial for all; empty selectors in a peer mean everybody in the cluster",
    steps: [
      {
        policies: [
          policy("x", ALL, { ingress: [] }),
          policy("x", A, { ingress: [{ from: [{ podSelector: ALL, namespaceSelector: ALL }] }] }),
        ],
        probes: [{ port: 80, closed: ["* -> x/*"], open: ["* -> x/a"] }],
      },
    ],
  },
  {
    source: "should enforce policy to allow ingress traffic from pods in all namespaces",
    meaning: "an empty namespace selector means all namespaces, the own one included",
    steps: [
      {
        policies: [policy("x", A, { ingress: [{ from: [{ namespaceSelector: { matchLabels: {} } }] }] })],
        probes: [{ port: 80 }],
      },
    ],
  },
  ...[
    "should enforce policy to allow traffic only from a different namespace, based on NamespaceSelector",
    "should enforce policy to allow traffic based on NamespaceSelector with MatchLabels using default ns label",
  ].map((source): ConformanceCase => ({
    source,
    meaning:
      "a namespace is known by the label that holds its name; the own namespace is not meant along with it",
    steps: [
      {
        policies: [policy("x", A, { ingress: [{ from: [{ namespaceSelector: space("y") }] }] })],
        probes: [{ port: 80, closed: ["* -> x/a"], open: ["y/* -> x/a"] }],
      },
    ],
  })),
  {
    source: "should enforce policy based on PodSelector with MatchExpressions",
    meaning: "In among pods means what an equal label means",
    steps: [
      {
        policies: [policy("x", A, { ingress: [{ from: [{ podSelector: podsNamed("b") }] }] })],
        probes: [{ port: 80, closed: ["* -> x/a"], open: ["x/b -> x/a"] }],
      },
    ],
  },
  {
    source: "should enforce policy based on NamespaceSelector with MatchExpressions",
    meaning: "In among namespaces means what an equal label means",
    steps: [
      {
        policies: [policy("x", A, { ingress: [{ from: [{ namespaceSelector: spaces("In", "y") }] }] })],
        probes: [{ port: 80, closed: ["* -> x/a"], open: ["y/* -> x/a"] }],
      },
    ],
  },
  {
    source: "should enforce policy based on PodSelector or NamespaceSelector",
    meaning: "two peers: either is enough",
    steps: [
      {
        policies: [
          policy("x", A, {
            ingress: [
              { from: [{ namespaceSelector: spaces("NotIn", "x") }, { podSelector: labelled("b") }] },
            ],
          }),
        ],
        probes: [{ port: 80, closed: ["x/* -> x/a"], open: ["x/b -> x/a"] }],
      },
    ],
  },
  {
    source: "should enforce policy based on PodSelector and NamespaceSelector",
    meaning: "one peer with two selectors: both are needed",
    steps: [
      {
        policies: [
          policy("x", A, {
            ingress: [{ from: [{ namespaceSelector: spaces("NotIn", "x"), podSelector: labelled("b") }] }],
          }),
        ],
        probes: [{ port: 80, closed: ["* -> x/a"], open: ["y/b -> x/a", "z/b -> x/a"] }],
      },
    ],
  },
  {
    source: "should enforce policy based on Multiple PodSelectors and NamespaceSelectors",
    meaning: "several values in each of the two selectors of one peer",
    steps: [
      {
        policies: [
          policy("x", A, {
            ingress: [
              { from: [{ namespaceSelector: spaces("NotIn", "x"), podSelector: podsNamed("b", "c") }] },
            ],
          }),
        ],
        probes: [{ port: 80, closed: ["x/* -> x/a", "y/a -> x/a", "z/a -> x/a"] }],
      },
    ],
  },
  {
    source: "should enforce policy based on any PodSelectors",
    meaning: "two pod selectors as two peers: either is enough",
    steps: [
      {
        policies: [
          policy("x", A, {
            ingress: [{ from: [{ podSelector: labelled("b") }, { podSelector: labelled("c") }] }],
          }),
        ],
        probes: [{ port: 80, closed: ["* -> x/a"], open: ["x/b -> x/a", "x/c -> x/a"] }],
      },
    ],
  },
  {
    source: "should deny ingress from pods on other namespaces",
    meaning: "an empty pod selector as peer means the own namespace and no other",
    steps: [
      {
        policies: [policy("x", ALL, { ingress: [{ from: [{ podSelector: { matchLabels: {} } }] }] })],
        probes: [{ port: 80, closed: ["y/* -> x/*", "z/* -> x/*"] }],
      },
    ],
  },
];
