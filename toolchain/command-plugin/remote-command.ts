import type { Client, ClientChannel, SFTPWrapper } from "ssh2";
import { whenAborted } from "./cancellation.js";
import { connectionOf, dial } from "./connection.js";
import { Execution, type CallContext } from "./execution.js";
import { noOutput, previousResults } from "./local-command.js";
import type { ResourceType } from "./resource.js";
import { shapes } from "./schema.js";
import type { Properties } from "./values.js";

async function run(
  property: string,
  inputs: Properties,
  state: Properties | undefined,
  context: CallContext,
): Promise<Properties> {
  const execution = new Execution(inputs, context);
  await using connection = await dial(connectionOf(inputs), context);
  const { client } = connection;
  const env = await environment(client, execution.environment(), execution.previousOutput(state), context);
  const running = await open(client, execution.text(property) ?? "", env);
  const release = whenAborted(context.signal, () => endCommand(client, running.channel));
  try {
    const how = await ended(running, execution, context.signal);
    if (how !== undefined) throw execution.failure(how, property);
  } finally {
    release();
    execution.output.end();
  }
  return execution.results();
}

/** How long a cancelled command may take to end before its connection is given up. Milliseconds. */
const GRACE_MS = 5000;

/** Whoever started this shell on the server has also started the command, as leader of a process group of its own. */
const END_SIBLINGS =
  "exec sh -c 'ps -A -o pid= -o ppid= | while read -r pid parent; do" +
  ' [ "$parent" != "$PPID" ] || [ "$pid" = "$$" ] || kill -TERM "-$pid"; done\'';

/**
 * Ends a command on the server. The protocol's own signal does not do: OpenSSH before 9.8 refuses it in sessions of root, and
 * neither a closed channel nor a closed connection ends a command that writes nothing.
 */
function endCommand(client: Client, channel: ClientChannel): void {
  const timer = setTimeout(() => client.destroy(), GRACE_MS);
  channel.once("close", () => clearTimeout(timer));
  client.exec(END_SIBLINGS, (error, helper) => {
    if (error) client.destroy();
    else helper.resume();
  });
}

/** The variables that the server takes; it must take those of the program, not those we add. */
async function environment(
  client: Client,
  wanted: Readonly<Record<string, string>>,
  optional: Readonly<Record<string, string>>,
  context: CallContext,
): Promise<Record<string, string>> {
  const hint = "the SSH server takes only variables that its AcceptEnv names; or write 'VAR=value command'";
  const taken: Record<string, string> = {};
  for (const [name, value] of Object.entries(wanted)) {
    if (!(await accepts(client, name)))
      throw new Error(`could not set environment variable "${name}": ${hint}`);
    taken[name] = value;
  }
  for (const [name, value] of Object.entries(optional)) {
    if (await accepts(client, name)) taken[name] = value;
    else context.warn(`Unable to set '${name}': ${hint}`);
  }
  return taken;
}

/** What ssh2 offers beyond its type declarations: variables for an SFTP session, refused with an error. */
interface SftpWithEnvironment {
  sftp(env: Record<string, string>, done: (error: Error | undefined, sftp?: SFTPWrapper) => void): void;
}

/** Whether the server takes a variable: asked on a channel of its own, since a command's channel does not tell. */
function accepts(client: Client, name: string): Promise<boolean> {
  return new Promise((done) => {
    (client as unknown as SftpWithEnvironment).sftp({ [name]: "" }, (error, sftp) => {
      sftp?.end();
      done(error?.message !== "Unable to set environment");
    });
  });
}

/** A command that runs, and how it ends. */
interface Running {
  readonly channel: ClientChannel;
  /** Undefined when it succeeded; the last thing known until then. */
  how: string | undefined;
}

/** A short command's end may come in the same piece as its beginning, so it is listened for before anything else happens. */
function open(client: Client, command: string, env: Record<string, string>): Promise<Running> {
  return new Promise((done, fail) => {
    client.exec(command, { env }, (error, channel) => {
      if (error) {
        fail(error);
        return;
      }
      const running: Running = { channel, how: "the connection was lost before the command ended" };
      channel.on("error", (problem: Error) => (running.how = problem.message));
      channel.on("exit", (code: number | null, name?: string) => {
        running.how =
          code === 0
            ? undefined
            : code === null
              ? `signal: ${name ?? "unknown"}`
              : `Process exited with status ${code}`;
      });
      done(running);
    });
  });
}

/** Undefined when the command succeeded, else how it ended. */
function ended(running: Running, execution: Execution, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((done) => {
    const { channel } = running;
    channel.on("data", (chunk: Buffer) => execution.output.write("stdout", chunk));
    channel.stderr.on("data", (chunk: Buffer) => execution.output.write("stderr", chunk));
    channel.on("close", () => done(signal.aborted ? "cancelled" : running.how));
    channel.end(execution.text("stdin") ?? "");
  });
}

/** `command:remote:Command` */
export const remoteCommand: ResourceType = {
  shape: shapes.remoteCommand,
  outputs: () => ["stdout", "stderr"],
  async create(inputs, context) {
    return { ...inputs, ...(inputs["create"] ? await run("create", inputs, undefined, context) : noOutput) };
  },
  async update(state, inputs, context) {
    const property = inputs["update"] ? "update" : inputs["create"] ? "create" : undefined;
    return {
      ...inputs,
      ...(property ? await run(property, inputs, state, context) : previousResults(state)),
    };
  },
  async delete(state, context) {
    if (state["delete"]) await run("delete", state, state, context);
  },
};
