import { textOf, type Node } from "../../node.js";
import { forEach, type Rule } from "../../rule.js";
import { isWorld } from "../../text/networks.js";
import { denies, isCalicoPolicy, isCatchAll } from "./calico.js";
import { forEachDatabaseNamespace } from "./database.js";
import { entries, forEachCluster, objectRule, objectsRule, some, type KubernetesObject } from "./object.js";

/** Ports that a database or its agents serve: PostgreSQL, poolers, Patroni, pgBackRest, exporters, instance managers. */
const PORTS = new Set([5432, 6432, 8008, 8432, 9187, 8000]);
const PORT_NAME = /^(?:postgres(?:ql)?|pg|psql|pgbouncer|patroni|5432)$/;

/** A selector that fits everything. */
function isEmpty(selector: Node): boolean {
  const { value } = selector;
  return (
    typeof value === "object" &&
    value !== null &&
    entries(selector.at("matchLabels")).length === 0 &&
    selector.list("matchExpressions").length === 0
  );
}

/** True when the ports of a rule take in one that a database serves; no ports are all ports. */
function opensDatabase(rule: Node): boolean {
  const ports = rule.list("ports");
  if (ports.length === 0) return true;
  return some(ports, (entry) => {
    const port = entry.at("port").value;
    const end = entry.at("endPort").value;
    if (port === undefined) return true;
    if (typeof port === "string") return PORT_NAME.test(port);
    const last = typeof end === "number" ? end : port;
    return typeof port === "number" && [...PORTS].some((each) => port <= each && each <= Number(last));
  });
}

/** Which peer of a rule is everybody; undefined when each is somebody. An absent or empty list is everybody. */
function everybodyAmong(rule: Node, key: "from" | "to"): Node | undefined {
  const peers = rule.list(key);
  if (peers.length === 0) return rule.at(key);
  let found: Node | undefined;
  some(peers, (peer) => {
    const block = peer.at("ipBlock").text("cidr");
    const everyNamespace =
      peer.has("namespaceSelector") &&
      isEmpty(peer.at("namespaceSelector")) &&
      (!peer.has("podSelector") || isEmpty(peer.at("podSelector")));
    if (!everyNamespace && (block === undefined || !isWorld(block))) return false;
    found = peer;
    return true;
  });
  return found;
}

/** True for a NetworkPolicy that isolates every pod of its namespace in a direction, and lets nothing through itself. */
function isolates({ kind, spec }: KubernetesObject, direction: "Ingress" | "Egress"): boolean {
  return (
    kind === "networking.k8s.io/NetworkPolicy" &&
    isEmpty(spec.at("podSelector")) &&
    some(spec.list("policyTypes"), ({ value }) => value === direction) &&
    spec.list(direction.toLowerCase()).length === 0
  );
}

/** True for a Calico policy that denies whatever no other names, in a namespace. */
function deniesTheRest(
  object: KubernetesObject,
  direction: "Ingress" | "Egress",
  namespace: string,
): boolean {
  if (!isCalicoPolicy(object) || !isCatchAll(object) || !denies(object.spec, direction)) return false;
  return object.kind.endsWith("/GlobalNetworkPolicy") || object.namespace === namespace;
}

/** True for a rule about DNS alone, which may go to wherever the resolver is. */
function isDns(rule: Node): boolean {
  const ports = rule.list("ports");
  return (
    ports.length > 0 &&
    ports.every((entry) => /^(?:53|5353|dns(?:-tcp)?|domain)$/.test(entry.at("port").shown))
  );
}

function isPostgresService(spec: Node): boolean {
  return some(spec.list("ports"), (entry) =>
    ["port", "targetPort", "name"].some((key) => {
      const { value } = entry.at(key);
      return typeof value === "number" ? PORTS.has(value) : PORT_NAME.test(textOf(value));
    }),
  );
}

/** Who reaches a database, and whom it reaches. */
export const kubernetesNetworkRules: readonly Rule[] = [
  objectsRule({
    id: "kubernetes-default-deny",
    title: "Namespaces that hold databases deny what nothing allows, both ways.",
    severity: "critical",
    level: "mandatory",
    why: "Without a policy every pod of the cluster reaches the database, and the database reaches the Internet.",
    fix: "a NetworkPolicy with podSelector {} and policyTypes [Ingress, Egress] and no rules; or Calico's last policy with Deny both ways.",
    controls: ["CIS Kubernetes 5.3.2", "PCI DSS 1.3.1", "PCI DSS 1.3.2", "ISO 27001 A.8.22"],
    judge: (resources, find) =>
      forEachCluster(resources, (objects) =>
        forEachDatabaseNamespace(objects, (namespace, [database]) => {
          forEach(["Ingress", "Egress"] as const, (direction) => {
            const denied = some(
              objects,
              (each) =>
                (isolates(each, direction) && each.namespace === namespace) ||
                deniesTheRest(each, direction, namespace),
            );
            if (!denied)
              find(
                `nothing denies ${direction.toLowerCase()} by default in namespace ${namespace}`,
                database?.object.resource,
              );
          });
        }),
      ),
  }),
  objectRule({
    id: "kubernetes-ingress-named",
    title: "No policy opens a database's port to everybody.",
    severity: "critical",
    level: "mandatory",
    kinds: ["networking.k8s.io/NetworkPolicy"],
    why: "A database that every pod or every address reaches is guessed, scanned and exploited.",
    fix: "from with the pods of the clients in their namespaces, and ports of PostgreSQL alone.",
    controls: ["CIS Kubernetes 5.3.2", "PCI DSS 1.3.1", "SOC 2 CC6.6"],
    judge: ({ spec }, find) =>
      forEach(spec.list("ingress"), (rule) => {
        if (!opensDatabase(rule)) return;
        const everybody = everybodyAmong(rule, "from");
        if (everybody !== undefined) find("everybody is let in", everybody);
      }),
  }),
  objectsRule({
    id: "kubernetes-egress-named",
    title: "Databases reach named places only.",
    severity: "high",
    level: "mandatory",
    why: "What is stolen leaves by the way that backups leave; a server with a way out can be made to fetch tools.",
    fix: "egress to DNS, to the other members and to the repository's addresses, with ports.",
    controls: ["PCI DSS 1.3.2", "ISO 27001 A.8.12", "ISO 27001 A.8.22"],
    judge: (resources, find) =>
      forEachCluster(resources, (objects) =>
        forEachDatabaseNamespace(objects, (namespace) =>
          forEach(objects, (policy) => {
            if (policy.kind !== "networking.k8s.io/NetworkPolicy" || policy.namespace !== namespace) return;
            forEach(policy.spec.list("egress"), (rule) => {
              const everybody = everybodyAmong(rule, "to");
              if (everybody !== undefined && !isDns(rule))
                find("everything is reachable", policy.resource, everybody);
            });
          }),
        ),
      ),
  }),
  objectRule({
    id: "kubernetes-service-inside",
    title: "Services stay inside the cluster, or name who may come.",
    severity: "critical",
    level: "mandatory",
    kinds: ["core/Service"],
    why: "A load balancer without source ranges is open to the Internet, a node port on every node, and external addresses can be taken by whoever makes the Service.",
    fix: "type ClusterIP; or LoadBalancer with loadBalancerSourceRanges of the clients' networks.",
    controls: ["PCI DSS 1.4.4", "SOC 2 CC6.6", "ISO 27001 A.8.20"],
    judge: ({ spec }, find) => {
      if (spec.list("externalIPs").length > 0) find("external addresses are claimed", spec.at("externalIPs"));
      const type = spec.at("type");
      if (type.value === "NodePort")
        find(`the ${isPostgresService(spec) ? "database" : "Service"} is open on every node`, type);
      if (type.value !== "LoadBalancer") return;
      const ranges = spec.list("loadBalancerSourceRanges");
      if (ranges.length === 0)
        find("no source ranges limit who may come", spec.at("loadBalancerSourceRanges"));
      for (const range of ranges) if (isWorld(range.shown)) find(`${range.shown} is everybody`, range);
    },
  }),
  objectRule({
    id: "kubernetes-operated-service-inside",
    title: "Services that CloudNativePG makes stay inside the cluster, or name who may come.",
    severity: "critical",
    level: "mandatory",
    kinds: ["postgresql.cnpg.io/Cluster"],
    why: "A load balancer without source ranges is open to the Internet, a node port on every node.",
    fix: "managed.services.additional with type ClusterIP, or LoadBalancer with loadBalancerSourceRanges.",
    controls: ["PCI DSS 1.4.4", "SOC 2 CC6.6", "ISO 27001 A.8.20"],
    judge: ({ spec }, find) =>
      forEach(spec.at("managed").at("services").list("additional"), (service) => {
        const template = service.at("serviceTemplate").at("spec");
        const type = template.at("type");
        const ranges = template.list("loadBalancerSourceRanges");
        if (type.value === "NodePort") find("the database is open on every node", type);
        if (
          type.value === "LoadBalancer" &&
          (ranges.length === 0 || ranges.some(({ value }) => isWorld(textOf(value))))
        )
          find("no source ranges limit who may come", type);
      }),
  }),
];
