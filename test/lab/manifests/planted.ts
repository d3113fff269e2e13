import type { Manifest } from "./render.js";

const metadata = (name: string): Readonly<Record<string, unknown>> => ({ name, namespace: "databases" });

const deployment = (
  pod: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): Manifest => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: metadata("planted"),
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "planted" } },
    template: { metadata: { labels: { app: "planted" } }, spec: pod },
    ...more,
  },
});

const privileged = deployment({
  hostNetwork: true,
  containers: [{ name: "planted", image: "postgres:latest", securityContext: { privileged: true } }],
});

const policy = (spec: Readonly<Record<string, unknown>>): Manifest => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: metadata("planted"),
  spec: { podSelector: { matchLabels: { app: "planted" } }, policyTypes: ["Ingress", "Egress"], ...spec },
});

const schedule = (spec: Readonly<Record<string, unknown>>): Manifest => ({
  apiVersion: "velero.io/v1",
  kind: "Schedule",
  metadata: { name: "planted", namespace: "velero" },
  spec: { schedule: "0 2 * * *", template: { includedNamespaces: ["databases"], ttl: "720h" }, ...spec },
});

const cluster = (spec: Readonly<Record<string, unknown>>): Manifest => ({
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  metadata: metadata("planted"),
  spec: { instances: 3, storage: { size: "10Gi" }, ...spec },
});

const calico = (rule: Readonly<Record<string, unknown>>): Manifest => ({
  apiVersion: "projectcalico.org/v3",
  kind: "GlobalNetworkPolicy",
  metadata: { name: "planted" },
  spec: { tier: "default", order: 10, selector: "all()", types: ["Ingress"], ingress: [rule] },
});

/** Objects in which no checker may find anything: the checks are not simply always red. */
export const GOOD: readonly Manifest[] = [
  { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("planted"), data: { "a.conf": "ssl = on\n" } },
  schedule({}),
  cluster({}),
  calico({ action: "Allow", protocol: "TCP", destination: { ports: [5432, "6432:6433"] } }),
];

/** Objects with a fault, and what its checker must say about it. */
export const BAD: readonly (readonly [
  checker: string,
  what: string,
  manifests: readonly Manifest[],
  expected: RegExp,
])[] = [
  ["checkov", "a privileged container", [privileged], /^CKV_K8S_16 /],
  ["checkov", "a floating tag", [privileged], /^CKV_K8S_14 /],
  ["checkov", "pods without a NetworkPolicy", [privileged], /^CKV2_K8S_6 /],
  ["kube-score", "a privileged container", [privileged], /^container-security-context-privileged /],
  ["kube-score", "a missing limit", [privileged], /^container-resources /],
  [
    "kube-score",
    "a policy for pods that there are not",
    [policy({ ingress: [], egress: [] })],
    /^networkpolicy-targets-pod /,
  ],
  ["trivy config", "the node's network", [privileged], /^\S*KSV0?09 HIGH /],
  ["trivy config", "a root that can be written", [privileged], /^\S*KSV0?14 HIGH /],
  [
    "trivy config",
    "a secret in a ConfigMap",
    [{ ...(GOOD[0] as Manifest), data: { password: "hunter2hunter2" } }],
    /KSV-?0109 HIGH /,
  ],
  [
    "kubeconform",
    "a misspelt field",
    [deployment({ containers: [{ name: "a", image: "b", imagePullpolicy: "Always" }] })],
    /imagePullpolicy/,
  ],
  [
    "kubeconform",
    "a misspelt field of the kind",
    [deployment({ containers: [{ name: "a", image: "b" }] }, { replica: 2 })],
    /replica/,
  ],
  [
    "kubeconform",
    "a number where a text must stand",
    [{ ...(GOOD[0] as Manifest), data: { port: 5432 } }],
    /port/,
  ],
  ["kubeconform", "a field that is missing", [deployment({})], /containers/],
  [
    "kubeconform",
    "a policy with a port that is a list",
    [policy({ ingress: [{ ports: [{ port: [5432] }] }] })],
    /port/,
  ],
  [
    "kubeconform",
    "a misspelt field of Velero",
    [schedule({ template: { includedNamespace: ["a"] } })],
    /includedNamespace/,
  ],
  ["kubeconform", "a Velero schedule without one", [schedule({ schedule: undefined })], /schedule/],
  ["kubeconform", "a misspelt field of CloudNativePG", [cluster({ instance: 3 })], /instance/],
  [
    "kubeconform",
    "a value that CloudNativePG does not know",
    [cluster({ primaryUpdateStrategy: "later" })],
    /primaryUpdateStrategy/,
  ],
  [
    "kubeconform",
    "a misspelt field of Calico",
    [calico({ action: "Allow", source: { net: ["192.0.2.0/24"] } })],
    /'net' not allowed/,
  ],
  ["kubeconform", "a rule of Calico that does nothing", [calico({ protocol: "TCP" })], /action/],
  [
    "kubeconform",
    "a port of Calico that is neither a number nor a text",
    [calico({ action: "Allow", destination: { ports: [{ minPort: 5432 }] } })],
    /ports/,
  ],
  ["pod security", "a privileged container", [privileged], /^Deployment planted: privileged: /],
  [
    "pod security",
    "a user that may be root",
    [deployment({ containers: [{ name: "a", image: "b" }] })],
    /runAsNonRoot != true/,
  ],
  [
    "pod security",
    "a probe of another host",
    [
      deployment({
        containers: [{ name: "a", image: "b", livenessProbe: { tcpSocket: { host: "10.0.0.1", port: 1 } } }],
      }),
    ],
    /probe or lifecycle host/,
  ],
  [
    "pod security",
    "a directory of the node",
    [
      deployment({
        containers: [{ name: "a", image: "b" }],
        volumes: [{ name: "a", hostPath: { path: "/" } }],
      }),
    ],
    /hostPath/,
  ],
];
