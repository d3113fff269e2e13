import { Node } from "../../policy/node.js";
import { RULES, type Subject } from "../../policy/index.js";
import { applies, visit } from "../../policy/visitor.js";
import type { Recorded } from "../libvirt/recorder.js";
import { isSecret, reveal } from "../libvirt/recorder.js";
import { NOW } from "../policy/fixtures.js";

/** Takes the wrappers of secrets off and notes where they were. */
function unwrap(value: unknown, path: string, secretPaths: string[]): unknown {
  if (isSecret(value)) {
    secretPaths.push(path);
    return unwrap(reveal(value), path, secretPaths);
  }
  if (Array.isArray(value)) return value.map((item, i) => unwrap(item, `${path}[${i}]`, secretPaths));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, unwrap(item, `${path}.${key}`, secretPaths)]),
  );
}

/** What the shipped policy pack says about resources, as mocks have recorded them. */
export function judged(resources: readonly Recorded[]): string[] {
  const subjects = resources.map(({ type, name, inputs }): Subject => {
    const secretPaths: string[] = [];
    const node = new Node(unwrap(inputs, "", secretPaths));
    return {
      type,
      name,
      urn: `urn:pulumi:test::test::${type}::${name}`,
      inputs: node,
      protect: false,
      secretPaths,
    };
  });
  const circumstances = { exemptions: [], parameters: {}, now: NOW };
  return RULES.flatMap((rule) =>
    rule.scope === "stack"
      ? visit(rule, subjects, circumstances)
      : subjects
          .filter(({ type }) => applies(rule, type))
          .flatMap((subject) => visit(rule, [subject], circumstances)),
  ).map(({ text }) => text);
}
