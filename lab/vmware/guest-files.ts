import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MASKED, RPC_TOOL, SYSCTL } from "./boot.js";

/** Services of cloud-init that read the seed. */
const CLOUD_INIT = [
  "cloud-init-main",
  "cloud-init-local",
  "cloud-init-network",
  "cloud-init",
  "cloud-config",
  "cloud-final",
];

/**
 * Writes what is laid over the image for one guest: the seed, as cloud-init's VMware data source takes it from the environment where
 * there is no hypervisor to ask, and stand-ins for what a namespace does not have.
 *
 * @param seed the VM's guestinfo variables
 */
export function writeGuestFiles(dir: string, seed: Readonly<Record<string, string>>): void {
  const write = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true, mode: 0o755 });
    writeFileSync(join(dir, path), text, { mode });
  };
  const variables = Object.entries(seed).map(
    ([key, value]) => `VMX_${key.replaceAll(".", "_").toUpperCase()}=${value}\n`,
  );
  write("etc/pgkeep-lab/seed.env", `VMX_GUESTINFO=1\n${variables.join("")}`, 0o600);
  write("etc/cloud/cloud.cfg.d/99_z_vmware.cfg", "datasource_list: [VMware]\n");
  write("etc/cloud/ds-identify.cfg", "policy: enabled\n");
  for (const unit of CLOUD_INIT)
    write(
      `etc/systemd/system/${unit}.service.d/seed.conf`,
      "[Service]\nEnvironmentFile=/etc/pgkeep-lab/seed.env\n",
    );
  for (const unit of MASKED) symlinkSync("/dev/null", join(dir, "etc/systemd/system", unit));
  write("etc/fstab", "");
  write("usr/local/sbin/vmware-rpctool", RPC_TOOL, 0o755);
  write("usr/local/sbin/sysctl", SYSCTL, 0o755);
}
