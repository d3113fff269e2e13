import type { Node } from "../../node.js";
import { forEach, type Find, type Rule } from "../../rule.js";
import { inTurn, textsOf } from "./object.js";
import { containerRule, containersOf, podRule, type Container } from "./pod.js";

/*
 * The restricted level of the Pod Security Standards, and a read-only root, which it leaves out. What a container says wins over
 * what its pod says.
 */

const security = ({ at }: Container): Node => at.at("securityContext");
const podSecurity = ({ pod }: Container): Node => pod.spec.at("securityContext");

/** A setting of a container, or else of its pod. */
function effective(container: Container, key: string): Node {
  const own = security(container).at(key);
  return security(container).has(key) ? own : podSecurity(container).at(key);
}

/** Volumes that the restricted level allows. */
const VOLUMES = new Set(
  "name configMap downwardAPI emptyDir projected secret csi persistentVolumeClaim ephemeral image".split(" "),
);
const SAFE_SYSCTLS = new Set(
  "kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.ip_unprivileged_port_start net.ipv4.tcp_syncookies net.ipv4.ping_group_range net.ipv4.ip_local_reserved_ports net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes net.ipv4.tcp_rmem net.ipv4.tcp_wmem".split(
    " ",
  ),
);

const EXEMPT = "an agent that must have it, such as Falco's or Velero's node agent, by exemption.";

function judgePorts({ at }: Container, find: Find): void {
  for (const port of at.list("ports")) {
    const taken = port.at("hostPort");
    if (taken.value !== undefined && taken.value !== 0) find("a port of the node is taken", taken);
  }
  for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"])
    for (const way of ["httpGet", "tcpSocket"]) {
      const host = at.at(probe).at(way).at("host");
      if (host.value !== undefined && host.value !== "") find("the probe goes to another host", host);
    }
}

/** What a pod may do to its node. */
export const podSecurityRules: readonly Rule[] = [
  containerRule({
    id: "kubernetes-not-root",
    title: "No container runs as root.",
    severity: "high",
    level: "mandatory",
    why: "Root in a container is root on the node once it finds a way out; PostgreSQL itself refuses to run as root.",
    fix: "securityContext.runAsNonRoot: true and runAsUser other than 0 (999 in the official image, 70 in its Alpine variant).",
    controls: ["CIS Kubernetes 5.2.7", "CIS Kubernetes 5.6.3", "PCI DSS 2.2.6", "ISO 27001 A.8.9"],
    judge: (container, find) => {
      const { partial } = container.pod.object;
      const nonRoot = effective(container, "runAsNonRoot");
      const user = effective(container, "runAsUser");
      if (nonRoot.value !== true && !(partial && nonRoot.value === undefined))
        find("runAsNonRoot is not true", nonRoot);
      if (user.value === 0) find("user 0 is root", user);
    },
  }),
  containerRule({
    id: "kubernetes-seccomp",
    title: "Every container runs under a seccomp profile.",
    severity: "medium",
    level: "mandatory",
    why: "Without one a container may make every system call of the kernel, those with holes among them.",
    fix: 'securityContext.seccompProfile.type: "RuntimeDefault".',
    controls: ["CIS Kubernetes 5.6.2", "PCI DSS 2.2.6", "ISO 27001 A.8.9"],
    judge: (container, find) => {
      const profile = effective(container, "seccompProfile").at("type");
      if (profile.value === undefined && container.pod.object.partial) return;
      if (!["RuntimeDefault", "Localhost"].includes(profile.shown))
        find(profile.value === undefined ? "no profile is set" : `${profile.shown} filters nothing`, profile);
    },
  }),
  containerRule({
    id: "kubernetes-capabilities",
    title: "Every container drops all capabilities.",
    severity: "high",
    level: "mandatory",
    why: "The default set holds NET_RAW and others that forge packets and change owners; a server started as its own user needs none.",
    fix: 'securityContext.capabilities.drop: ["ALL"], and nothing added but NET_BIND_SERVICE.',
    controls: ["CIS Kubernetes 5.2.8", "CIS Kubernetes 5.2.9", "ISO 27001 A.8.9"],
    judge: (container, find) => {
      const capabilities = security(container).at("capabilities");
      if (!textsOf(capabilities.list("drop")).includes("ALL") && !container.pod.object.partial)
        find("ALL is not dropped", capabilities.at("drop"));
      for (const added of capabilities.list("add"))
        if (added.value !== "NET_BIND_SERVICE") find(`${added.shown} is added`, added);
    },
  }),
  containerRule({
    id: "kubernetes-no-escalation",
    title: "No process of a container can gain more privileges than it began with.",
    severity: "high",
    level: "mandatory",
    why: "A set-uid program in the image is otherwise a way to root; the default allows it.",
    fix: "securityContext.allowPrivilegeEscalation: false.",
    controls: ["CIS Kubernetes 5.2.6", "PCI DSS 7.2.5", "ISO 27001 A.8.2"],
    judge: (container, find) => {
      const escalation = security(container).at("allowPrivilegeEscalation");
      if (escalation.value === false || (escalation.value === undefined && container.pod.object.partial))
        return;
      find("allowPrivilegeEscalation is not false", escalation);
    },
  }),
  containerRule({
    id: "kubernetes-not-privileged",
    title: "No container is privileged, or lifts the masks that hide the node from it.",
    severity: "critical",
    level: "mandatory",
    why: "A privileged container is the node, with every other container and volume on it.",
    fix: `leave privileged, procMount, windowsOptions.hostProcess and unconfined profiles out; ${EXEMPT}`,
    controls: ["CIS Kubernetes 5.2.2", "CIS Kubernetes 5.2.10", "PCI DSS 2.2.6", "ISO 27001 A.8.2"],
    judge: (container, find) => {
      const own = security(container);
      if (own.at("privileged").value === true) find("privileged is set", own.at("privileged"));
      const mount = own.at("procMount");
      if (mount.value !== undefined && mount.value !== "Default") find("procMount is not Default", mount);
      const host = effective(container, "windowsOptions").at("hostProcess");
      if (host.value === true) find("hostProcess is set", host);
      const armor = effective(container, "appArmorProfile").at("type");
      if (armor.value === "Unconfined") find("AppArmor is off", armor);
      for (const [key, label] of [
        ["user", effective(container, "seLinuxOptions").at("user")],
        ["role", effective(container, "seLinuxOptions").at("role")],
      ] as const)
        if (label.value !== undefined && label.value !== "") find(`SELinux ${key} is changed`, label);
    },
  }),
  podRule({
    id: "kubernetes-no-host-namespaces",
    title: "No pod shares the node's network, processes or memory, or takes its ports.",
    severity: "critical",
    level: "mandatory",
    why: "On the node's network no NetworkPolicy holds; among its processes every secret in an environment can be read.",
    fix: `leave hostNetwork, hostPID, hostIPC, hostPort, unsafe sysctls and host in probes out; ${EXEMPT}`,
    controls: [
      "CIS Kubernetes 5.2.3",
      "CIS Kubernetes 5.2.4",
      "CIS Kubernetes 5.2.5",
      "CIS Kubernetes 5.2.12",
      "ISO 27001 A.8.22",
    ],
    judge: (pod, find) =>
      inTurn(
        () =>
          forEach(["hostNetwork", "hostPID", "hostIPC"], (key) => {
            if (pod.spec.at(key).value === true) find(`${key} is set`, pod.spec.at(key));
          }),
        () =>
          forEach(pod.spec.at("securityContext").list("sysctls"), (sysctl) => {
            if (!SAFE_SYSCTLS.has(sysctl.text("name") ?? ""))
              find("the sysctl is none of the safe ones", sysctl);
          }),
        () => forEach(containersOf(pod), (container) => judgePorts(container, find)),
      ),
  }),
  podRule({
    id: "kubernetes-volumes-restricted",
    title: "Pods mount no directories of their node.",
    severity: "critical",
    level: "mandatory",
    why: "A hostPath is a way to the node's files, and a database on one is lost, or stays behind, when its pod moves.",
    fix: `a PersistentVolumeClaim for data, emptyDir for the rest; ${EXEMPT}`,
    controls: ["CIS Kubernetes 5.2.11", "PCI DSS 2.2.6", "ISO 27001 A.8.9"],
    judge: (pod, find) =>
      forEach(pod.spec.list("volumes"), (volume) => {
        const { value } = volume;
        const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
        for (const key of keys.filter((each) => !VOLUMES.has(each) && volume.has(each)))
          find(`a volume of the kind ${key}`, volume.at(key));
      }),
  }),
  containerRule({
    id: "kubernetes-root-read-only",
    title: "Every container's root file system is read-only.",
    severity: "medium",
    level: "mandatory",
    why: "Whoever breaks in cannot put programs there; and what a server writes beside its volumes fills the node.",
    fix: "securityContext.readOnlyRootFilesystem: true, with emptyDir on /tmp, /var/run/postgresql and /dev/shm.",
    controls: ["CIS Kubernetes 5.6.3", "PCI DSS 2.2.6", "ISO 27001 A.8.9"],
    judge: (container, find) => {
      const readOnly = security(container).at("readOnlyRootFilesystem");
      if (readOnly.value === true || (readOnly.value === undefined && container.pod.object.partial)) return;
      find("readOnlyRootFilesystem is not true", readOnly);
    },
  }),
];
