import { existsSync, readFileSync } from "node:fs";
import { run } from "../subprocess.js";

/** How guests run: with the processor's help, or emulated (10 to 20 times slower). */
export type Acceleration = "kvm" | "tcg";

/**
 * Uses KVM only when the processor has the extension and QEMU really starts with it. Each alone proves nothing:
 * [measured] software stand-ins offer a /dev/kvm that makes virtual machines and then dies inside the guest's kernel.
 */
export async function detectAcceleration(cpuinfo = "/proc/cpuinfo"): Promise<Acceleration> {
  if (!existsSync("/dev/kvm") || !/^flags\s*:.*\b(vmx|svm)\b/m.test(readFileSync(cpuinfo, "utf8")))
    return "tcg";
  const args = ["-nodefaults", "-display", "none", "-machine", "none,accel=kvm", "-S", "-monitor", "stdio"];
  const tried = await run("qemu-system-x86_64", args, { stdin: "quit\n", timeoutMs: 15_000 }).catch(
    () => undefined,
  );
  return tried?.code === 0 ? "kvm" : "tcg";
}

/** Domain type in libvirt's words. */
export function domainType(acceleration: Acceleration): "kvm" | "qemu" {
  return acceleration === "kvm" ? "kvm" : "qemu";
}
