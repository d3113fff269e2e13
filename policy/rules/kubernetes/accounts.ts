import type { Node } from "../../node.js";
import { forEach, type Find, type ResourceRule, type Rule } from "../../rule.js";
import { isServerImage, runsServer } from "./database.js";
import { objectRule, some, textsOf, type Kind, type KubernetesObject } from "./object.js";
import { podRule, servingContainersOf, variablesOf, wordsOf, type Pod } from "./pod.js";

const ROLES: readonly Kind[] = ["rbac.authorization.k8s.io/Role", "rbac.authorization.k8s.io/ClusterRole"];
const BINDINGS: readonly Kind[] = [
  "rbac.authorization.k8s.io/RoleBinding",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
];

/** What one rule of a role permits. */
interface Permission {
  readonly at: Node;
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly urls: readonly string[];
  readonly names: readonly string[];
}

function permissionOf(at: Node): Permission {
  const list = (key: string): string[] => textsOf(at.list(key));
  return {
    at,
    verbs: list("verbs"),
    groups: list("apiGroups"),
    resources: list("resources"),
    urls: list("nonResourceURLs"),
    names: list("resourceNames"),
  };
}

/** Declares a rule about each permission of each role. */
function permissionRule({
  judge,
  ...rule
}: Omit<ResourceRule, "scope" | "types" | "judge" | "parameters"> & {
  readonly judge: (permission: Permission, find: Find, role: KubernetesObject) => void;
}): Rule {
  return objectRule({
    ...rule,
    kinds: ROLES,
    judge: (role, find) => forEach(role.at.list("rules"), (at) => judge(permissionOf(at), find, role)),
  });
}

const permits = ({ verbs }: Permission, ...wanted: readonly string[]): boolean =>
  verbs.some((verb) => verb === "*" || wanted.includes(verb));
const concerns = ({ resources }: Permission, ...wanted: readonly string[]): boolean =>
  resources.some((resource) => resource === "*" || wanted.includes(resource));

/** Permissions by which a holder gets more than it was given. */
const ESCALATIONS: readonly {
  readonly verbs: readonly string[];
  readonly resources: readonly string[];
  readonly what: string;
}[] = [
  {
    verbs: ["bind", "escalate"],
    resources: ["roles", "clusterroles"],
    what: "gives its holder any role",
  },
  {
    verbs: ["create", "update", "patch"],
    resources: ["rolebindings", "clusterrolebindings"],
    what: "hands roles out",
  },
  {
    verbs: ["impersonate"],
    resources: ["users", "groups", "serviceaccounts", "userextras", "uids"],
    what: "acts in another's name",
  },
  { verbs: ["create"], resources: ["serviceaccounts/token"], what: "makes tokens of other accounts" },
  {
    verbs: ["update", "patch", "approve"],
    resources: ["certificatesigningrequests/approval", "signers"],
    what: "approves certificates of any identity",
  },
  {
    verbs: ["get", "create", "update", "patch"],
    resources: ["nodes/proxy"],
    what: "runs commands on every node",
  },
  {
    verbs: ["create", "update", "patch"],
    resources: ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
    what: "reads and changes everything that is created",
  },
  {
    verbs: ["create", "update", "patch"],
    resources: ["persistentvolumes"],
    what: "mounts directories of nodes",
  },
];

/** Groups and names that stand for everybody, or for those who may everything. */
const EVERYBODY =
  /^(?:system:(?:masters|anonymous|unauthenticated|authenticated|serviceaccounts(?::.*)?)|\*)$/;

/** A scanner reads foreign content and needs nothing of the cluster. */
function scans(pod: Pod): boolean {
  return some(
    servingContainersOf(pod),
    (container) =>
      /(?:^|\/)(?:trivy|grype|clair)\b/.test(container.at.text("image") ?? "") ||
      /^(?:\S*\/)?(?:trivy|grype)\b/.test(wordsOf(container).join(" ")),
  );
}

/** A server, or a job from its image, which holds what opens the data or its copies. */
function isOfDatabase(pod: Pod): boolean {
  return some(
    servingContainersOf(pod),
    (container) => isServerImage(container.at.text("image") ?? "") || runsServer(container),
  );
}

/** Patroni keeps its leader lock in the API of the cluster when it is told to. */
function needsApi(pod: Pod): boolean {
  return some(
    servingContainersOf(pod),
    (container) =>
      some(variablesOf(container), ({ name }) => /^PATRONI_KUBERNETES_/.test(name)) ||
      /(?:^|\/)spilo(?:-\d+)?\b/.test(container.at.text("image") ?? ""),
  );
}

/** Who may do what through the API. */
export const accountRules: readonly Rule[] = [
  podRule({
    id: "kubernetes-token-not-mounted",
    title:
      "Pods say whether they get a token of the API; databases, jobs from their images and scanners get none.",
    severity: "high",
    level: "mandatory",
    why: "The token is mounted by default: whoever breaks into the database or feeds the scanner then speaks to the API.",
    fix: "automountServiceAccountToken: false on the pod, which wins over its account; true only where the API is used.",
    controls: ["CIS Kubernetes 5.1.6", "PCI DSS 7.2.5", "ISO 27001 A.8.2"],
    judge: (pod, find) => {
      const mounted = pod.spec.at("automountServiceAccountToken");
      if (mounted.value === undefined && pod.object.partial) return;
      if (typeof mounted.value !== "boolean") find("a token is mounted, since nothing is said", mounted);
      else if (mounted.value && (scans(pod) || isOfDatabase(pod)) && !needsApi(pod))
        find("a token is mounted", mounted);
    },
  }),
  podRule({
    id: "kubernetes-own-account",
    title: "Every workload runs under an account of its own.",
    severity: "medium",
    level: "mandatory",
    why: "What is granted to the default account is granted to every pod of the namespace that names none.",
    fix: "a ServiceAccount for the workload, and spec.serviceAccountName with its name.",
    controls: ["CIS Kubernetes 5.1.5", "PCI DSS 7.2.5", "ISO 27001 A.5.15"],
    judge: (pod, find) => {
      const account = pod.spec.at("serviceAccountName");
      const name = account.value ?? pod.spec.at("serviceAccount").value;
      if (name === undefined && pod.object.partial) return;
      if (name === undefined || name === "" || name === "default")
        find("the default account is used", account);
    },
  }),
  permissionRule({
    id: "kubernetes-role-no-wildcard",
    title: "No role permits everything, or on everything.",
    severity: "high",
    level: "mandatory",
    why: "A star takes in what nobody thought of: Secrets, roles themselves, and kinds that do not exist yet.",
    fix: "verbs, resources and API groups by name.",
    controls: ["CIS Kubernetes 5.1.3", "PCI DSS 7.2.5", "ISO 27001 A.8.2"],
    judge: ({ at, verbs, groups, resources, urls }, find) => {
      for (const [key, list] of Object.entries({
        verbs,
        apiGroups: groups,
        resources,
        nonResourceURLs: urls,
      }))
        if (list.some((each) => each === "*" || /^\*\/|\/\*$/.test(each))) find("a star", at.at(key));
    },
  }),
  permissionRule({
    id: "kubernetes-role-no-escalation",
    title: "No role lets its holder get more than it was given.",
    severity: "critical",
    level: "mandatory",
    why: "Who binds roles, impersonates, makes tokens, approves certificates or reaches the kubelet is an administrator in disguise.",
    fix: "leave these to the cluster's administrators; an operator that must have one, by exemption.",
    controls: [
      "CIS Kubernetes 5.1.8",
      "CIS Kubernetes 5.1.9",
      "CIS Kubernetes 5.1.10",
      "CIS Kubernetes 5.1.11",
      "CIS Kubernetes 5.1.12",
      "CIS Kubernetes 5.1.13",
      "PCI DSS 7.2.5",
    ],
    judge: (permission, find) => {
      for (const { verbs, resources, what } of ESCALATIONS)
        if (permits(permission, ...verbs) && concerns(permission, ...resources))
          find(`${verbs.join(" or ")} on ${resources.join(", ")} ${what}`, permission.at);
    },
  }),
  permissionRule({
    id: "kubernetes-role-no-exec",
    title: "No role opens a shell in pods, and none of the cluster's roles makes pods.",
    severity: "high",
    level: "mandatory",
    why: "A shell in the database's pod is its superuser; a pod of one's own making mounts any Secret and volume beside it.",
    fix: "let jobs connect by SQL over TLS; make workloads through the stack.",
    controls: ["CIS Kubernetes 5.1.4", "PCI DSS 7.2.5", "SOC 2 CC6.3"],
    judge: (permission, find, { kind }) => {
      if (permits(permission, "create", "get") && concerns(permission, "pods/exec", "pods/attach"))
        find("opens shells in pods", permission.at);
      if (permits(permission, "update", "patch") && concerns(permission, "pods/ephemeralcontainers"))
        find("puts containers into running pods", permission.at);
      if (kind.endsWith("/ClusterRole") && permits(permission, "create") && concerns(permission, "pods"))
        find("makes pods in every namespace that it is bound for", permission.at);
    },
  }),
  permissionRule({
    id: "kubernetes-role-secrets-by-name",
    title: "Roles read Secrets one by one, by name, in one namespace.",
    severity: "high",
    level: "mandatory",
    why: "list and watch hand out the content of every Secret: passwords of all databases, keys of all backups.",
    fix: "a Role (not a ClusterRole) with verb get and resourceNames.",
    controls: ["CIS Kubernetes 5.1.2", "PCI DSS 7.2.5", "ISO 27001 A.8.3"],
    judge: (permission, find, { kind }) => {
      if (!concerns(permission, "secrets")) return;
      if (permits(permission, "list", "watch")) find("list and watch read every Secret", permission.at);
      else if (permits(permission, "get") && permission.names.length === 0)
        find("no names limit which Secrets are read", permission.at);
      else if (kind.endsWith("/ClusterRole") && permits(permission, "get", "update", "patch", "delete"))
        find("a ClusterRole reaches Secrets of this name in every namespace", permission.at);
    },
  }),
  objectRule({
    id: "kubernetes-binding-not-admin",
    title: "Nobody is bound to cluster-admin, and nothing is granted to everybody.",
    severity: "critical",
    level: "mandatory",
    kinds: BINDINGS,
    why: "cluster-admin reads every Secret and deletes every backup; groups such as system:authenticated take in all accounts there are.",
    fix: "a role with what is needed, bound to an account of its own; Velero's server by exemption, since it restores everything.",
    controls: ["CIS Kubernetes 5.1.1", "CIS Kubernetes 5.1.5", "CIS Kubernetes 5.1.7", "PCI DSS 7.2.5"],
    judge: ({ at }, find) => {
      const role = at.at("roleRef").at("name");
      if (role.value === "cluster-admin") find("cluster-admin is bound", role);
      forEach(at.list("subjects"), (subject) => {
        const name = subject.text("name") ?? "";
        if (EVERYBODY.test(name)) find(`${name} is bound`, subject);
        if (subject.text("kind") === "ServiceAccount" && name === "default")
          find("the default account is bound", subject);
      });
    },
  }),
];
