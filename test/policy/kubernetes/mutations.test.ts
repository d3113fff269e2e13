import assert from "node:assert/strict";
import fc from "fast-check";
import { Node } from "../../../policy/node.js";
import type { Rule, Subject } from "../../../policy/rule.js";
import { RULES } from "../../../policy/rules.js";
import { applies, visit, type Report } from "../../../policy/visitor.js";
import { NOW } from "../fixtures.js";
import { GONE, replaced, stackWith, type Path } from "./change.js";
import { ROWS } from "./rows.js";
import { compliantStack, OBJECTS, resource } from "./stack.js";
import { isChange } from "./table.js";

/*
 * Every property of the compliant stack is changed, one at a time. Each change is caught by a rule, or is of a kind that is
 * listed here with the reason why it need not be.
 */

const HARMLESS: readonly (readonly [object: RegExp, path: RegExp, why: string])[] = [
  [/^budget$/, /matchLabels\.app$/, "an empty selector selects every pod of the namespace"],
  [/^calico-allow$/, /^spec\.order$/, "any order before the final deny does"],
  [/^falco$/, /^metadata\.namespace$/, "Falco loads what is mounted, wherever it stands"],
  [/^(?:backup|drill)$/, /restartPolicy$/, "the API refuses a job without one"],
  [/^(?:backup|drill)$/, /automountServiceAccountToken$/, "said, and so meant"],
  [/^(?:backup|drill)$/, /command\.\d+$/, "words without which it still is the job that is demanded"],
  [/./, /^metadata\.name$/, "a name; the engine gives one"],
  [
    /./,
    /(?:containers|initContainers|volumes|roles)\.\d+\.name$|(?:ports|resources)\.\d+\.name$/,
    "a label for people",
  ],
  [/./, /\.(?:runAsUser|runAsGroup|fsGroup)$/, "the image's user; that it is not root stays demanded"],
  [/./, /\.resources\.requests\.(?:cpu|memory)$/, "without a request the limit is requested"],
  [
    /^(?:account|secret|repository-password|storage-class|persistent-volume|report-claim)$/,
    /./,
    "judged where it is used",
  ],
  [/./, /\.(?:periodSeconds|failureThreshold|exec\.command\.\d+)$/, "how often and what a probe asks"],
  [/^database$/, /env\.\d+\.(?:name|value|valueFrom.*)$/, "settings of the image with sound defaults"],
  [/^database$/, /\.(?:serviceName|args\.\d+|selector\..*|ports\.\d+\..*)$/, "how clients find the server"],
  [
    /^database$/,
    /volumes\.\d+\..*|volumeMounts\.\d+\..*/,
    "files of the server's own; the data and shared memory are demanded",
  ],
  [
    /^database$/,
    /\.labelSelector\..*|\.(?:labels\.app|replicas)$/,
    "whom the members keep away from, judged with the budget",
  ],
  [/^database$/, /annotations\..*(?:container|command)$/, "a hook that only shortens recovery"],
  [
    /^database$/,
    /volumeClaimTemplates\.\d+\.spec\..*|persistentVolumeClaimRetentionPolicy\..*/,
    "sizes and sound defaults",
  ],
  [/^database$/, /initContainers\.\d+\.command\.\d+$/, "what prepares the files"],
  [/^(?:scan|backup|drill)$/, /\.(?:backoffLimit|labels\.job|suspend)$/, "sound defaults and labels"],
  [
    /^(?:scan|backup|drill)$/,
    /\.(?:limits\.cpu|volumes\.\d+\..*|volumeMounts\.\d+\..*|args\.\d+)$/,
    "judged as a whole by the rules about scans",
  ],
  [
    /^budget$/,
    /unhealthyPodEvictionPolicy|maxUnavailable/,
    "sound defaults; that the budget lets go is demanded",
  ],
  [/^(?:service|balancer)$/, /./, "a Service without a type stays inside"],
  [/^(?:role|cluster-role|binding)$/, /./, "less is permitted, not more"],
  [
    /^(?:allow-shop|deny-shop)$/,
    /\.(?:protocol|policyTypes\.\d+|cidr|port)$|\.matchLabels\..*|^metadata\.namespace$/,
    "less is permitted, or the final deny holds",
  ],
  [
    /^calico-(?:allow|deny)$/,
    /\.(?:tier|action|protocol|namespaceSelector|selector|ports\.\d+|types\.\d+)$|^metadata\.namespace$/,
    "less is permitted, or the other policy denies",
  ],
  [
    /^cluster$/,
    /\.(?:topologyKey|size|storageClass|method|number|login|selectorType|type|barmanObjectName)$|\.parameters\..*/,
    "sound defaults of the operator",
  ],
  [
    /^cluster$/,
    /\.(?:enableSuperuserAccess|enablePDB|enableAlterSystem|superuser)$|pg_hba\.0$|plugins\.0\.name$/,
    "sound defaults of the operator when left out",
  ],
  [/^scheduled-backup$/, /\.(?:method|suspend|backupOwnerReference)$/, "sound defaults of the operator"],
  [
    /^location$/,
    /\.(?:prefix|s3Url|insecureSkipTLSVerify|accessMode|default)$|\.credential\..*/,
    "sound defaults of Velero",
  ],
  [
    /^schedule$/,
    /\.(?:paused|useOwnerReferencesInBackup|ttl|csiSnapshotTimeout|storageLocation|container)$|includedNamespaces\.\d+$|command\.\d+$|hooks\.resources\.0\.name$/,
    "sound defaults of Velero when left out; coverage is demanded",
  ],
];

interface Mutation {
  readonly object: string;
  readonly path: Path;
  readonly kind: "removed" | "inverted" | "zero";
  readonly by: unknown;
}

/** Removal of every leaf, and the opposite of every one that has an opposite. */
function mutationsOf(object: string, value: unknown, path: Path = []): Mutation[] {
  if (Array.isArray(value))
    return value.flatMap((item: unknown, i) => mutationsOf(object, item, [...path, i]));
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, item]) => mutationsOf(object, item, [...path, key]));
  const mutation = (kind: Mutation["kind"], by: unknown): Mutation => ({ object, path, kind, by });
  return [
    mutation("removed", GONE),
    ...(typeof value === "boolean" ? [mutation("inverted", !value)] : []),
    ...(typeof value === "number" ? [mutation("zero", 0)] : []),
  ];
}

const STACK = compliantStack();
const MUTATIONS = Object.entries(OBJECTS).flatMap(([name, [, inputs]]) => mutationsOf(name, inputs));

function mutated({ object, path, by }: Omit<Mutation, "kind">): Subject[] {
  return STACK.map((each) =>
    each.name === object ? { ...each, inputs: new Node(replaced(each.inputs.value, path, by)) } : each,
  );
}

/** What rules say about a stack; of rules about single resources only what they say about this one. */
function said(
  stack: readonly Subject[],
  object: string,
  rules: readonly Rule[] = RULES,
): { readonly rule: string; readonly report: Report }[] {
  const circumstances = { exemptions: [], now: NOW };
  return rules.flatMap((rule) => {
    const seen = stack.filter(({ name, type }) => name === object && applies(rule, type));
    const groups = rule.scope === "stack" ? [stack] : seen.map((each) => [each]);
    return groups.flatMap((group) =>
      visit(rule, group, circumstances).map((report) => ({ rule: rule.id, report })),
    );
  });
}

const wordOf = (path: Path): string => path.join(".");

describe("one changed property of a compliant stack", function () {
  this.timeout(180_000);

  it("is caught by a named rule, or known to be harmless", () => {
    const caught = new Map<string, Set<string>>();
    const missed: string[] = [];
    const excused = new Set<number>();
    let count = 0;
    for (const mutation of MUTATIONS) {
      const reports = said(mutated(mutation), mutation.object).filter(
        ({ report }) => report.kind === "violation",
      );
      const where = wordOf(mutation.path);
      if (reports.length > 0) {
        count += 1;
        for (const { rule } of reports) {
          const places = caught.get(rule) ?? new Set<string>();
          caught.set(
            rule,
            places.add(`${mutation.object} ${where.replace(/\.\d+/g, "[]")} ${mutation.kind}`),
          );
        }
        continue;
      }
      const excuse = HARMLESS.findIndex(([object, path]) => object.test(mutation.object) && path.test(where));
      if (excuse >= 0) excused.add(excuse);
      else missed.push(`${mutation.object} ${where} ${mutation.kind}`);
    }
    if (process.env["PGKEEP_MUTATIONS"] !== undefined) {
      for (const [rule, places] of [...caught].toSorted())
        console.log(`| \`${rule}\` | ${places.size} | ${[...places].slice(0, 3).join("; ")} |`);
      console.log(
        `${count} of ${MUTATIONS.length} changes caught, the rest harmless by ${excused.size} reasons`,
      );
    }
    assert.deepEqual(missed, []);
    assert.deepEqual(
      HARMLESS.flatMap(([object, path], i) => (excused.has(i) ? [] : [`${String(object)} ${String(path)}`])),
      [],
      "reasons that nothing needs",
    );
  });

  it("is caught in a list, and in a list of anything, too", () => {
    const changes = ROWS.flatMap(({ rule, violating }) =>
      violating.flatMap(([variation, says]) =>
        isChange(variation) && variation[1] !== ".protect" ? [{ rule, change: variation, says }] : [],
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...changes), fc.boolean(), ({ rule, change, says }, mixed) => {
        const stack = stackWith({ changes: [change] }).map((each) =>
          each.name === change[0] ? listed(each, mixed) : each,
        );
        const asked = RULES.filter(({ id }) => id === rule);
        const reports = said(stack, change[0], asked);
        assert.ok(
          reports.some(({ report }) => says.test(report.text.replace(".items[0]", ""))),
          `${rule} ${change[1]}: ${reports.map(({ report }) => report.text).join("\n")}`,
        );
      }),
      { numRuns: 200 },
    );
  });

  it("never breaks a rule, whatever it is changed to", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...MUTATIONS),
        fc.nat(4),
        fc.jsonValue({ maxDepth: 2 }),
        ({ object, path }, up, by) => {
          const place = path.slice(0, Math.max(1, path.length - up));
          for (const { rule, report } of said(mutated({ object, path: place, by }), object))
            assert.notEqual(report.kind, "blocking", `${rule} ${object} ${wordOf(place)}: ${report.text}`);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** The resource as a list with one item. */
function listed({ type, name, inputs, protect }: Subject, mixed: boolean): Subject {
  const [, group = "", version = "", kind = ""] = /^kubernetes:([^/]+)\/([^:]+):(.*)$/.exec(type) ?? [];
  const value = inputs.value as object;
  const apiVersion = group === "core" ? version : `${group}/${version}`;
  return mixed
    ? resource("kubernetes:core/v1:List", name, { items: [{ apiVersion, kind, ...value }] }, { protect })
    : resource(`${type}List`, name, { items: [value] }, { protect });
}
