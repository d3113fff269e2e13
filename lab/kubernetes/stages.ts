import assert from "node:assert/strict";
import type { Progress } from "../progress.js";
import type { ApiObject } from "./api.js";
import { until } from "./daemon.js";
import { KUBERNETES_POLICY, type KubernetesLab } from "./running.js";
import { CLUSTER_SITES, type ClusterSite } from "./site.js";
import { NAMESPACE, type Stage } from "./stage.js";
import { VELERO_STAGES } from "./velero-stages.js";

/** Seconds for what is waited for. */
const PATIENCE = 120;

/** Policies of Calico that belong to no namespace. */
export const CALICO = "/apis/projectcalico.org/v3/globalnetworkpolicies";

/** Options of every update: it is judged, and asks nobody. */
export const UP = ["up", "--yes", "--skip-preview", ...KUBERNETES_POLICY];

/** What happens, in order; each one stands on those before it. */
export const STAGES: readonly Stage[] = [
  { title: "pulumi up of both clusters under the policy pack, until all is ready", expected: 60, run: up },
  { title: "members run as declared: spread, bound, restricted", expected: 5, run: placed },
  { title: "a second preview changes nothing", expected: 20, run: nothingToDo },
  {
    title: "Calico's policies stand in both clusters, and a rule without an action is refused",
    expected: 5,
    run: calico,
  },
  { title: "a pod that nobody restricted is refused by the namespace", expected: 5, run: refused },
  { title: "one changed setting changes what reads it alone", expected: 60, run: changed },
  ...VELERO_STAGES,
  {
    title: "pulumi destroy leaves what is protected, and nothing once it is not",
    expected: 60,
    run: destroy,
  },
];

async function up(running: KubernetesLab, progress: Progress): Promise<string> {
  const said = await running.mustPulumi(UP, {
    onLine: (line) => {
      if (/ created \(| updated \(| deleted \(/.test(line)) progress(`  ${line.trim()}`);
    },
  });
  return /\+ (\d+) created/.exec(said)?.[0] ?? "up";
}

async function placed(running: KubernetesLab): Promise<string> {
  const seen: string[] = [];
  for (const site of CLUSTER_SITES) {
    const pods = await podsAt(running, site);
    const zones = new Map<string, string>();
    for (const node of await running.api(site).list("/api/v1/nodes"))
      zones.set(node.metadata.name, node.metadata.labels?.["topology.kubernetes.io/zone"] ?? "");
    const places = pods.map(({ spec }) => String(spec?.["nodeName"]));
    assert.equal(new Set(places).size, pods.length, "no two members share a node");
    assert.equal(new Set(places.map((node) => zones.get(node))).size, pods.length, "or a zone");
    for (const { metadata, status } of pods) {
      assert.equal(status?.["qosClass"], "Guaranteed", metadata.name);
      seen.push(
        `${metadata.name} on ${zones.get(places[pods.findIndex((pod) => pod.metadata.name === metadata.name)] ?? "")}`,
      );
    }
    for (const { metadata, status } of await claimsAt(running, site))
      assert.equal(status?.["phase"], "Bound", metadata.name);
  }
  assert.equal(seen.length, 3);
  return seen.join(", ");
}

async function nothingToDo(running: KubernetesLab): Promise<string> {
  const said = await running.mustPulumi(["preview", "--expect-no-changes", ...KUBERNETES_POLICY]);
  await running.mustPulumi([...UP, "--refresh", "--expect-no-changes"]);
  return /(\d+) unchanged/.exec(said)?.[0] ?? "unchanged";
}

/** By definitions made of Calico's types: what they do not name is dropped, and the refresh before this shows that nothing was. */
async function calico(running: KubernetesLab): Promise<string> {
  const seen: string[] = [];
  for (const site of CLUSTER_SITES) {
    const api = running.api(site);
    const ofCluster = await api.list(CALICO);
    const closing = await api.list(`/apis/projectcalico.org/v3/namespaces/${NAMESPACE}/networkpolicies`);
    const orderOf = ({ spec }: ApiObject): number => Number(spec?.["order"]);
    assert.ok(ofCluster.length > 2 && ofCluster.every((policy) => orderOf(policy) < 1000));
    assert.ok(closing.length > 0 && closing.every((policy) => orderOf(policy) > 1000));
    for (const { metadata, spec } of ofCluster)
      assert.match(String(spec?.["selector"]), new RegExp(`namespace == '${NAMESPACE}'`), metadata.name);
    seen.push(`${ofCluster.length + closing.length} policies at ${site}`);
  }
  let answer = "";
  await running
    .api("a")
    .create(CALICO, {
      apiVersion: "projectcalico.org/v3",
      kind: "GlobalNetworkPolicy",
      metadata: { name: "by-hand" },
      spec: { order: 1, selector: "all()", types: ["Ingress"], ingress: [{ protocol: "TCP" }] },
    })
    .catch((error: unknown) => (answer = String(error)));
  assert.match(answer, /spec\.ingress\[0\]\.action: Required value/);
  return seen.join(", ");
}

/** The API server itself, not a policy pack: what is in the namespace must be restricted. */
async function refused(running: KubernetesLab): Promise<string> {
  const pod = {
    metadata: { name: "by-hand" },
    spec: { containers: [{ name: "shell", image: "registry.lab.pgkeep.test/shell:1" }] },
  };
  let answer = "";
  await running
    .api("a")
    .create(`/api/v1/namespaces/${NAMESPACE}/pods`, pod)
    .catch((error: unknown) => (answer = String(error)));
  assert.match(answer, /violates PodSecurity "restricted:/);
  return "violates PodSecurity restricted";
}

/** Members begin anew one after the other, and nothing but their configuration differs. */
async function changed(running: KubernetesLab): Promise<string> {
  const before = await everyone(running);
  running.declare((input) => {
    input.cluster.parameters = { ...input.cluster.parameters, log_min_duration_statement: "2s" };
  });
  const said = await running.mustPulumi(UP);
  const updated = [...said.matchAll(/^ ~ +kubernetes:[\w./]+:(\w+)/gm)].map(([, kind]) => kind).sort();
  assert.deepEqual(new Set(updated), new Set(["ConfigMap", "StatefulSet"]));
  const after = await everyone(running);
  assert.deepEqual([...after.keys()], [...before.keys()]);
  for (const [name, uid] of after) assert.notEqual(uid, before.get(name), `${name} has begun anew`);
  await running.mustPulumi(["preview", "--expect-no-changes", ...KUBERNETES_POLICY]);
  return `${updated.length} objects updated, ${after.size} members begun anew`;
}

async function destroy(running: KubernetesLab): Promise<string> {
  const blocked = await running.pulumi(["destroy", "--yes", "--skip-preview"]);
  assert.notEqual(blocked.code, 0, "namespaces and claims are protected");
  assert.match(blocked.stdout + blocked.stderr, /protect/);
  for (const site of CLUSTER_SITES) assert.ok((await claimsAt(running, site)).length > 0);
  running.declare(() => undefined, { "pgkeep:protect": false });
  // Without the pack, which would block this.
  await running.mustPulumi(["up", "--yes", "--skip-preview"]);
  await running.mustPulumi(["destroy", "--yes", "--skip-preview"]);
  for (const site of CLUSTER_SITES) {
    const gone = async (): Promise<true | undefined> =>
      (await running.api(site).get(`/api/v1/namespaces/${NAMESPACE}`)) === undefined ? true : undefined;
    await until(`the namespace of site ${site} is gone`, PATIENCE, gone);
  }
  return "refused while protected; then no namespace is left";
}

function podsAt(running: KubernetesLab, site: ClusterSite): Promise<readonly ApiObject[]> {
  return running.api(site).list(`/api/v1/namespaces/${NAMESPACE}/pods`);
}

function claimsAt(running: KubernetesLab, site: ClusterSite): Promise<readonly ApiObject[]> {
  return running.api(site).list(`/api/v1/namespaces/${NAMESPACE}/persistentvolumeclaims`);
}

/** Pods of both sites and their ids. */
async function everyone(running: KubernetesLab): Promise<ReadonlyMap<string, string | undefined>> {
  const pods = await Promise.all(CLUSTER_SITES.map((site) => podsAt(running, site)));
  return new Map(pods.flat().map(({ metadata }) => [metadata.name, metadata.uid]));
}
