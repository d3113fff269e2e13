import { forEach, type Rule } from "../../rule.js";
import { forEachDatabaseNamespace, OPERATED } from "./database.js";
import { forEachCluster, objectRule, objectsRule, type Kind } from "./object.js";
import { POD_KINDS } from "./pod.js";

const ADMISSION = "pod-security.kubernetes.io";
const LEVELS = ["privileged", "baseline", "restricted"];
const PINNED = /^v1\.\d+$/;
const NOT_FOR_WORKLOADS = /^(?:default|kube-(?:system|public|node-lease))$/;

const HOUSED: readonly Kind[] = [
  ...POD_KINDS,
  ...OPERATED,
  "core/PersistentVolumeClaim",
  "core/Secret",
  "core/Service",
];

/** Boundaries inside a cluster. */
export const namespaceRules: readonly Rule[] = [
  objectRule({
    id: "kubernetes-namespace-level",
    title: "Every namespace enforces a level of the Pod Security Standards, in a pinned version.",
    severity: "high",
    level: "mandatory",
    kinds: ["core/Namespace"],
    why: "Without the label everything is admitted; with `latest` an upgrade of the cluster changes what is, unasked.",
    fix: `labels ${ADMISSION}/enforce: restricted and ${ADMISSION}/enforce-version: v1.34 (privileged where agents must have it).`,
    controls: ["CIS Kubernetes 5.2.1", "CIS Kubernetes 5.6.1", "ISO 27001 A.8.9"],
    judge: (namespace, find) => {
      if (namespace.partial) return;
      const labels = namespace.at.at("metadata").at("labels");
      const level = labels.text(`${ADMISSION}/enforce`);
      if (level === undefined) return find("no level is enforced", ".metadata.labels");
      if (!LEVELS.includes(level)) find(`${level} is no level`, ".metadata.labels");
      const version = labels.text(`${ADMISSION}/enforce-version`);
      if (!PINNED.test(version ?? ""))
        find(`version ${version ?? "latest"} is not pinned`, ".metadata.labels");
    },
  }),
  objectsRule({
    id: "kubernetes-database-namespace-restricted",
    title: "Namespaces that hold databases admit restricted pods only.",
    severity: "critical",
    level: "mandatory",
    why: "Any pod in the namespace can mount the database's volumes and Secrets; one that may be root reads them as it likes.",
    fix: `label ${ADMISSION}/enforce: restricted on the Namespace, declared in the same stack; agents go elsewhere.`,
    controls: ["CIS Kubernetes 5.2.1", "PCI DSS 2.2.6", "ISO 27001 A.8.22"],
    judge: (resources, find) =>
      forEachCluster(resources, (objects) =>
        forEachDatabaseNamespace(objects, (name, [database]) => {
          const namespaces = objects.filter(({ kind }) => kind === "core/Namespace");
          forEach(namespaces, (namespace) => {
            if (namespace.name !== name) return;
            const { at, resource } = namespace;
            const level = at.at("metadata").at("labels").text(`${ADMISSION}/enforce`);
            if (level !== "restricted")
              find(
                `namespace ${name} holds ${database?.object.title} and enforces ${level ?? "nothing"}`,
                resource,
              );
          });
        }),
      ),
  }),
  objectRule({
    id: "kubernetes-namespace-named",
    title: "Nothing stands in the default namespace, or in the system's.",
    severity: "medium",
    level: "mandatory",
    kinds: HOUSED,
    why: "There no policy, quota or role of one's own holds; and without a word it is the kubeconfig that decides.",
    fix: "metadata.namespace with a namespace of the database's own.",
    controls: ["CIS Kubernetes 5.6.4", "ISO 27001 A.8.22"],
    judge: ({ at, partial }, find) => {
      if (partial) return;
      const namespace = at.at("metadata").at("namespace");
      if (namespace.value === undefined || namespace.value === "") find("no namespace is named", namespace);
      else if (NOT_FOR_WORKLOADS.test(namespace.shown)) find(`${namespace.shown} is used`, namespace);
    },
  }),
];
