/** Macros of the rules. A later file of Falco may override them as well. */
export const MACRO_NAMES = [
  "pgkeep_database",
  "pgkeep_loopback",
  "pgkeep_client",
  "pgkeep_destination",
  "pgkeep_spawned",
  "pgkeep_entrypoint",
  "pgkeep_initialization",
  "pgkeep_archiver",
  "pgkeep_known_shell",
  "pgkeep_read",
  "pgkeep_written",
  "pgkeep_server",
] as const;

export type MacroName = (typeof MACRO_NAMES)[number];

/** Signs by which a shell would do more than the one command that is excepted. */
const SHELL_SIGNS = [";", "|", "&", "`", "$", ">", "<"] as const;

interface MacroPlan {
  readonly archivers: readonly string[];
  readonly knownShells: readonly string[];
}

/** A condition that no event fulfils: stands where nothing is excepted. */
const NEVER = "(evt.num < 0)";

/** True for a command line that begins so, run by one of the shells, and is one command. */
function startsWith(commands: readonly string[]): string {
  if (commands.length === 0) return NEVER;
  // `proc.cmdline` is the process's name, then its arguments.
  const starts = commands.flatMap((command) =>
    ["sh", "bash", "dash"].map((shell) => `proc.cmdline startswith "${shell} -c ${command}"`),
  );
  const plain = SHELL_SIGNS.map((sign) => `not proc.cmdline contains "${sign}"`);
  return `((${starts.join(" or ")}) and ${plain.join(" and ")})`;
}

/**
 * Conditions that the rules share. Only events that have ended have a result, so `evt.rawres` stands for the direction, which
 * Falco has given up.
 */
export function macrosOf({ archivers, knownShells }: MacroPlan): Readonly<Record<MacroName, string>> {
  return {
    pgkeep_database: "(container.id != host and container.image.repository in (pgkeep_images))",
    pgkeep_loopback: '(fd.snet in ("127.0.0.0/8") or fd.sip = "::1")',
    pgkeep_client: "(fd.cnet in (pgkeep_clients))",
    pgkeep_destination: "(fd.snet in (pgkeep_destinations))",
    pgkeep_spawned: "(evt.type in (execve, execveat) and evt.rawres = 0)",
    // The script is run by env, so the process is called as its shell.
    pgkeep_entrypoint:
      '(proc.cmdline startswith "bash /usr/local/bin/docker-entrypoint.sh" or proc.name = docker-entrypoi)',
    // What it runs before it becomes the server.
    pgkeep_initialization:
      '(proc.pcmdline startswith "bash /usr/local/bin/docker-entrypoint.sh" or proc.pname = docker-entrypoi)',
    pgkeep_archiver: archivers.length === 0 ? NEVER : `(proc.pname = postgres and ${startsWith(archivers)})`,
    pgkeep_known_shell: startsWith(knownShells),
    pgkeep_read:
      "(evt.type in (open, openat, openat2) and evt.is_open_read = true and fd.typechar = f and fd.num >= 0)",
    pgkeep_written:
      "(evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.typechar = f and fd.num >= 0)",
    pgkeep_server: "(proc.name in (pgkeep_server_programs))",
  };
}
