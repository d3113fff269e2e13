import { z } from "zod";
import { give } from "../declaration/remedy.js";
import { parseWith, type Parsed } from "../dynamic/parse.js";
import { managerSchema } from "./manager-schema.js";
import { PAGE } from "./parse-firewall.js";

/** Limits are NSX's. */
const tagSchema = z
  .strictObject({
    manager: managerSchema,
    scope: z.string().regex(/^[^|]{1,128}$/, give("1 to 128 characters, without |")),
    tag: z.string().regex(/^[^|]{1,256}$/, give("1 to 256 characters, without |")),
    virtualMachines: z
      .array(
        z.string().regex(/^[^\s/&]{1,128}$/, give("a VM's BIOS UUID, instance UUID or external id in NSX")),
      )
      .min(1)
      .max(1000),
  })
  .superRefine(({ virtualMachines }, context) => {
    virtualMachines.forEach((vm, i) => {
      if (virtualMachines.indexOf(vm) < i)
        context.addIssue({
          code: "custom",
          path: ["virtualMachines", i],
          message: "is named twice",
          params: { remedy: "each VM once" },
        });
    });
  });

export type VmTag = z.output<typeof tagSchema>;

/** Reads the tag of VMs and checks it. */
export function parseVmTag(input: unknown): Parsed<VmTag> {
  return parseWith(tagSchema, input, PAGE);
}
