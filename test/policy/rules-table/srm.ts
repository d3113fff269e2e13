import { subject } from "../fixtures.js";
import type { Subject } from "../../../policy/index.js";
import { UNKNOWN_TEXT } from "../fixtures.js";
import type { RuleTable } from "./table.js";

const vcenter = "0a5f2c1e-7d43-4b8e-9c16-3f2a8d5e7b01";
const twice = { protected: { vcenter }, recovery: { vcenter } };
const machines = (replication: object): Record<string, unknown> => ({
  virtualMachines: [{ id: "vm-12", replication }],
});
/** The dynamic resource that a component makes. */
const dynamic = (kind: "protectionGroup" | "recoveryPlan", change: Record<string, unknown>): Subject => {
  const { inputs, ...rest } = subject(kind, change);
  return {
    ...subject(kind, { declared: inputs.value, sites: undefined, virtualMachines: undefined }),
    ...rest,
    inputs: subject(kind, { declared: inputs.value, sites: undefined, virtualMachines: undefined }).inputs,
    type: `pulumi-nodejs:dynamic/srm:${kind === "recoveryPlan" ? "RecoveryPlan" : "ProtectionGroup"}`,
  };
};
const points = { instances: 6, days: 1 };

export const srmTable: RuleTable = [
  {
    rule: "srm-sites-apart",
    violating: [
      [subject("protectionGroup", { sites: twice }), /\.sites\.recovery\.vcenter: both sites are the same/],
      [dynamic("recoveryPlan", { sites: twice }), /\.declared\.sites\.recovery\.vcenter: both sites/],
    ],
    compliant: [dynamic("recoveryPlan", {}), dynamic("protectionGroup", {})],
  },
  {
    rule: "srm-replication-frequent",
    violating: [
      [subject("protectionGroup", machines({ rpo: 1440, pointsInTime: points })), /the RPO is 1440 min/],
      [subject("protectionGroup", machines({ pointsInTime: points })), /no RPO is given/],
      [subject("protectionGroup", machines({ rpo: 60 })), /1 point in time/],
      [
        dynamic("protectionGroup", machines({ rpo: 480, pointsInTime: points })),
        /\.declared\.virtualMachines\[0\]/,
      ],
    ],
    compliant: [
      subject("protectionGroup", { virtualMachines: undefined, array: { pair: "p", datastores: ["d"] } }),
      subject("protectionGroup", { virtualMachines: [{ id: UNKNOWN_TEXT }] }),
    ],
  },
];
