import type { Rule } from "../../rule.js";
import { accountRules } from "./accounts.js";
import { availabilityRules } from "./availability.js";
import { calicoRules } from "./calico.js";
import { clearTextRules } from "./clear-text.js";
import { cloudNativePgRules } from "./cloudnative-pg.js";
import { imageRules } from "./images.js";
import { jobRules } from "./jobs.js";
import { namespaceRules } from "./namespaces.js";
import { kubernetesNetworkRules } from "./network.js";
import { podSecurityRules } from "./pod-security.js";
import { runtimeRules } from "./runtime.js";
import { serverEvidenceRules } from "./server-evidence.js";
import { kubernetesServerRules } from "./server.js";
import { storageRules } from "./storage.js";
import { veleroCoverageRules } from "./velero-coverage.js";
import { veleroHookRules } from "./velero-hooks.js";
import { veleroRules } from "./velero.js";
import { workloadRules } from "./workloads.js";

/** Rules about objects of Kubernetes, and of Velero, Calico, CloudNativePG and Falco in it. */
export const kubernetesRules: readonly Rule[] = [
  ...imageRules,
  ...podSecurityRules,
  ...namespaceRules,
  ...accountRules,
  ...clearTextRules,
  ...workloadRules,
  ...availabilityRules,
  ...storageRules,
  ...kubernetesServerRules,
  ...serverEvidenceRules,
  ...kubernetesNetworkRules,
  ...calicoRules,
  ...veleroRules,
  ...veleroHookRules,
  ...veleroCoverageRules,
  ...cloudNativePgRules,
  ...jobRules,
  ...runtimeRules,
];
