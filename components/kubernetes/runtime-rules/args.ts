import { z } from "zod";
import { absolutePath, cidr, matching, refuse, text } from "../../declaration/units.js";
import { checked } from "../checked.js";
import { MACRO_NAMES } from "./macros.js";

/** The kernel keeps this many bytes of a process's name. */
const COMM = 15;

const label = matching(
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
  "1 to 63 lower-case letters, digits and hyphens, such as falco",
);

/** IPv4: the engine that proves the rules refuses networks of IPv6, so those would be shipped unproven. */
const network = cidr.superRefine((value, context) => {
  if (value.includes(":"))
    refuse(context, "is a network of IPv6, which the rules do not know yet", "networks of IPv4");
  else if (Number(value.split("/")[1]) < 8)
    refuse(context, "takes in most of the Internet", "the networks of the clients");
});

const programRemedy = `the name of a program, cut to ${COMM} bytes as the kernel does, such as docker-entrypoi`;
const program = text(programRemedy).superRefine((name, context) => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name)) refuse(context, "is no name of a program", programRemedy);
  else if (name.length > COMM)
    refuse(
      context,
      `has ${name.length} bytes, so it never fits`,
      `${name.slice(0, COMM)}, as the kernel cuts it`,
    );
});

const imageRemedy =
  "the repository of an image without tag and digest, such as ghcr.io/cloudnative-pg/postgresql";
const repository = matching(
  /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/,
  imageRemedy,
).superRefine((name, context) => {
  if (!name.includes("/") && name.includes(":")) refuse(context, "has a tag", imageRemedy);
});

const commandRemedy =
  "the beginning of a command line without signs of the shell, such as pgbackrest --stanza=main";
/** The beginning of a command: what a shell would read as more than one command can never be excepted by it. */
const command = text(commandRemedy).superRefine((value, context) => {
  if (!/^[A-Za-z0-9/][A-Za-z0-9 /._=:@%+-]{2,199}$/.test(value))
    refuse(context, "is no plain command", commandRemedy);
});

const conditionRemedy = "a condition of Falco in parentheses, such as (proc.name = postgres)";
const condition = text(conditionRemedy).superRefine((value, context) => {
  if (/\bevt\.dir\b/.test(value))
    refuse(
      context,
      "asks for evt.dir, which Falco has given up",
      "evt.rawres, which only events that have ended have",
    );
  if (!isBalanced(value)) refuse(context, "is not one condition", conditionRemedy);
});

/** True for a text in parentheses that close where it ends, outside quotes, and on one line. */
function isBalanced(value: string): boolean {
  const bare = value.replaceAll(/"[^"\n]*"|'[^'\n]*'/g, "x");
  if (/["'\n]/.test(bare) || !bare.startsWith("(") || !bare.endsWith(")")) return false;
  let depth = 0;
  for (let i = 0; i < bare.length; i += 1) {
    if (bare[i] === "(") depth += 1;
    if (bare[i] === ")") depth -= 1;
    if (depth === 0 && i < bare.length - 1) return false;
  }
  return depth === 0;
}

const schema = z.strictObject({
  name: matching(
    /^[a-z](?:[a-z0-9-]{0,50}[a-z0-9])?$/,
    "1 to 52 lower-case letters, digits and hyphens, beginning with a letter",
  ),
  namespace: label,
  clients: z.array(network).min(1),
  destinations: z.array(network).default([]),
  images: z.array(repository).min(1).default(["postgres", "ghcr.io/cloudnative-pg/postgresql"]),
  port: z.int().min(1).max(65_535).default(5432),
  dataPaths: z
    .array(absolutePath)
    .min(1)
    // 17 and 18 of the official image, CloudNativePG and Debian lie below the first, Red Hat's packages below the second.
    .default(["/var/lib/postgresql", "/var/lib/pgsql"]),
  secretPaths: z
    .array(absolutePath)
    .min(1)
    .default(["/run/secrets", "/var/run/secrets/postgres", "/controller/certificates"]),
  archivers: z
    .array(command)
    .default(["pgbackrest --stanza=", "/usr/bin/pgbackrest --stanza=", "/controller/manager wal-"]),
  knownShells: z.array(command).default([]),
  backupPrograms: z.array(program).min(1).default(["pgbackrest", "wal-g"]),
  macros: z.partialRecord(z.enum(MACRO_NAMES), condition).default({}),
});

/** What the rules are made for, every default filled in. */
export type RuntimePlan = z.output<typeof schema>;

/** @throws TypeError with every problem */
export function readRuntimeRules(name: string, args: object): RuntimePlan {
  return checked(`RuntimeRules ${name}`, schema, { ...args, name });
}
