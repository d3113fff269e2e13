import { Redactor } from "./redact.js";
import { Output, type LineLogger, type Logging } from "./output.js";
import { containsSecret, plain, secret, secretTexts, type Properties, type Value } from "./values.js";

/** What one call of the engine gives a resource to work with. */
export interface CallContext {
  readonly log: LineLogger;
  readonly warn: LineLogger;
  /** Aborted when the engine cancels the operation or its time is over. */
  readonly signal: AbortSignal;
}

/** Properties that hold a command. */
const commandProperties = ["create", "update", "delete", "command"];

/** The properties that local and remote commands share, without their secret marks. */
export class Execution {
  readonly redactor: Redactor;
  readonly output: Output;
  /** Whether what the command prints may be derived from a secret. */
  readonly isSecret: boolean;

  constructor(
    private readonly inputs: Properties,
    context: CallContext,
  ) {
    const isCommand = ([name]: readonly [string, Value]): boolean => commandProperties.includes(name);
    const texts = (entries: readonly (readonly [string, Value])[]): string[] =>
      entries.flatMap(([, v]) => secretTexts(v));
    const entries = Object.entries(inputs);
    this.redactor = new Redactor(
      texts(entries.filter((e) => !isCommand(e))),
      texts(entries.filter(isCommand)),
    );
    this.output = new Output(
      (this.text("logging") as Logging | undefined) ?? "stdoutAndStderr",
      this.redactor,
      context.log,
    );
    // The connection is always secret and says nothing about what the command prints.
    this.isSecret = entries.some(([name, value]) => name !== "connection" && containsSecret(value));
  }

  value(name: string): Value | undefined {
    const value = this.inputs[name];
    return value === undefined || value === null ? undefined : plain(value);
  }

  text(name: string): string | undefined {
    const value = this.value(name);
    return typeof value === "string" ? value : undefined;
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.value(name);
    return Array.isArray(value) ? value.map(String) : undefined;
  }

  environment(): Record<string, string> {
    const value = this.value("environment");
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, String(inner)]));
  }

  /** What the previous create or update printed, for the environment of the next command. */
  previousOutput(state: Properties | undefined): Record<string, string> {
    if (state === undefined || this.value("addPreviousOutputInEnv") === false) return {};
    const found: Record<string, string> = {};
    for (const [name, variable] of [
      ["stdout", "PULUMI_COMMAND_STDOUT"],
      ["stderr", "PULUMI_COMMAND_STDERR"],
    ] as const) {
      const text = plain(state[name] ?? null);
      if (typeof text === "string" && text !== "") found[variable] = text;
    }
    return found;
  }

  /** The error of a failed command: how it ended, which one, and what it said. */
  failure(how: string, property: string): Error {
    const command = this.inputs[property] ?? null;
    const shown = containsSecret(command)
      ? "[secret]"
      : JSON.stringify(this.redactor.apply(this.text(property) ?? ""));
    return new Error(`${this.redactor.apply(how)}: running ${shown}:\n${this.output.explanation()}`);
  }

  /** The outputs of a command that succeeded. */
  results(more: Properties = {}): Properties {
    const stream = (name: "stdout" | "stderr"): Value => this.mark(this.output.text(name));
    const marked = Object.fromEntries(Object.entries(more).map(([name, value]) => [name, this.mark(value)]));
    return { stdout: stream("stdout"), stderr: stream("stderr"), ...marked };
  }

  private mark(value: Value): Value {
    return this.isSecret ? secret(value) : value;
  }
}
