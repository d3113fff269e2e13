import { decoded } from "../../facts.js";
import type { Node } from "../../node.js";
import { forEach, resourceRule, type Find, type Rule } from "../../rule.js";
import { namesSecret, secretsIn } from "../../secret-patterns.js";
import { entries, inTurn, objectRule, objectsOf, type Kind } from "./object.js";
import { containerRule, variablesOf } from "./pod.js";

/** Names whose value is a file, a reference or a name, not a secret. */
const REFERS = /(?:_FILE|_PATH|_NAME|_REF|_KEY_ID|[-_.]?(?:file|path|name|ref))$/i;
/** Keys of a ConfigMap that are made for secrets. */
const SECRET_KEY =
  /^(?:\.?pgpass|.*(?:password|passwd|passphrase|secret|token|credentials?)|(?:server|tls|client|ca)\.key|id_(?:rsa|ed25519))$/i;

/** Kinds with a rule of their own, or, as definitions of kinds are, without values. */
const ELSEWHERE: readonly Kind[] = [
  "core/Secret",
  "core/ConfigMap",
  "apiextensions.k8s.io/CustomResourceDefinition",
];
/** Where a container has its environment and its command. */
const OF_CONTAINER =
  /\.(?:containers|initContainers|ephemeralContainers)\[\d+\]\.(?:env|command|args)\[\d+\]/;

/** Says what of a text looks like a secret; never the text. */
function judgeText(at: Node, find: Find, where = ""): void {
  const { value } = at;
  if (typeof value !== "string") return;
  const what = [...new Set([value, ...decoded(value)].flatMap(secretsIn))];
  if (what.length > 0) find(`${where}holds ${what.join(", ")}`, at);
}

/** A harmless value for what is named like a secret: nothing, or a reference that the shell or kubelet fills in. */
function isPlaceholder(value: unknown): boolean {
  return value === "" || (typeof value === "string" && /^\$[({]/.test(value));
}

/** Secrets stand in Secrets alone. What the API shows to readers of pods and ConfigMaps is not secret, Pulumi secret or not. */
export const clearTextRules: readonly Rule[] = [
  containerRule({
    id: "kubernetes-no-secret-in-pod",
    title: "No secret stands in a pod's environment, command or arguments.",
    severity: "critical",
    level: "mandatory",
    why: "Whoever may read pods reads it, and it ends in crash reports, audit logs and the process list of the node.",
    fix: "a Secret mounted as a file: POSTGRES_PASSWORD_FILE, PGPASSFILE, or an option that names the file.",
    controls: ["CIS Kubernetes 5.4.1", "PCI DSS 8.6.2", "ISO 27001 A.5.17"],
    judge: (container, find) =>
      inTurn(
        () =>
          forEach(variablesOf(container), ({ name, at }) => {
            const value = at.at("value");
            if (value.value === undefined) return;
            if (namesSecret(name) && !REFERS.test(name) && !isPlaceholder(value.value))
              find(`${name} is set in clear`, value);
            else judgeText(value, find);
          }),
        () =>
          forEach([...container.at.list("command"), ...container.at.list("args")], (word) =>
            judgeText(word, find, "the command line "),
          ),
      ),
  }),
  containerRule({
    id: "kubernetes-secret-as-file",
    title: "Secrets reach containers as files.",
    severity: "low",
    // Advisory: some programs take a secret from their environment alone.
    level: "advisory",
    why: "Every child of the process inherits its environment, and so does what it crashes into; a file can be changed while the server runs.",
    fix: "a volume from the Secret, and the variable that ends in _FILE.",
    controls: ["CIS Kubernetes 5.4.1"],
    judge: (container, find) => {
      for (const { name, at } of variablesOf(container))
        if (at.at("valueFrom").has("secretKeyRef")) find(`${name} comes from a Secret`, at);
      for (const source of container.at.list("envFrom"))
        if (source.has("secretRef")) find("a whole Secret becomes environment", source);
    },
  }),
  objectRule({
    id: "kubernetes-no-secret-in-configmap",
    title: "No secret stands in a ConfigMap.",
    severity: "critical",
    level: "mandatory",
    kinds: ["core/ConfigMap"],
    why: "ConfigMaps are read by many, encrypted by nobody, and copied into backups in clear.",
    fix: "a Secret; in primary_conninfo a passfile for the password.",
    controls: ["PCI DSS 8.6.2", "SOC 2 CC6.1", "ISO 27001 A.5.17"],
    judge: ({ at }, find) =>
      forEach([...entries(at.at("data")), ...entries(at.at("binaryData"))], ([key, text]) => {
        if (SECRET_KEY.test(key) && !REFERS.test(key) && !isPlaceholder(text.value))
          find("the key is one for a secret", text);
        else judgeText(text, find);
      }),
  }),
  resourceRule({
    id: "kubernetes-no-secret-in-object",
    title: "No secret stands in any other object: annotations, Services, custom resources.",
    severity: "critical",
    level: "mandatory",
    types: [/^kubernetes:(?!core\/v1:(?:Secret|ConfigMap)(?:List|Patch)?$)[^:]+\/[^:]+:/],
    why: "Only Secrets are kept apart, encrypted and audited by the cluster; everything else is shown to whoever lists it.",
    fix: "a reference to a Secret: credential, passwordSecret, password.name, existingSecret and the like.",
    controls: ["PCI DSS 8.6.2", "SOC 2 CC6.1", "ISO 27001 A.5.17"],
    judge: (resource, find) =>
      forEach(objectsOf(resource), ({ kind, at }) => {
        if (ELSEWHERE.includes(kind)) return;
        forEach([...at.leaves()], (leaf) => {
          // The rule about pods speaks of these, and in more detail.
          if (OF_CONTAINER.test(leaf.path)) return;
          if (namesSecret(leaf.path) && !REFERS.test(leaf.path) && looksLikeValue(leaf))
            find("is a secret by its name", leaf);
          else judgeText(leaf, find);
        });
      }),
  }),
];

/** Custom resources call references to Secrets by such names too; those are names of objects, except where a password is meant. */
function looksLikeValue({ path, value }: Node): boolean {
  if (typeof value !== "string" || value === "") return false;
  return (
    /(?:password|passphrase|private_?key|pgpass)$/i.test(path) ||
    !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value)
  );
}
