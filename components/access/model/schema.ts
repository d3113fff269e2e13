import { z } from "zod";
import { give } from "../../declaration/remedy.js";
import { cidr, day, matching, plain } from "../../declaration/units.js";
import { PROTOCOLS } from "../packet.js";

/** Dots set apart what is derived from a declaration; names in a declaration have none. */
const name = matching(
  /^[a-z](?:[a-z0-9.-]{0,61}[a-z0-9])?$/,
  "1 to 63 lower-case letters, digits, hyphens and dots, beginning with a letter",
);
const label = matching(
  /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
  "a Kubernetes label value, such as postgres",
);
const labelKey = z
  .string()
  .regex(
    /^(?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
    give("a Kubernetes label key, such as app.kubernetes.io/name"),
  );
const tag = matching(/^[A-Za-z0-9][A-Za-z0-9_. -]{0,126}$/, "1 to 127 letters, digits, _, ., - and spaces");
const namespace = matching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "the name of a Kubernetes namespace");
const port = z.int().min(1).max(65535);

/** A set of endpoints. An endpoint belongs to it by any of what stands here. */
export const groupSchema = z.strictObject({
  name,
  /** IPv4 and IPv6 networks. @default none */
  networks: z.array(cidr).default([]),
  /** Tags of virtual machines. @default none */
  tags: z.array(z.strictObject({ scope: tag, tag })).default([]),
  /** Pods of a namespace that carry all of these labels; no labels: all pods there. @default none */
  pods: z.array(z.strictObject({ namespace, labels: z.record(labelKey, label).default({}) })).default([]),
  /** Pods that run under an account. @default none */
  serviceAccounts: z.array(z.strictObject({ namespace, name: namespace })).default([]),
  /** An enforcement point stands at each of its endpoints: what no rule allows to or from them is denied. @default false */
  enforced: z.boolean().default(false),
});

/** What is called. */
export const serviceSchema = z
  .strictObject({
    name,
    protocol: z.enum(PROTOCOLS),
    /** Ports of the called side, single or first and last; tcp and udp only. @default none */
    ports: z
      .array(
        z.union([port, z.strictObject({ first: port, last: port })], {
          error: give("a port from 1 to 65535, or first and last"),
        }),
      )
      .default([]),
  })
  .transform(({ ports, ...rest }) => ({
    ...rest,
    ports: ports.map((each) => (typeof each === "number" ? { first: each, last: each } : each)),
  }));

const groups = z.union([z.literal("any"), z.array(name).min(1)], {
  error: give("any, or a list of at least one group"),
});

/** A login that a rule permits once the connection stands. Always over TLS. */
const login = z.strictObject({
  /** Database; absent for physical replication. */
  database: z.string().min(1).max(63).optional(),
  role: z.string().min(1).max(63),
  /** A certificate of the environment's authority is required besides the password. @default false */
  certificate: z.boolean().default(false),
});

export const ruleSchema = z.strictObject({
  name,
  from: groups,
  to: groups,
  services: z.union([z.literal("any"), z.array(name).min(1)], {
    error: give("any, or a list of at least one service"),
  }),
  action: z.enum(["allow", "deny"]),
  /** Write what the rule decides into a log. @default false */
  log: z.boolean().default(false),
  /** Why the rule exists; appears in the compiled texts. */
  description: plain("why the rule exists, 3 to 200 plain characters on one line"),
  /** Who answers for it. @default nobody named */
  owner: plain("a person or a team, 3 to 200 plain characters").optional(),
  /** Last day of the rule. @default no end */
  expires: day.optional(),
  /** What the client may log in as, where PostgreSQL is called; of no meaning to packets. @default nothing */
  logins: z.array(login).default([]),
});

/** Groups, services and rules in order; the first rule that fits a packet decides, and what none fits is denied. */
export const modelSchema = z.strictObject({
  groups: z.array(groupSchema).default([]),
  services: z.array(serviceSchema).default([]),
  rules: z.array(ruleSchema).default([]),
  /** The final deny. */
  denial: z
    .strictObject({
      /** @default true */
      log: z.boolean().default(true),
    })
    .prefault({}),
});

export type ModelInput = z.input<typeof modelSchema>;
export type ModelData = z.output<typeof modelSchema>;
export type Service = ModelData["services"][number];
export type PortRange = Service["ports"][number];
export type ModelLogin = z.output<typeof login>;
