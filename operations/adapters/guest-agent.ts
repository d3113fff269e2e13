import { posix } from "node:path";
import { z } from "zod";
import {
  CommandError,
  GuestAgentError,
  GuestCommandError,
  GuestOutputError,
  type Clock,
  type GuestAgent,
  type GuestRunOptions,
  type RunResult,
  type Shell,
} from "../ports/index.js";

/** Bytes a message: far below libvirt's limit of 4 MiB for one text, and quick to type for virsh. */
const CHUNK = 48 * 1024;
/** Seconds for one answer; a guest on a busy hypervisor may take many. */
const ANSWER = 30;

/** How libvirt refuses an answer beyond 4 MiB, and one beyond the 10 MiB after which it gives the channel up. */
const TOO_LONG = /unable to encode message payload|no complete agent response found/i;

const status = z.object({
  exited: z.boolean(),
  exitcode: z.number().optional(),
  signal: z.number().optional(),
  "out-data": z.string().optional(),
  "err-data": z.string().optional(),
  "out-truncated": z.boolean().optional(),
  "err-truncated": z.boolean().optional(),
});

/**
 * The guest agent through virsh. Every message goes to virsh's standard input, never into its arguments, and virsh is told
 * to keep no history: what is sent may be secret.
 */
export function virshGuestAgent(shell: Shell, domain: string, clock: Clock): GuestAgent {
  const send = async (
    command: string,
    args: Record<string, unknown> = {},
    timeout = ANSWER,
  ): Promise<unknown> => {
    const message = JSON.stringify({ execute: command, arguments: args });
    const line = `qemu-agent-command ${domain} --timeout ${timeout} '${plain(message)}'\nquit\n`;
    let result: RunResult;
    try {
      result = await shell.run(
        ["env", "VIRSH_HISTSIZE=0", "TERM=dumb", "virsh", "-q", "-c", "qemu:///system"],
        {
          input: line,
          timeout: timeout + 20,
          accept: [0, 1],
        },
      );
    } catch (error) {
      if (error instanceof CommandError) throw new GuestAgentError(domain, error.message);
      throw error;
    }
    const answer = /^\{"return".*$/m.exec(result.stdout)?.[0];
    if (answer === undefined) {
      const why = explain(result);
      throw TOO_LONG.test(why) ? new GuestOutputError(domain, why) : new GuestAgentError(domain, why);
    }
    return z.object({ return: z.unknown() }).parse(JSON.parse(answer)).return;
  };

  const execute = async (argv: readonly string[], options: GuestRunOptions): Promise<RunResult> => {
    const [path = "", ...arg] = argv;
    const { input, timeout = 180 } = options;
    const started = await send("guest-exec", {
      path,
      arg,
      "capture-output": true,
      ...(input === undefined ? {} : { "input-data": Buffer.from(input).toString("base64") }),
    });
    const { pid } = z.object({ pid: z.number() }).parse(started);
    const deadline = clock.monotonic() + timeout;
    for (let pause = 0.05; ; pause = Math.min(pause * 1.5, 2)) {
      const now = status.parse(await send("guest-exec-status", { pid }));
      if (now.exited) {
        // What was cut off may be what matters, so nothing is believed of an output that is not whole.
        if (now["out-truncated"] === true || now["err-truncated"] === true)
          throw new GuestOutputError(domain, `of ${argv[0] ?? ""} only the beginning was kept`);
        const text = (data: string | undefined): string => Buffer.from(data ?? "", "base64").toString();
        const code = now.exitcode ?? 128 + (now.signal ?? 0);
        return { code, stdout: text(now["out-data"]), stderr: text(now["err-data"]) };
      }
      if (clock.monotonic() > deadline) {
        throw new GuestCommandError(domain, argv, {
          code: -1,
          stdout: "",
          stderr: `not ended after ${timeout} s`,
        });
      }
      await clock.sleep(pause);
    }
  };

  /** Writes in pieces; for what is too large for one message. */
  const upload = async (path: string, content: Buffer): Promise<void> => {
    const handle = z.number().parse(await send("guest-file-open", { path, mode: "w" }));
    try {
      for (let at = 0; at < content.length; at += CHUNK) {
        const piece = content.subarray(at, at + CHUNK);
        const wrote = await send("guest-file-write", { handle, "buf-b64": piece.toString("base64") });
        const { count } = z.object({ count: z.number() }).parse(wrote);
        if (count !== piece.length)
          throw new GuestAgentError(domain, `wrote ${count} of ${piece.length} bytes`);
      }
      await send("guest-file-flush", { handle });
    } finally {
      await send("guest-file-close", { handle });
    }
  };

  const agent: GuestAgent = {
    domain,
    async answers(timeout = 5) {
      try {
        await send("guest-ping", {}, timeout);
        return true;
      } catch (error) {
        if (error instanceof GuestAgentError) return false;
        throw error;
      }
    },
    async wait(timeout) {
      const deadline = clock.monotonic() + timeout;
      while (!(await agent.answers())) {
        if (clock.monotonic() > deadline) throw new GuestAgentError(domain, `no answer within ${timeout} s`);
        await clock.sleep(1);
      }
    },
    async run(argv, options = {}) {
      const input = options.input === undefined ? undefined : Buffer.from(options.input);
      let result: RunResult;
      if (input === undefined || input.length <= CHUNK) result = await execute(argv, options);
      else {
        // /run is memory; the directory is made for root alone before anything is written into it.
        const made = await execute(["mktemp", "-d", "-p", "/run", "pgkeep.XXXXXXXX"], {});
        const directory = made.stdout.trim();
        if (made.code !== 0 || directory === "") throw new GuestCommandError(domain, ["mktemp"], made);
        try {
          await upload(`${directory}/input`, input);
          const script = `exec "$@" < '${directory}/input'`;
          result = await execute(["sh", "-c", script, "sh", ...argv], { timeout: options.timeout ?? 180 });
        } finally {
          await execute(["rm", "-rf", directory], {});
        }
      }
      if (!(options.accept ?? [0]).includes(result.code)) throw new GuestCommandError(domain, argv, result);
      return result;
    },
    async write(path, content, mode = "0600") {
      const text = `set -e; umask 077; new=$(mktemp "$1.XXXXXXXX"); cat > "$new"; chmod "$2" "$new"; sync "$new"; mv -fT "$new" "$1"`;
      await agent.run(["sh", "-c", text, "sh", posix.normalize(path), mode], { input: content });
    },
  };
  return agent;
}

/** JSON without quotes and signs beyond ASCII, which virsh's line editor would take for keys. */
function plain(json: string): string {
  return json.replaceAll(
    /['\u007f-\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function explain({ stdout, stderr }: RunResult): string {
  const line = `${stderr}\n${stdout}`
    .split("\n")
    .filter((text) => /^error:/.test(text))
    .map((text) => text.replace(/^error:\s*/, ""))
    .slice(-1)[0];
  return line ?? "virsh gave no answer";
}
