import { textOf } from "../../node.js";
import { forEach, type Rule } from "../../rule.js";
import { falcoRules, faultsOf, watchesPostgres } from "../../text/falco.js";
import { forEachDatabase } from "./database.js";
import {
  entries,
  forEachCluster,
  inTurn,
  objectRule,
  objectsRule,
  some,
  type KubernetesObject,
} from "./object.js";

/** Rules that watch what runs. */
export const runtimeRules: readonly Rule[] = [
  objectRule({
    id: "kubernetes-falco-sound",
    title: "Rules of Falco are complete, loaded and mean what they say.",
    severity: "high",
    level: "mandatory",
    kinds: ["core/ConfigMap"],
    why: "Falco skips files of other names, stops at a rule that does not compile, and never fires one whose process name is longer than the kernel keeps.",
    fix: "a key that ends in .yaml; rule, desc, condition, output and priority; fd.cnet for networks; names of processes cut to 15 bytes; no evt.dir.",
    controls: ["SOC 2 CC7.2", "ISO 27001 A.8.16"],
    judge: ({ at }, find) =>
      forEach(entries(at.at("data")), ([key, text]) => {
        const { value } = text;
        const rules = typeof value === "string" ? falcoRules(value) : undefined;
        if (rules === undefined) return;
        if (!/\.ya?ml$/.test(key)) find("Falco loads files that end in .yaml or .yml only", text);
        if (rules.length === 0 && /^\s*-\s+rule\s*:/m.test(textOf(value)))
          find("cannot be read as YAML", text);
        for (const rule of rules) for (const fault of faultsOf(rule)) find(fault, text);
      }),
  }),
  objectsRule({
    id: "kubernetes-runtime-watched",
    title: "What happens in and around databases is watched while it happens.",
    severity: "high",
    level: "mandatory",
    why: "A shell in the database's pod, or a stranger on its port, is seen by no scan and no policy.",
    fix: "rules of Falco about PostgreSQL's port, files and children in a ConfigMap that Falco loads.",
    controls: ["SOC 2 CC7.2", "ISO 27001 A.8.16"],
    judge: (resources, find) =>
      forEachCluster(resources, (objects) => {
        let first: KubernetesObject | undefined;
        inTurn(
          () => forEachDatabase(objects, ({ object }) => void (first ??= object)),
          () => {
            const watched = (object: KubernetesObject): boolean =>
              object.kind === "core/ConfigMap" &&
              some(entries(object.at.at("data")), ([, { value }]) =>
                (typeof value === "string" ? (falcoRules(value) ?? []) : []).some(watchesPostgres),
              );
            if (first !== undefined && !some(objects, watched))
              find(`no rule of Falco watches ${first.title}`, first.resource);
          },
        );
      }),
  }),
];
