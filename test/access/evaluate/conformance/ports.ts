import { policy, type ConformanceCase } from "./cluster.js";
import { A, ALL, space } from "./selectors.js";

/** Ports and protocols. */
export const PORTS: readonly ConformanceCase[] = [
  {
    source: "should enforce multiple, stacked policies with overlapping podSelectors",
    meaning: "each policy opens its port, and both ports are open when both stand",
    steps: [[81], [81, 80]].map((ports) => ({
      policies: ports.map((port) =>
        policy("x", A, {
          ingress: [{ from: [{ namespaceSelector: space("y") }], ports: [{ protocol: "TCP", port }] }],
        }),
      ),
      probes: [81, 80].map((port) => ({
        port,
        closed: ["* -> x/a"],
        open: ports.includes(port) ? ["y/* -> x/a"] : [],
      })),
    })),
  },
  {
    source: "should support allow-all policy",
    meaning: "a rule that says nothing opens everything",
    steps: [{ policies: [policy("x", ALL, { ingress: [{}] })], probes: [{ port: 80 }, { port: 81 }] }],
  },
  {
    source: "should allow ingress access on one named port",
    meaning: "a named port is the one of the called pod; without a protocol TCP is meant",
    steps: [
      {
        policies: [policy("x", ALL, { ingress: [{ ports: [{ port: "serve-81-tcp" }] }] })],
        probes: [{ port: 81 }, { port: 80, closed: ["* -> x/*"] }],
      },
    ],
  },
  {
    source: "should allow ingress access from namespace on one named port",
    meaning: "peer and named port must both fit",
    steps: [
      {
        policies: [
          policy("x", A, {
            ingress: [
              {
                from: [{ namespaceSelector: space("y") }],
                ports: [{ protocol: "TCP", port: "serve-80-tcp" }],
              },
            ],
          }),
        ],
        probes: [
          { port: 80, closed: ["* -> x/a"], open: ["y/* -> x/a"] },
          { port: 81, closed: ["* -> x/a"] },
        ],
      },
    ],
  },
  {
    source: "should allow egress access on one named port",
    meaning: "outwards, too, a named port is that of the pod that is called",
    steps: [
      {
        policies: [policy("x", ALL, { egress: [{ ports: [{ port: "serve-80-tcp" }] }] })],
        probes: [{ port: 80 }, { port: 81, closed: ["x/* -> *"] }],
      },
    ],
  },
  {
    source: "should enforce ingress policy allowing any port traffic to a server on a specific protocol",
    meaning: "a protocol without a port means all its ports and no other protocol",
    steps: [
      {
        policies: [policy("x", A, { ingress: [{ ports: [{ protocol: "TCP" }] }] })],
        probes: [{ port: 80 }, { protocol: "udp", port: 80, closed: ["* -> x/a"] }],
      },
    ],
  },
  {
    source:
      "should not mistakenly treat 'protocol: SCTP' as 'protocol: TCP', even if the plugin doesn't support SCTP",
    meaning: "an opening for SCTP opens no TCP",
    steps: [
      {
        policies: [
          policy("x", ALL, { ingress: [] }),
          policy("x", A, { ingress: [{ ports: [{ protocol: "SCTP", port: 81 }] }] }),
        ],
        probes: [
          { port: 81, closed: ["* -> x/*"] },
          { protocol: "sctp", port: 81, closed: ["* -> x/*"], open: ["* -> x/a"] },
        ],
      },
    ],
  },
  {
    source:
      "should properly isolate pods that are selected by a policy allowing SCTP, even if the plugin doesn't support SCTP",
    meaning: "a policy about SCTP isolates its pods for every protocol",
    steps: [
      {
        policies: [policy("x", A, { ingress: [{ ports: [{ protocol: "SCTP", port: 80 }] }] })],
        probes: [{ port: 81, closed: ["* -> x/a"] }],
      },
    ],
  },
  {
    source: "should not allow access by TCP when a policy specifies only UDP",
    meaning: "an opening for UDP opens no TCP",
    steps: [
      {
        policies: [policy("x", A, { ingress: [{ ports: [{ protocol: "UDP", port: 81 }] }] })],
        probes: [
          { port: 81, closed: ["* -> x/a"] },
          { protocol: "udp", port: 81 },
        ],
      },
    ],
  },
];
