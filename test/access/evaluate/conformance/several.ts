import { policy, type ConformanceCase } from "./cluster.js";
import { ALL } from "./selectors.js";

/** How policies add up, change and go. */
export const SEVERAL: readonly ConformanceCase[] = [
  {
    source: "should enforce updated policy",
    meaning: "what counts is the policy as it is now",
    steps: [
      { policies: [policy("x", ALL, { ingress: [{}] })], probes: [{ port: 81 }] },
      { policies: [policy("x", ALL, { ingress: [] })], probes: [{ port: 81, closed: ["* -> x/*"] }] },
    ],
  },
  {
    source: "should enforce multiple ingress policies with ingress allow-all policy taking precedence",
    meaning: "the widest opening holds",
    steps: [
      {
        policies: [policy("x", ALL, { ingress: [{ ports: [{ port: 80 }] }] })],
        probes: [{ port: 81, closed: ["* -> x/*"] }],
      },
      {
        policies: [
          policy("x", ALL, { ingress: [{ ports: [{ port: 80 }] }] }),
          policy("x", ALL, { ingress: [{}] }),
        ],
        probes: [{ port: 81 }],
      },
    ],
  },
  {
    source: "should enforce multiple egress policies with egress allow-all policy taking precedence",
    meaning: "outwards as well",
    steps: [
      {
        policies: [policy("x", ALL, { egress: [{ ports: [{ port: 80 }] }] })],
        probes: [{ port: 81, closed: ["x/* -> *"] }],
      },
      {
        policies: [
          policy("x", ALL, { egress: [{ ports: [{ port: 80 }] }] }),
          policy("x", ALL, { egress: [{}] }),
        ],
        probes: [{ port: 81 }],
      },
    ],
  },
  {
    source: "should stop enforcing policies after they are deleted",
    meaning: "without a policy everything is open",
    steps: [
      {
        policies: [policy("x", ALL, { ingress: [], egress: [] })],
        probes: [{ port: 80, closed: ["x/* -> *", "* -> x/*"] }],
      },
      { policies: [], probes: [{ port: 80 }] },
    ],
  },
];
