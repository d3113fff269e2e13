import { z } from "zod";
import {
  groupSchema,
  modelProblems,
  MOST_CALICO_RULES,
  ownPodRules,
  podsInput,
  ruleSchema,
  type PodAccess,
} from "../../access/index.js";
import { isWorld } from "../../declaration/checks/access.js";
import { give } from "../../declaration/remedy.js";
import { address, cidr, matching, refuse } from "../../declaration/units.js";
import { checked, type Refuse } from "../checked.js";
import { serverLabels } from "../labels.js";

const objectName = matching(
  /^[a-z0-9](?:[a-z0-9-]{0,51}[a-z0-9])?$/,
  "1 to 53 lower-case letters, digits and hyphens, such as orders",
);
const port = z.int().min(1).max(65_535);
const ports = z.array(port).min(1);

const labelText = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
/** Labels that select something: none would select every pod of the namespace. */
export const podLabels = z
  .record(z.string(), matching(labelText, "a label value, such as postgresql"))
  .superRefine((all, context) => {
    if (Object.keys(all).length === 0)
      refuse(context, "selects every pod of the namespace", "labels that the pods have and no others");
  });

const endpointShape = groupSchema.pick({ networks: true, pods: true, serviceAccounts: true }).shape;
type Known = Pick<z.output<typeof groupSchema>, "networks" | "pods" | "serviceAccounts">;

function refuseEmptyOrWorld(all: Known, context: z.RefinementCtx): void {
  if (all.networks.length + all.pods.length + all.serviceAccounts.length === 0)
    refuse(context, "names nobody", "networks, pods or serviceAccounts");
  all.networks.forEach((each, i) => {
    if (isWorld(each))
      refuse(context, "takes in nearly everybody", "the networks that are really meant", ["networks", i]);
  });
}

const endpointsWith = (usual: readonly number[]) =>
  z.strictObject({ ...endpointShape, ports: ports.default([...usual]) }).superRefine(refuseEmptyOrWorld);

const namedNetwork = cidr.superRefine((network, context) => {
  if (isWorld(network)) refuse(context, "takes in nearly everybody", "the networks that are really meant");
});
const calledOn = (usual: number) =>
  z.strictObject({ networks: z.array(namedNetwork).min(1), ports: ports.default([usual]) });
/** What nobody may forget is said, if only by the word none. */
const orNone = <T extends z.ZodType>(what: T, remedy: string) =>
  z.union([z.literal("none"), what], { error: give(`none, or ${remedy}`) });

const schema = z.strictObject({
  name: objectName,
  namespace: objectName,
  cluster: objectName,
  labels: podLabels.optional(),
  poolers: z.strictObject({ labels: podLabels }).optional(),
  port: port.default(5432),
  groups: z.array(groupSchema.omit({ tags: true, enforced: true })).default([]),
  rules: z
    .array(
      ruleSchema.omit({ services: true, logins: true }).extend({
        to: z.enum(["database", "pooler"]).default("database"),
        action: z.enum(["allow", "deny"]).default("allow"),
      }),
    )
    .min(1)
    .max(80),
  replication: orNone(z.array(namedNetwork).min(1), "the networks of members elsewhere"),
  dns: z
    .strictObject({
      namespace: objectName.default("kube-system"),
      labels: podLabels.default({ "k8s-app": "kube-dns" }),
      ports: ports.default([53]),
      nodeLocal: z.array(address).default([]),
    })
    .prefault({}),
  backup: orNone(calledOn(443), "networks (and ports) of the object store"),
  archiver: endpointsWith([8432]).optional(),
  monitoring: orNone(endpointsWith([9187]), "networks, pods or serviceAccounts of what scrapes"),
  management: orNone(
    z.strictObject({ operator: endpointsWith([8000, 5432]), apiServer: calledOn(6443) }),
    "operator and apiServer",
  ),
  calico: z.boolean().default(false),
  closed: z.boolean().default(false),
  today: z.iso.date().optional(),
});

type Given = z.output<typeof schema>;

/** What the policies are made of, every default filled in. */
export interface AccessPlan {
  readonly namespace: string;
  readonly calico: boolean;
  readonly closed: boolean;
  readonly access: PodAccess;
}

/** @throws TypeError with every problem */
export function readAccessPolicies(name: string, args: object): AccessPlan {
  const given = checked(`AccessPolicies ${name}`, schema, { ...args, name }, (all, refuse) => {
    const access = accessOf(all);
    if (access.poolers === undefined)
      all.rules.forEach(({ to }, i) => {
        if (to === "pooler")
          refuse(["rules", i, "to"], "is about poolers, and there are none", "poolers, or to: database");
      });
    else if (same(access.poolers, access.labels))
      refuse(["poolers", "labels"], "are the labels of the database's pods", "labels of the poolers alone");
    refuseContradictions(access, all, refuse);
  });
  return { namespace: given.namespace, calico: given.calico, closed: given.closed, access: accessOf(given) };
}

function same(a: PodAccess["labels"], b: PodAccess["labels"]): boolean {
  const text = (labels: PodAccess["labels"]): string => JSON.stringify(Object.entries(labels).toSorted());
  return text(a) === text(b);
}

/** Contradictions of the model as problems of the arguments that they come from. */
function refuseContradictions(access: PodAccess, { groups, today }: Given, refuse: Refuse): void {
  const own = ownPodRules(access).length;
  for (const { path, problem, remedy } of modelProblems(podsInput(access), today)) {
    const [part = "", index = 0, ...rest] = [...path.matchAll(/([A-Za-z]+)|\[(\d+)\]/g)].map(
      ([, word, number]) => word ?? Number(number),
    );
    const at = Number(index);
    if (part === "rules" && at >= own) refuse(["rules", at - own, ...rest], problem, remedy);
    else if (part === "groups" && at < groups.length) refuse(["groups", at, ...rest], problem, remedy);
    else refuse([], `${part} of the cluster itself: ${problem}`, remedy);
  }
  if (own + access.rules.length > MOST_CALICO_RULES)
    refuse(["rules"], "are too many to stand before other policies", `${MOST_CALICO_RULES - own} at most`);
}

function accessOf(given: Given): PodAccess {
  const { namespace, cluster, dns, replication, backup, archiver, monitoring, management } = given;
  return {
    namespace,
    labels: given.labels ?? serverLabels(cluster),
    ...(given.poolers === undefined ? {} : { poolers: given.poolers.labels }),
    port: given.port,
    groups: given.groups,
    rules: given.rules,
    replication: replication === "none" ? [] : replication,
    dns: {
      pods: [{ namespace: dns.namespace, labels: dns.labels }],
      networks: dns.nodeLocal.map((each) => `${each}/${each.includes(":") ? 128 : 32}`),
      ports: dns.ports,
    },
    ...(backup === "none" ? {} : { backup }),
    ...(archiver === undefined ? {} : { archiver }),
    ...(monitoring === "none" ? {} : { monitoring }),
    ...(management === "none" ? {} : management),
  };
}
