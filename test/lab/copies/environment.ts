import { readFileSync } from "node:fs";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { recoveryPlan, type RecoveryPlan } from "../../../components/recovery/index.js";
import type { Lab } from "../../../lab/hosts/lab.js";
import { kvmEnvironment } from "../../fixtures/environment.js";

/** The guest that every test of this kind shares. */
export const GUEST = "pg-a1";

/** The plan of the fixture's environment with the lab's own hosts and keys. */
export function labPlan(lab: Lab, { quiesce }: { readonly quiesce: boolean }): RecoveryPlan {
  const input = kvmEnvironment();
  const known = readFileSync(lab.knownHosts, "utf8").split("\n");
  for (const host of input.kvm.hosts) {
    const line = known.find((text) => text.startsWith(`${host.name},`)) ?? "";
    host.hostKey = line.split(" ").slice(1).join(" ");
  }
  input.kvm.domainType = "qemu";
  input.kvm.boot = {
    kind: "direct",
    kernel: "/srv/pgkeep/images/pg17/vmlinuz",
    initrd: "/srv/pgkeep/images/pg17/initrd",
    commandLine: "root=/dev/vda rw console=ttyS0",
  };
  input.backup.vmSnapshot = { quiesce };
  input.hardening = { ...input.hardening, secureBoot: false };
  input.kvm.image.path = "/srv/pgkeep/images/pg17/disk.qcow2";
  return recoveryPlan(parseEnvironment(input));
}
