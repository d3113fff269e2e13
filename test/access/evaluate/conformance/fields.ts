import { bare, policy, type ConformanceCase } from "./cluster.js";
import { A } from "./selectors.js";

/** What the reference of the API says of absent and empty fields, which no conformance test tries. */
const API = "NetworkPolicySpec of networking.k8s.io/v1";
export const FIELDS: readonly ConformanceCase[] = [
  {
    source: `${API}: policyTypes absent, no egress rules`,
    meaning: "ingress alone is isolated, also where egress is an empty list",
    steps: [
      { policies: [bare("x", { podSelector: {} })], probes: [{ port: 80, closed: ["* -> x/*"] }] },
      {
        policies: [bare("x", { podSelector: {}, egress: [] })],
        probes: [{ port: 80, closed: ["* -> x/*"] }],
      },
    ],
  },
  {
    source: `${API}: policyTypes absent, egress rules`,
    meaning: "both directions are isolated",
    steps: [
      {
        policies: [bare("x", { podSelector: A, egress: [{ ports: [{ port: 80 }] }] })],
        probes: [
          { port: 80, closed: ["* -> x/a"] },
          { port: 81, closed: ["* -> x/a", "x/a -> *"] },
        ],
      },
    ],
  },
  {
    source: `${API}: policyTypes Egress alone`,
    meaning: "ingress rules beside it mean nothing, and nobody is kept out",
    steps: [
      {
        policies: [
          bare("x", { podSelector: {}, policyTypes: ["Egress"], ingress: [{ ports: [{ port: 80 }] }] }),
        ],
        probes: [{ port: 81, closed: ["x/* -> *"] }],
      },
    ],
  },
  {
    source: `${API}: ports with endPort`,
    meaning: "a range takes in both its ends",
    steps: [
      {
        policies: [policy("x", A, { ingress: [{ ports: [{ port: 79, endPort: 80 }] }] })],
        probes: [{ port: 80 }, { port: 81, closed: ["* -> x/a"] }],
      },
    ],
  },
];
