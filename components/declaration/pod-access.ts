import { z } from "zod";
import { give } from "./remedy.js";
import { address, matching, name, refuse } from "./units.js";
import { labelName } from "./velero.js";

const labelValue = matching(
  /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
  "a label value, such as shop",
);
const labelKey = z
  .string()
  .regex(
    /^(?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
    give("a label key, such as app.kubernetes.io/name"),
  );
const labels = z.record(labelKey, labelValue);

/** Which pods a group of `access` is: network policies go by them instead of its networks, which pg_hba.conf goes by. */
export const clientsSchema = z
  .array(
    z.strictObject({
      /** Name of the group. */
      group: name,
      /** Pods by their namespace and labels; no labels: all pods there. */
      pods: z.array(z.strictObject({ namespace: labelName, labels: labels.default({}) })).min(1),
    }),
  )
  .default([]);

/** The resolver of every site's cluster, as network policies see it. */
export const resolverSchema = z.strictObject({
  /** @default kube-system */
  namespace: labelName.default("kube-system"),
  /** Labels of its pods. @default k8s-app: kube-dns */
  labels: labels
    .superRefine((all, context) => {
      if (Object.keys(all).length === 0)
        refuse(
          context,
          "selects every pod of the namespace",
          'those of the resolver, such as k8s-app: "kube-dns"',
        );
    })
    .default({ "k8s-app": "kube-dns" }),
  /** Its pods' ports, UDP and TCP; OpenShift's is 5353. @default 53 */
  ports: z.array(z.int().min(1).max(65_535)).min(1).default([53]),
  /** Addresses of NodeLocal DNSCache, such as 169.254.20.10. @default none */
  nodeLocal: z.array(address).default([]),
});
