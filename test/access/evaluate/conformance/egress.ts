import { addressOf, CLUSTER, policy, type ConformanceCase } from "./cluster.js";
import { A, ALL, labelled, only, space, spaces } from "./selectors.js";

/** What goes out, and both directions together. */
export const EGRESS: readonly ConformanceCase[] = [
  {
    source: "should deny egress from pods based on PodSelector",
    meaning: "egress without rules closes what one pod calls",
    steps: [{ policies: [policy("x", A, { egress: [] })], probes: [{ port: 80, closed: ["x/a -> *"] }] }],
  },
  {
    source: "should deny egress from all pods in a namespace",
    meaning: "the same for all pods of a namespace",
    steps: [{ policies: [policy("x", ALL, { egress: [] })], probes: [{ port: 80, closed: ["x/* -> *"] }] }],
  },
  {
    source: "should work with Ingress, Egress specified together",
    meaning: "each direction is judged by its own rules",
    steps: [
      {
        policies: [
          policy("x", A, {
            ingress: [{ from: [{ podSelector: labelled("b") }] }],
            egress: [{ ports: [{ port: 80 }] }],
          }),
        ],
        probes: [
          { port: 80, closed: ["* -> x/a"], open: ["x/b -> x/a"] },
          { port: 81, closed: ["* -> x/a", "x/a -> *"], open: ["x/b -> x/a"] },
        ],
      },
    ],
  },
  {
    source:
      "should support denying of egress traffic on the client side (even if the server explicitly allows this traffic)",
    meaning: "both ends must agree",
    steps: [
      {
        policies: [
          policy("x", A, { egress: [{ to: [{ namespaceSelector: space("y"), podSelector: A }] }] }),
          ...["a", "b"].map((name) =>
            policy("y", labelled(name), {
              ingress: [{ from: [{ namespaceSelector: space("x"), podSelector: A }] }],
            }),
          ),
        ],
        probes: [{ port: 80, closed: ["x/a -> *", "* -> y/a", "* -> y/b"], open: ["x/a -> y/a"] }],
      },
    ],
  },
  {
    source:
      "should enforce egress policy allowing traffic to a server in a different namespace based on PodSelector and NamespaceSelector",
    meaning: "outwards, too, both selectors of a peer must fit",
    steps: [
      {
        policies: [policy("x", A, { egress: [{ to: [{ namespaceSelector: space("y"), podSelector: A }] }] })],
        probes: [{ port: 80, closed: ["x/a -> *"], open: ["x/a -> y/a"] }],
      },
    ],
  },
  {
    source: "should enforce policy based on NamespaceSelector with MatchExpressions using default ns label",
    meaning: "NotIn leaves out the namespaces that it names",
    steps: [
      {
        policies: [policy("x", A, { egress: [{ to: [{ namespaceSelector: spaces("NotIn", "y") }] }] })],
        probes: [{ port: 80, closed: ["x/a -> y/*"] }],
      },
    ],
  },
  {
    source: "should allow egress access to server in CIDR block",
    meaning: "a block of addresses may mean pods",
    steps: [
      {
        policies: [policy("x", A, { egress: [{ to: [only(`${addressOf("y/b")}/32`)] }] })],
        probes: [{ port: 80, closed: ["x/a -> *"], open: ["x/a -> y/b"] }],
      },
    ],
  },
  {
    source: "should enforce except clause while egress access to server in CIDR block",
    meaning: "an exception takes addresses out of its block",
    steps: [
      {
        policies: [
          policy("x", A, {
            egress: [{ to: [{ ipBlock: { cidr: CLUSTER, except: [`${addressOf("x/b")}/32`] } }] }],
          }),
        ],
        probes: [{ port: 80, closed: ["x/a -> x/b"] }],
      },
    ],
  },
  {
    source: "should ensure an IP overlapping both IPBlock.CIDR and IPBlock.Except is allowed",
    meaning: "an exception denies nothing that another rule opens",
    steps: [
      {
        policies: [policy("x", A, { egress: [{ to: [only(`${addressOf("x/b")}/32`)] }] })],
        probes: [{ port: 80, closed: ["x/a -> *"], open: ["x/a -> x/b"] }],
      },
      {
        policies: [
          policy("x", A, {
            egress: [{ to: [{ ipBlock: { cidr: CLUSTER, except: [`${addressOf("x/b")}/32`] } }] }],
          }),
          policy("x", A, { egress: [{ to: [only(`${addressOf("x/b")}/32`)] }] }),
        ],
        probes: [{ port: 80 }],
      },
    ],
  },
  {
    source:
      "should enforce policies to check ingress and egress policies can be controlled independently based on PodSelector",
    meaning: "an opening outwards does not soften a denial inwards",
    steps: [
      { policies: [policy("x", A, { egress: [{}] })], probes: [{ port: 80 }] },
      {
        policies: [policy("x", A, { egress: [{}] }), policy("x", A, { ingress: [] })],
        probes: [{ port: 80, closed: ["* -> x/a"] }],
      },
    ],
  },
];
