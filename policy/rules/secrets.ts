import { texts, TYPES } from "../facts.js";
import { NotKnownYet } from "../node.js";
import { isSecret } from "../secret-paths.js";
import { namesSecret, secretsIn } from "../secret-patterns.js";
import { resourceRule, type Rule, type Subject } from "../rule.js";

/** Findings a place, so that a text with several secrets is one finding. */
function found(subject: Subject): Map<string, string[]> {
  const places = new Map<string, string[]>();
  for (const { text, at } of texts(subject)) {
    const what = secretsIn(text);
    if (what.length === 0 && text !== "" && namesSecret(at.path)) what.push("a secret by its name");
    if (what.length > 0) places.set(at.path, [...new Set([...(places.get(at.path) ?? []), ...what])]);
  }
  return places;
}

/** A mode, and in the same entry of JSON or YAML the beginning of a private key. */
const KEY_FILE =
  /\\*"(?:mode|permissions)\\*"\s*:\s*\\*"0?([0-7]{3})\\*"[^{}]*?\\*"content\\*"\s*:\s*\\*"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY/g;

/** Secrets stay secret. No finding ever shows a value. */
export const secretRules: readonly Rule[] = [
  resourceRule({
    id: "secrets-are-secret",
    title: "Every secret is a Pulumi secret.",
    severity: "critical",
    level: "mandatory",
    types: [/.*/],
    why: "Anything else stands in clear in the state, in previews and in logs.",
    fix: "pulumi.secret(...), a secret of the configuration, or additionalSecretOutputs.",
    controls: ["PCI DSS 8.6.2", "SOC 2 CC6.1", "ISO 27001 A.8.24"],
    judge: (resource, find) => {
      for (const [path, what] of found(resource)) {
        if (resource.secretPaths === undefined)
          find(
            `holds ${what.join(", ")}, and whether it is secret cannot be told (leave secret-probe at its level)`,
            path,
          );
        else if (!isSecret(path, resource.secretPaths)) find(`holds ${what.join(", ")} in clear`, path);
      }
      // Said once a resource, here, for all rules that search texts.
      const unknown = [...resource.inputs.leaves()].filter((leaf) => leaf.unknown).map(({ path }) => path);
      const more = unknown.length > 3 ? ` and ${unknown.length - 3} more` : "";
      if (unknown.length > 0)
        throw new NotKnownYet((unknown.slice(0, 3).join(", ") || "the whole resource") + more);
    },
  }),
  resourceRule({
    id: "no-secret-on-command-line",
    title: "No secret stands in a command line.",
    severity: "critical",
    level: "mandatory",
    types: [TYPES.command],
    why: "Command lines are visible to every account of the machine and end in its logs, Pulumi secret or not.",
    fix: "pass it by stdin or a file of mode 0600.",
    controls: ["CIS PostgreSQL 5.1", "PCI DSS 8.6.2", "SOC 2 CC6.1"],
    judge: (command, find) => {
      for (const [path, what] of found(command))
        if (/^\.(create|update|delete|interpreter|triggers)\b/.test(path))
          find(`holds ${what.join(", ")}`, path);
    },
  }),
  resourceRule({
    id: "no-secret-in-seed",
    title: "Seed images, style sheets and settings of VMs carry no secrets.",
    severity: "critical",
    level: "mandatory",
    types: [TYPES.cloudInit, TYPES.domain, TYPES.volume, TYPES.vm],
    why: "The seed is a file of mode 0644 on the hypervisor, and guestinfo is read by every account that may see the VM, Pulumi secret or not.",
    fix: "bring secrets to the guest after its first start, through the guest agent.",
    controls: ["PCI DSS 8.6.2", "SOC 2 CC6.1"],
    judge: (resource, find) => {
      for (const [path, what] of found(resource)) find(`holds ${what.join(", ")}`, path);
    },
  }),
  resourceRule({
    id: "secret-files-private",
    title: "Files with private keys are written for their owner only.",
    severity: "critical",
    level: "mandatory",
    types: [TYPES.command],
    why: "A key that every account of the machine reads proves nobody's identity; PostgreSQL and ssh refuse it as well.",
    fix: "mode 0600, or 0640 with root as owner and the server's group.",
    controls: ["SOC 2 CC6.1", "ISO 27001 A.8.24"],
    judge: (command, find) => {
      for (const { text, at } of texts(command))
        for (const [, mode = ""] of text.matchAll(KEY_FILE))
          if (!/[04]0$/.test(mode)) find(`a private key gets mode ${mode}`, at);
    },
  }),
];
