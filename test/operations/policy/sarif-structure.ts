/*
 * The part of the published schema of SARIF 2.1.0 (OASIS, errata 01) that our documents use: required properties, enumerations
 * and types as there; properties that the schema does not have are refused, as there.
 */
const message = {
  type: "object",
  properties: { text: { type: "string" } },
  required: ["text"],
  additionalProperties: false,
} as const;
const level = { enum: ["none", "note", "warning", "error"] } as const;
const artifactLocation = {
  type: "object",
  properties: { uri: { type: "string" }, index: { type: "integer", minimum: -1 } },
  additionalProperties: false,
} as const;
const reportingDescriptor = {
  type: "object",
  properties: {
    id: { type: "string" },
    shortDescription: message,
    fullDescription: message,
    help: message,
    defaultConfiguration: { type: "object", properties: { level }, additionalProperties: false },
    properties: {
      type: "object",
      properties: {
        tags: { type: "array", uniqueItems: true, items: { type: "string" } },
        "security-severity": { type: "string", pattern: "^(10|\\d)\\.\\d$" },
      },
      additionalProperties: true,
    },
  },
  required: ["id"],
  additionalProperties: false,
} as const;
const logicalLocation = {
  type: "object",
  properties: {
    name: { type: "string" },
    fullyQualifiedName: { type: "string" },
    kind: { type: "string" },
  },
  additionalProperties: false,
} as const;
const result = {
  type: "object",
  properties: {
    ruleId: { type: "string" },
    ruleIndex: { type: "integer", minimum: -1 },
    level,
    message,
    locations: {
      type: "array",
      items: {
        type: "object",
        properties: {
          physicalLocation: {
            type: "object",
            properties: { artifactLocation },
            required: ["artifactLocation"],
            additionalProperties: false,
          },
          logicalLocations: { type: "array", uniqueItems: true, items: logicalLocation },
        },
        additionalProperties: false,
      },
    },
    suppressions: {
      type: "array",
      uniqueItems: true,
      items: {
        type: "object",
        properties: {
          kind: { enum: ["inSource", "external"] },
          status: { enum: ["accepted", "underReview", "rejected"] },
          justification: { type: "string" },
        },
        required: ["kind"],
        additionalProperties: false,
      },
    },
  },
  required: ["message"],
  additionalProperties: false,
} as const;

export const SARIF_STRUCTURE = {
  type: "object",
  properties: {
    $schema: { type: "string" },
    version: { enum: ["2.1.0"] },
    runs: {
      type: "array",
      items: {
        type: "object",
        properties: {
          tool: {
            type: "object",
            properties: {
              driver: {
                type: "object",
                properties: {
                  name: { type: "string" },
                  version: { type: "string" },
                  rules: { type: "array", uniqueItems: true, items: reportingDescriptor },
                },
                required: ["name"],
                additionalProperties: false,
              },
            },
            required: ["driver"],
            additionalProperties: false,
          },
          artifacts: {
            type: "array",
            uniqueItems: true,
            items: {
              type: "object",
              properties: { location: artifactLocation },
              additionalProperties: false,
            },
          },
          results: { type: "array", items: result },
        },
        required: ["tool"],
        additionalProperties: false,
      },
    },
  },
  required: ["version", "runs"],
  additionalProperties: false,
} as const;
