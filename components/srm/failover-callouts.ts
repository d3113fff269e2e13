import type { CalloutArgs } from "./args.js";

/** What a failover of a PostgreSQL cluster by SRM has to do beside moving VMs. */
export interface FailoverCalloutsArgs {
  /** Name of the cluster, and of the members that lose and take the primary role. */
  cluster: string;
  primary: string;
  candidate: string;
  /**
   * Program on the SRM appliance that carries out one step, with the full path. It is called as
   * `<program> <step> --cluster <cluster> --member <member>` with the step `shut-down`, `fence`, `promote` or `redirect`.
   */
  program: string;
  /** Do clients follow by a DNS update? @default true */
  redirect?: boolean;
  /** Seconds for each step. @default shutDown 600, fence 120, promote 300, redirect 60 */
  timeouts?: Partial<Record<FailoverStep, number>>;
}

type FailoverStep = "shutDown" | "fence" | "promote" | "redirect";

/** A word that a shell takes as it is: a name with anything else in it could be read as a command. */
const WORD = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const PROGRAM = /^\/[A-Za-z0-9._/-]+$/;

/**
 * The steps around a promotion, as callouts of a recovery plan: the primary is shut down while SRM still reaches its site, fenced before
 * any storage at the recovery site becomes writable, and only then another member is promoted; clients follow last. A test promotes in
 * its isolated network alone: it neither shuts down nor fences the primary, nor does it move clients.
 *
 * @throws TypeError for a name that a shell would not take as one word
 */
export function failoverCallouts(args: FailoverCalloutsArgs): CalloutArgs[] {
  const { cluster, primary, candidate, program, redirect = true, timeouts = {} } = args;
  for (const [name, value] of Object.entries({ cluster, primary, candidate }))
    if (!WORD.test(value))
      throw new TypeError(`${name}: ${JSON.stringify(value)} is not letters, digits, . _ and -`);
  if (!PROGRAM.test(program))
    throw new TypeError(
      `program: ${JSON.stringify(program)} is not a full path of letters, digits, . _ - and /`,
    );
  const call = (step: string, member: string): string =>
    `${program} ${step} --cluster ${cluster} --member ${member}`;
  return [
    {
      name: `Shut ${primary} down`,
      command: call("shut-down", primary),
      timeout: timeouts.shutDown ?? 600,
      at: "BEFORE_SHUTDOWN_PROTECTED_SITE_VMS",
    },
    {
      name: `Fence ${primary}`,
      command: call("fence", primary),
      timeout: timeouts.fence ?? 120,
      at: "BEFORE_PREPARE_STORAGE",
    },
    {
      name: `Promote ${candidate}`,
      command: call("promote", candidate),
      timeout: timeouts.promote ?? 300,
      // The database is of priority 2, after what it needs and before what needs it.
      at: "BEFORE_RECOVER_PRIORITY_3_VMS",
      in: ["test", "recovery"],
    },
    ...(redirect
      ? [
          {
            name: `Redirect clients to ${candidate}`,
            command: call("redirect", candidate),
            timeout: timeouts.redirect ?? 60,
            at: "AT_END" as const,
          },
        ]
      : []),
  ];
}
