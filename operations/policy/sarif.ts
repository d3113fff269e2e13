import type { Finding, Judgement, Rule } from "../../policy/offline.js";

/** Where the published schema of SARIF 2.1.0 stands. */
const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/** The scale by which code hosts sort security results, 0 to 10. */
const SECURITY_SEVERITY = { critical: "9.5", high: "8.0", medium: "5.5", low: "3.0" } as const;

/** A document of SARIF 2.1.0, for code hosts and viewers. */
export interface SarifLog {
  readonly $schema: string;
  readonly version: "2.1.0";
  readonly runs: readonly object[];
}

/**
 * The findings as SARIF. An exempt finding is a suppressed result, with the reason; one that could not be judged is a note.
 *
 * @param file what was judged, as a relative path or URI
 * @param version of the pack
 */
export function sarif(file: string, judgement: Judgement, version: string): SarifLog {
  const rules = judgement.rules.map(({ rule }) => rule);
  const index = new Map(rules.map((rule, i) => [rule.id, i]));
  return {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "pgkeep-baseline",
            version,
            rules: rules.map(descriptor),
          },
        },
        artifacts: [{ location: { uri: uriOf(file) } }],
        results: judgement.rules.flatMap(({ findings }) =>
          findings.map((finding) => result(finding, index.get(finding.rule.id) ?? -1, file)),
        ),
      },
    ],
  };
}

function levelOf(level: "mandatory" | "advisory"): "error" | "warning" {
  return level === "mandatory" ? "error" : "warning";
}

function descriptor({ id, title, why, fix, level, severity, controls }: Rule): object {
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: `${title} ${why}` },
    help: { text: `${why}\nFix: ${fix}` },
    defaultConfiguration: { level: levelOf(level) },
    properties: { "security-severity": SECURITY_SEVERITY[severity], tags: ["security", ...controls] },
  };
}

function result(
  { rule, kind, level, blocks, urn, text, exemption }: Finding,
  ruleIndex: number,
  file: string,
): object {
  const exempt = kind === "note" && exemption !== undefined;
  return {
    ruleId: rule.id,
    ruleIndex,
    level: exempt ? levelOf(level) : kind === "note" ? "note" : blocks ? "error" : "warning",
    message: { text },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(file), index: 0 } },
        ...(urn === undefined
          ? {}
          : {
              logicalLocations: [{ name: urn.split("::").at(-1), fullyQualifiedName: urn, kind: "resource" }],
            }),
      },
    ],
    ...(exempt
      ? { suppressions: [{ kind: "external", status: "accepted", justification: exemption.reason.trim() }] }
      : {}),
  };
}

/** A path as a relative reference; what a URI cannot hold is escaped. */
function uriOf(file: string): string {
  return encodeURI(file.replaceAll("\\", "/"));
}
