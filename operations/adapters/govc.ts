import { OperationError } from "../errors.js";
import { CommandError, type Shell } from "../ports/index.js";

/** Where the account for vCenter lies on an operations host: files of one line each, mode 0600. */
export const VCENTER_ACCOUNT = {
  user: "/etc/pgkeep/secrets/vcenter-user",
  password: "/etc/pgkeep/secrets/vcenter-password",
} as const;

/** How a vCenter Server is reached from a host. */
export interface VCenterAccess {
  /** Name that its certificate is for, with a port if it is not 443. */
  readonly server: string;
  /** PEM file of the authorities that are trusted. @default those of the system */
  readonly authorities?: string | undefined;
  /** Files with the account. @default {@link VCENTER_ACCOUNT} */
  readonly account?: { readonly user: string; readonly password: string };
}

/** vCenter refuses, or does not answer. */
export class VCenterError extends OperationError {
  override readonly name = "VCenterError";

  constructor(
    readonly server: string,
    problem: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super(`vCenter ${server}: ${problem}`, remedy, undefined, options);
  }
}

/** Calls govc and gives its JSON; undefined when it printed nothing. */
export type Govc = (args: readonly string[], timeout?: number) => Promise<unknown>;

/** Seconds for a call that only reads. */
const READ = 60;

/**
 * govc on a host. The account goes by files that govc reads itself, so that no secret is an argument or a variable. Every variable that govc
 * knows for the connection is set here, so that none of the caller's own can weaken it, and no session is kept on the disk.
 */
export function govc(shell: Shell, access: VCenterAccess): Govc {
  const { server, authorities = "", account = VCENTER_ACCOUNT } = access;
  const variables = {
    GOVC_URL: `https://${server}/sdk`,
    GOVC_USERNAME: account.user,
    GOVC_PASSWORD: account.password,
    GOVC_INSECURE: "false",
    GOVC_TLS_CA_CERTS: authorities,
    GOVC_PERSIST_SESSION: "false",
    // Errors as one line of text: as JSON they lose what kind of fault they are.
    GOVC_FORMAT_ERROR: "false",
    ...Object.fromEntries(UNUSED.map((name) => [name, ""])),
  };
  const environment = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  let checked: Promise<void> | undefined;
  return async (args, timeout = READ) => {
    await (checked ??= requireAccount(shell, server, account));
    const [command = "", ...rest] = args;
    try {
      const result = await shell.run(["env", ...environment, "govc", command, "-json", ...rest], { timeout });
      return result.stdout.trim() === "" ? undefined : (JSON.parse(result.stdout) as unknown);
    } catch (error) {
      if (error instanceof CommandError) throw explain(error, server, command, timeout);
      if (error instanceof SyntaxError)
        throw new VCenterError(
          server,
          `govc ${command} gave no JSON`,
          "look which govc is on PATH: 0.32 or newer",
        );
      throw error;
    }
  };
}

/** What else govc reads from its environment for a connection; empty is its default. */
const UNUSED = [
  "GOVC_CERTIFICATE",
  "GOVC_PRIVATE_KEY",
  "GOVC_TLS_KNOWN_HOSTS",
  "GOVC_VIM_NAMESPACE",
  "GOVC_VIM_VERSION",
  "GOVC_VI_JSON",
  "GOVC_DATACENTER",
  "GOVC_DEBUG",
  "GOVC_VM",
] as const;

/** govc takes the path itself for the password when there is no such file, so the files are looked at first. */
const CHECK_FILES = `
for file in "$@"; do
  [ -s "$file" ] || { echo "$file is missing or empty" >&2; exit 1; }
  case "$(stat -c %a "$file")" in *00) ;; *) echo "$file can be read by others than its owner" >&2; exit 1 ;; esac
done
`;

async function requireAccount(
  shell: Shell,
  server: string,
  { user, password }: { readonly user: string; readonly password: string },
): Promise<void> {
  try {
    await shell.run(["sh", "-c", CHECK_FILES, "sh", user, password]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new VCenterError(
      server,
      `${shell.host} has no account for it: ${error.stderr.trim()}`,
      `write the account's name to ${user} and its password to ${password} there, both owned by root with mode 0600`,
    );
  }
}

/** What govc says, and what it means. The first that fits counts. */
const MEANINGS: readonly (readonly [sign: RegExp, problem: string, remedy: string])[] = [
  [
    /incorrect user name or password|InvalidLogin|Login failure/i,
    "it does not accept the account",
    "correct the account's files; a password may have expired",
  ],
  [
    /x509|certificate|tls:/i,
    "its certificate is not trusted",
    "name the file of its authority in the declaration (authorities), and the server as its certificate does",
  ],
  [
    /Permission to perform this operation was denied|NoPermission/i,
    "the account may not do this",
    "give it the role of snapshot operators on the VM's folder",
  ],
  [
    /connection refused|no such host|no route to host|i\/o timeout|network is unreachable|server misbehaving|EOF/i,
    "it does not answer",
    "check its name, its power and the network; the next run goes on from here",
  ],
  [
    /ApplicationQuiesceFault|FilesystemQuiesceFault|quiesc/i,
    "the guest could not be quiesced, so there is no snapshot",
    "look at vmware-vmsvc.log and the freeze scripts in the guest; the whole sequence may take 15 minutes at most",
  ],
  [
    /TaskInProgress|another task is already in progress/i,
    "another task works on the VM",
    "wait for its end; the next run goes on from here",
  ],
];

function explain(error: CommandError, server: string, command: string, timeout: number): VCenterError {
  const cause = { cause: error };
  if (error.code === undefined)
    return new VCenterError(
      server,
      `govc ${command} did not end within ${timeout} s`,
      "vCenter may still be at it: the next run waits for its end before it does anything",
      cause,
    );
  if (error.code === 127)
    return new VCenterError(server, `there is no govc on ${error.host}`, "install govc there", cause);
  const said = error.stderr.trim().split("\n").at(-1) ?? "";
  const [, problem, remedy] = MEANINGS.find(([sign]) => sign.test(said)) ?? [
    undefined,
    `govc ${command} failed`,
    "look at the VM's tasks and events in vCenter",
  ];
  return new VCenterError(server, `${problem} (${said})`, remedy, cause);
}
