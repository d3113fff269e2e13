import { record, type Engine, type Recorded } from "../libvirt/recorder.js";

/** The key that a guest tells. */
export const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmVYzGJBLmlzQe1Z1rBQ6vJXb0lMvTzE1mYvWQGfVxA";

/** UUID of a disk's file, as vSphere writes it. */
export function diskUuid(guest: string, disk: string): string {
  const hex = Buffer.from(`${guest}-${disk}`.padEnd(12, "0")).toString("hex").slice(0, 24);
  return `6000C29${hex.slice(0, 1)}-${hex.slice(1, 5)}-${hex.slice(5, 9)}-${hex.slice(9, 13)}-${hex.slice(12, 24)}`;
}

/** A vCenter that knows every object that it is asked for, and says what it was asked. */
export const vcenter: Engine = {
  call: (token, inputs) => {
    const [, kind = ""] = token.split(":get");
    const name = String(inputs["name"] ?? "");
    return {
      ...inputs,
      id: `${kind}:${name}`,
      uuid: `uuid-of-${name}`,
      resourcePoolId: `root-pool-of-${name}`,
    };
  },
  state: ({ type, name, inputs }) => {
    if (type === "vsphere:index/virtualMachine:VirtualMachine")
      return {
        uuid: `uuid-of-${name}`,
        moid: `vm-of-${name}`,
        disks: (inputs["disks"] as { label: string }[]).map((disk) => ({
          ...disk,
          uuid: diskUuid(String(inputs["name"]), disk.label),
        })),
      };
    if (type === "command:remote:Command" && name.endsWith("-host-key")) return { stdout: `${HOST_KEY}\n` };
    return {};
  },
};

/** Runs a program against that vCenter. */
export function recordOnVcenter(program: () => unknown): Promise<Recorded[]> {
  return record(program, vcenter);
}
