import { CIS_KUBERNETES } from "./controls/cis-kubernetes.js";
import { CIS_POSTGRESQL } from "./controls/cis-postgresql.js";
import type { Framework } from "./controls/framework.js";
import { ISO27001 } from "./controls/iso27001.js";
import { PCI_DSS } from "./controls/pci-dss.js";
import { SOC2 } from "./controls/soc2.js";
import { VMWARE_SCG } from "./controls/vmware-scg.js";

/** Frameworks by the short name that stands before an id. No name is the beginning of another. */
export const FRAMEWORKS = {
  "CIS PostgreSQL": CIS_POSTGRESQL,
  "CIS Kubernetes": CIS_KUBERNETES,
  "VMware SCG": VMWARE_SCG,
  "SOC 2": SOC2,
  "ISO 27001": ISO27001,
  "PCI DSS": PCI_DSS,
} as const satisfies Readonly<Record<string, Framework>>;

export type FrameworkName = keyof typeof FRAMEWORKS;

/** A control as rules name it, such as `SOC 2 A1.2`. One that no catalogue knows does not compile. */
export type Control = {
  [Name in FrameworkName]: `${Name} ${keyof (typeof FRAMEWORKS)[Name]["asks"] & string}`;
}[FrameworkName];

/** A control taken apart. */
export interface ControlParts {
  readonly framework: FrameworkName;
  readonly id: string;
  /** What it asks for, in our own words. */
  readonly asks: string;
}

export const FRAMEWORK_NAMES = Object.keys(FRAMEWORKS) as readonly FrameworkName[];

/** Framework, id and meaning of a control. @throws RangeError for one that no catalogue knows */
export function controlParts(control: string): ControlParts {
  for (const framework of FRAMEWORK_NAMES) {
    if (!control.startsWith(`${framework} `)) continue;
    const id = control.slice(framework.length + 1);
    const { asks }: Framework = FRAMEWORKS[framework];
    const meaning = Object.hasOwn(asks, id) ? asks[id] : undefined;
    if (meaning !== undefined) return { framework, id, asks: meaning };
  }
  throw new RangeError(`no catalogue of controls has "${control}"`);
}
