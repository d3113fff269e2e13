import { policy, type ConformanceCase, type ServedProtocol } from "./cluster.js";
import { A, ALL, space } from "./selectors.js";

/** Cases that Kubernetes has for several protocols. */
export const ofProtocol = (protocol: ServedProtocol, suffix: string): readonly ConformanceCase[] => [
  {
    source: `should support a 'default-deny-ingress' policy${suffix}`,
    meaning:
      "a policy for all pods of a namespace without ingress rules closes them to everybody, and leaves what they call open",
    steps: [
      {
        policies: [policy("x", ALL, { ingress: [] })],
        probes: [{ protocol, port: 80, closed: ["* -> x/*"] }],
      },
    ],
  },
  {
    source: `should enforce policy based on Ports${suffix}`,
    meaning: "one namespace reaches one port of one pod",
    steps: [
      {
        policies: [
          policy("x", A, {
            ingress: [
              {
                from: [{ namespaceSelector: space("y") }],
                ports: [{ protocol: protocol.toUpperCase(), port: 81 }],
              },
            ],
          }),
        ],
        probes: [
          { protocol, port: 81, closed: ["* -> x/a"], open: ["y/* -> x/a"] },
          { protocol, port: 80, closed: ["* -> x/a"] },
        ],
      },
    ],
  },
  {
    source: `should enforce policy to allow traffic only from a pod in a different namespace based on PodSelector and NamespaceSelector${suffix}`,
    meaning: "both selectors in one peer must fit",
    steps: [
      {
        policies: [
          policy("x", A, { ingress: [{ from: [{ namespaceSelector: space("y"), podSelector: A }] }] }),
        ],
        probes: [{ protocol, port: 80, closed: ["* -> x/a"], open: ["y/a -> x/a"] }],
      },
    ],
  },
];
