import { z } from "zod";
import { checks } from "./checks.js";
import { reportEnded } from "./checks/access.js";
import type { Sections } from "./checks/check.js";
import { clusterSchema, type Cluster } from "./cluster.js";
import { DeclarationError, formatPath, problemsOf, showValue, type Problem } from "./errors.js";
import { kubernetesSchema, type Kubernetes } from "./kubernetes.js";
import { kvmSchema, type Kvm } from "./kvm.js";
import {
  backupSchema,
  capacitySchema,
  drillsSchema,
  failoverSchema,
  objectivesSchema,
  replicationSchema,
  sitesSchema,
  type Backup,
  type Capacity,
  type Drills,
  type Failover,
  type Objectives,
  type Replication,
  type Site,
} from "./recovery.js";
import {
  accessSchema,
  hardeningSchema,
  platformRolesSchema,
  scanningSchema,
  type Access,
  type Hardening,
  type PlatformRoles,
  type Scanning,
} from "./security.js";
import { name } from "./units.js";
import { vmwareSchema, type Vmware } from "./vmware.js";

/** What is declared alike on every platform, with units parsed. */
export interface Declared {
  readonly name: string;
  readonly cluster: Cluster;
  readonly sites: readonly Site[];
  readonly objectives: Objectives;
  readonly backup: Backup;
  readonly replication: Replication;
  readonly failover: Failover;
  readonly access: Access;
  readonly platformRoles: PlatformRoles;
  readonly hardening: Hardening;
  readonly scanning?: Scanning | undefined;
  readonly drills: Drills;
  readonly capacity?: Capacity | undefined;
}

/** An environment on KVM. */
export interface KvmEnvironment extends Declared {
  readonly platform: "kvm";
  readonly kvm: Kvm;
  readonly vmware?: undefined;
  readonly kubernetes?: undefined;
}

/** An environment on VMware vSphere. */
export interface VmwareEnvironment extends Declared {
  readonly platform: "vmware";
  readonly vmware: Vmware;
  readonly kvm?: undefined;
  readonly kubernetes?: undefined;
}

/** An environment on Kubernetes. */
export interface KubernetesEnvironment extends Declared {
  readonly platform: "kubernetes";
  readonly kubernetes: Kubernetes;
  readonly kvm?: undefined;
  readonly vmware?: undefined;
}

/** An environment whose members are virtual machines. */
export type MachineEnvironment = KvmEnvironment | VmwareEnvironment;

/** What an operator declares: everything about one environment, with units parsed. */
export type Environment = MachineEnvironment | KubernetesEnvironment;

/** Platforms; each has a section of its name. */
export const PLATFORMS = ["kvm", "vmware", "kubernetes"] as const;
type Platform = (typeof PLATFORMS)[number];

/** The schema of each section; a section that is absent takes what its schema gives for nothing, if it may be absent. */
const sections = {
  name,
  platform: z.enum(PLATFORMS),
  cluster: clusterSchema,
  sites: sitesSchema,
  objectives: objectivesSchema,
  backup: backupSchema,
  replication: replicationSchema,
  failover: failoverSchema,
  access: accessSchema.prefault({}),
  platformRoles: platformRolesSchema.prefault({}),
  hardening: hardeningSchema.prefault({}),
  scanning: scanningSchema.optional(),
  drills: drillsSchema.prefault({}),
  capacity: capacitySchema.optional(),
  /** Required on KVM. */
  kvm: kvmSchema.optional(),
  /** Required on VMware. */
  vmware: vmwareSchema.optional(),
  /** Required on Kubernetes. */
  kubernetes: kubernetesSchema.optional(),
} as const;

/** The whole as one schema, from which the JSON Schema for editors is made. */
export const environmentSchema = z.strictObject(sections);

type Input = z.input<typeof environmentSchema>;
type InputOf<P extends Platform> = Omit<Input, "platform" | Platform> & {
  platform: P;
} & { [Section in P]: NonNullable<Input[Section]> };

/** What stands in `Pulumi.<stack>.yaml` under `pgkeep:environment` on KVM, before parsing. */
export type KvmEnvironmentInput = InputOf<"kvm">;
/** The same on VMware. */
export type VmwareEnvironmentInput = InputOf<"vmware">;
/** The same on Kubernetes. */
export type KubernetesEnvironmentInput = InputOf<"kubernetes">;
/** What stands in `Pulumi.<stack>.yaml` under `pgkeep:environment`, before parsing. */
export type EnvironmentInput = KvmEnvironmentInput | VmwareEnvironmentInput | KubernetesEnvironmentInput;

/**
 * Parses and checks a declaration.
 *
 * Sections are parsed one by one and a cross-check runs as soon as the sections that it needs are valid, so a typing
 * error in one place does not hide a contradiction in another.
 *
 * @param today day by which access rules end, such as 2026-11-27; without it none is too old
 * @throws DeclarationError with every problem: path, value, what is wrong, what would be right
 */
export function parseEnvironment(input: KvmEnvironmentInput, today?: string): KvmEnvironment;
export function parseEnvironment(input: VmwareEnvironmentInput, today?: string): VmwareEnvironment;
export function parseEnvironment(input: KubernetesEnvironmentInput, today?: string): KubernetesEnvironment;
export function parseEnvironment(input: unknown, today?: string): Environment;
export function parseEnvironment(input: unknown, today?: string): Environment {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new DeclarationError([
      {
        path: formatPath([]),
        value: showValue([], input),
        problem: "is not a mapping",
        remedy: "sections such as cluster and sites",
      },
    ]);
  }
  const problems: Problem[] = [];
  const parsed: Record<string, unknown> = {};
  for (const key of Object.keys(input)) {
    if (Object.hasOwn(sections, key)) continue;
    const remedy = `one of ${Object.keys(sections).join(", ")}`;
    problems.push({
      path: formatPath([key]),
      value: showValue([key], ownValue(input, key)),
      problem: "is not a known section",
      remedy,
    });
  }
  const platform = sections.platform.safeParse(ownValue(input, "platform")).data;
  for (const [key, schema] of Object.entries(sectionsFor(platform, input))) {
    const result = schema.safeParse(ownValue(input, key));
    if (!result.success) problems.push(...problemsOf(result.error.issues, input, [key]));
    // An absent section is no key at all, so that a plan is the same before and after it was written as JSON.
    else if (result.data !== undefined) parsed[key] = result.data;
  }
  problems.push(...foreign(platform, input));
  for (const check of checks) {
    if (check.needs.every((key) => Object.hasOwn(parsed, key)))
      check.find(parsed as unknown as Sections, problems);
  }
  const { access } = parsed as Partial<Sections>;
  if (today !== undefined && access !== undefined)
    reportEnded(problems, access.rules, today, (i) => ["access", "rules", i]);
  if (problems.length > 0) throw new DeclarationError(problems);
  return parsed as unknown as Environment;
}

/** The sections that an environment of this platform has; without a known one, those that are written. */
function sectionsFor(
  platform: Environment["platform"] | undefined,
  input: object,
): Record<string, z.ZodType> {
  const { kvm, vmware, kubernetes, ...common } = sections;
  const own = Object.entries({ kvm, vmware, kubernetes }).filter(
    ([section]) => section === platform || (platform === undefined && Object.hasOwn(input, section)),
  );
  return { ...common, ...Object.fromEntries(own.map(([section, schema]) => [section, schema.unwrap()])) };
}

/** Sections of platforms that are not this environment's. */
function foreign(platform: Environment["platform"] | undefined, input: object): Problem[] {
  return PLATFORMS.filter(
    (section) => platform !== undefined && section !== platform && Object.hasOwn(input, section),
  ).map((section) => ({
    path: formatPath([section]),
    value: showValue([section], ownValue(input, section)),
    problem: `has no meaning with platform ${platform}`,
    remedy: `platform: ${section}, or no such section`,
  }));
}

function ownValue(input: object, key: string): unknown {
  return Object.hasOwn(input, key) ? (input as Record<string, unknown>)[key] : undefined;
}
