import { stringify } from "yaml";
import { ADDRESS_ANNOTATION } from "./site.js";

/**
 * What a load balancer's controller does: the Service gets the address that its annotation asks for. kwok plays it; nodes and pods it
 * plays by what it comes with.
 */
export function loadBalancerStage(): string {
  return stringify({
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "Stage",
    metadata: { name: "load-balancer" },
    spec: {
      resourceRef: { apiGroup: "v1", kind: "Service" },
      selector: {
        matchExpressions: [
          { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" },
          { key: ".spec.type", operator: "In", values: ["LoadBalancer"] },
          { key: `.metadata.annotations["${ADDRESS_ANNOTATION}"]`, operator: "Exists" },
          { key: ".status.loadBalancer.ingress", operator: "DoesNotExist" },
        ],
      },
      next: {
        statusTemplate: `loadBalancer:\n  ingress:\n  - ip: {{ index .metadata.annotations "${ADDRESS_ANNOTATION}" | Quote }}\n    ipMode: VIP\n`,
      },
    },
  });
}
