import { accessChecks } from "./checks/access.js";
import { addressChecks } from "./checks/addresses.js";
import { archiveChecks } from "./checks/archive.js";
import { clusterChecks } from "./checks/cluster.js";
import { cnpgChecks } from "./checks/cnpg.js";
import { kubernetesChecks } from "./checks/kubernetes.js";
import { kvmChecks } from "./checks/kvm.js";
import { pathChecks } from "./checks/paths.js";
import { recoveryChecks } from "./checks/recovery.js";
import { safeguardChecks } from "./checks/safeguards.js";
import { vmwareApiChecks } from "./checks/vmware-apis.js";
import { vmwareChecks } from "./checks/vmware.js";

/** Contradictions between sections. */
export const checks = [
  ...clusterChecks,
  ...recoveryChecks,
  ...accessChecks,
  ...kvmChecks,
  ...vmwareChecks,
  ...vmwareApiChecks,
  ...kubernetesChecks,
  ...cnpgChecks,
  ...safeguardChecks,
  ...archiveChecks,
  ...addressChecks,
  ...pathChecks,
];
