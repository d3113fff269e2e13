import { z } from "zod";
import { environmentSchema, PLATFORMS } from "./environment.js";

/** JSON Schema (draft 2020-12) of what an operator writes, for completion in editors. */
export function environmentJsonSchema(): Record<string, unknown> {
  return {
    title: "pgkeep environment",
    ...z.toJSONSchema(environmentSchema, { io: "input", unrepresentable: "any", reused: "ref" }),
    // A platform needs its own section, and no other one.
    allOf: PLATFORMS.map((platform) => ({
      if: { properties: { platform: { const: platform } } },
      then: {
        required: [platform],
        properties: Object.fromEntries(
          PLATFORMS.filter((other) => other !== platform).map((other) => [other, false]),
        ),
      },
    })),
  };
}

/**
 * JSON Schema of a whole `Pulumi.<stack>.yaml`: the environment under `config`, everything else left to Pulumi.
 * Editors take it from a `# yaml-language-server: $schema=` line.
 */
export function stackFileJsonSchema(): Record<string, unknown> {
  const { $schema, $defs, ...environment } = environmentJsonSchema();
  return {
    $schema,
    title: "Pulumi stack file of a pgkeep environment",
    type: "object",
    properties: { config: { type: "object", properties: { "pgkeep:environment": environment } } },
    $defs,
  };
}
