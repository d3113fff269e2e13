import { report, reportRepeated, type Check } from "./check.js";
import { machineChecks } from "./machines.js";

/** Contradictions between the KVM section and the rest. */
export const kvmChecks: readonly Check[] = [
  ...machineChecks({
    section: "kvm",
    name: "KVM",
    host: "hypervisor",
    aboutHost: ({ kvm }, i, problems) =>
      reportRepeated(
        problems,
        Object.values(kvm.hosts[i]?.bridges ?? {}),
        () => ["kvm", "hosts", i, "bridges"],
        "a bridge: purposes are never shared",
      ),
  }),
  {
    needs: ["kvm"],
    find: ({ kvm }, problems) => {
      const { packages, mirror } = kvm.image;
      if (mirror !== undefined && (new URL(mirror).username !== "" || new URL(mirror).password !== ""))
        report(
          problems,
          ["kvm", "image", "mirror"],
          "(hidden)",
          "holds a user or password",
          "an https address without user or password",
        );
      if (packages === "mirror" && mirror === undefined)
        report(
          problems,
          ["kvm", "image", "mirror"],
          undefined,
          "is missing although packages come from a mirror",
          "its https address",
        );
      if (packages !== "mirror" && mirror !== undefined)
        report(
          problems,
          ["kvm", "image", "mirror"],
          mirror,
          `is not used with packages: ${packages}`,
          "packages: mirror",
        );
    },
  },
  {
    needs: ["kvm", "hardening"],
    find: ({ kvm, hardening }, problems) => {
      if (kvm.boot.kind === "direct" && hardening.secureBoot)
        report(
          problems,
          ["hardening", "secureBoot"],
          true,
          "has no meaning with direct kernel boot",
          "kvm.boot.kind uefi, or secureBoot: false",
        );
    },
  },
];
