/** What plugin 1.26.0, the newest that can be built from its Go module, does not know yet. */
export const YOUNGER_THAN_THE_PLUGIN = [
  "extraConfigRebootRequired",
  "memoryReservationLockedToMax",
  "syncTimeWithHostPeriodically",
  "toolsUpgradePolicy",
];

/**
 * The program of the laboratory's stack: the project's own, behind what the laboratory's plugin and simulator need. Every line of it is an
 * exception of the laboratory; none changes what is declared of isolation, hardware or recovery.
 */
export const PROGRAM = `"use strict";
const pulumi = require("@pulumi/pulumi");
const younger = ${JSON.stringify(YOUNGER_THAN_THE_PLUGIN)};
pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
  if (type === "vsphere:index/virtualMachine:VirtualMachine") {
    const known = Object.fromEntries(Object.entries(props).filter(([key]) => !younger.includes(key)));
    // The simulator cannot be told a guest's addresses.
    return { props: { ...known, waitForGuestNetTimeout: 0 }, opts };
  }
  // The simulator gives types back as they came, with a prefix that vCenter takes away.
  if (type === "vsphere:index/tagCategory:TagCategory") 
    return { props, opts: pulumi.mergeOptions(opts, { ignoreChanges: ["associableTypes"] }) };
  return undefined;
});
module.exports = require("./dist/stacks/index.js");
`;
