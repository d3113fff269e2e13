import { z } from "zod";
import { schedule } from "./schedule.js";
import { address, cidr, day, identifier, matching, name, plain } from "./units.js";

/** A named set of networks. */
const group = z.strictObject({
  name,
  networks: z.array(cidr).min(1),
});

/** Who may reach the database. Everything that is not allowed is denied, and denials are logged. */
const rule = z.strictObject({
  /** Group that connects. */
  from: name,
  /** Login roles it may use; must be declared in cluster.roles. */
  roles: z.array(identifier).min(1),
  /** Why the rule exists; appears in the generated files. */
  description: plain("why the rule exists, 3 to 200 plain characters on one line"),
  /** Who answers for it. @default nobody named */
  owner: plain("a person or a team, 3 to 200 plain characters").optional(),
  /** Last day of the rule, in UTC; from the next on the declaration is refused. @default no end */
  expires: day.optional(),
});

/** Network access to the database, one model for every enforcement point. */
export const accessSchema = z.strictObject({
  groups: z.array(group).default([]),
  rules: z.array(rule).default([]),
});

const account = matching(/^[a-z_][a-z0-9_-]{0,31}$/, "the name of an account, such as alice");

/** Accounts on the platform (hypervisor, vCenter) by role; nobody else but the deployer has access. */
export const platformRolesSchema = z.strictObject({
  /** Read everything, change nothing. */
  auditors: z.array(account).default([]),
  /** Snapshots, checkpoints, freezing. */
  backupOperators: z.array(account).default([]),
  /** Start, stop, reset and suspend. */
  recoveryOperators: z.array(account).default([]),
});

/** Hardening of each VM. */
export const hardeningSchema = z.strictObject({
  /** UEFI secure boot with enrolled keys. @default true */
  secureBoot: z.boolean().default(true),
  /** Emulated TPM 2.0. @default false */
  tpm: z.boolean().default(false),
  /** Time servers in the management network. @default none: the hypervisor's clock */
  ntp: z.array(address).default([]),
});

/** Vulnerability scanning of images: on Kubernetes, when kubernetes.scan runs. Checked and kept in the plan; nothing on KVM reads it. */
export const scanningSchema = z.strictObject({
  /** @default 02:00 each day */
  schedule: schedule.default("0 2 * * *"),
  /** Findings that are reported. @default HIGH, CRITICAL */
  severities: z
    .array(z.enum(["LOW", "MEDIUM", "HIGH", "CRITICAL"]))
    .min(1)
    .default(["HIGH", "CRITICAL"]),
});

export type Access = z.infer<typeof accessSchema>;
export type AccessGroup = z.infer<typeof group>;
export type AccessRule = z.infer<typeof rule>;
export type PlatformRoles = z.infer<typeof platformRolesSchema>;
export type Hardening = z.infer<typeof hardeningSchema>;
export type Scanning = z.infer<typeof scanningSchema>;
