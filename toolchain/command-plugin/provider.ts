import { randomBytes } from "node:crypto";
import { copyToRemote } from "./copy-to-remote.js";
import { changes, type Change } from "./diff.js";
import type { CallContext } from "./execution.js";
import { localCommand, localRun } from "./local-command.js";
import { remoteCommand } from "./remote-command.js";
import type { FunctionType, ResourceType } from "./resource.js";
import { failures, type Failure } from "./schema.js";
import { nameOf, typeOf } from "./messages.js";
import { containsSecret, secret, UNKNOWN, type Properties } from "./values.js";

const resources: Readonly<Record<string, ResourceType>> = {
  "command:local:Command": localCommand,
  "command:remote:Command": remoteCommand,
  "command:remote:CopyToRemote": copyToRemote,
};
const functions: Readonly<Record<string, FunctionType>> = { "command:local:run": localRun };

function resourceOf(urn: string): ResourceType {
  const type = typeOf(urn);
  const found = resources[type];
  if (found === undefined)
    throw new Error(`the plugin has no resource type ${type}; it has ${Object.keys(resources).join(", ")}`);
  return found;
}

/** Which call of the engine something belongs to. */
export interface Call {
  readonly urn: string;
  readonly preview: boolean;
  readonly context: CallContext;
}

/** Checks inputs; the connection leaves here as a secret, whatever it came as. */
export function check(urn: string, news: Properties): { inputs: Properties; failures: readonly Failure[] } {
  const type = resourceOf(urn);
  const found = failures(news, type.shape);
  const all = (found.length > 0 ? found : [...(type.check?.(news) ?? [])]).map((failure) =>
    withoutValue(failure, news),
  );
  const { connection } = news;
  return {
    inputs:
      connection === undefined || connection === null ? news : { ...news, connection: secret(connection) },
    failures: all,
  };
}

/** The engine shows the value of a property that is named as wrong: a secret one is named in the text instead. */
function withoutValue({ property, reason }: Failure, inputs: Properties): Failure {
  const value = inputs[property] ?? null;
  return containsSecret(value)
    ? { property: "", reason: `property ${property}: ${reason}` }
    : { property, reason };
}

/** @param olds the inputs of the last run, or the state where the engine does not send them. */
export function diff(urn: string, olds: Properties, news: Properties): readonly Change[] {
  const { shape } = resourceOf(urn);
  const inputs = Object.entries(olds).filter(([name]) => name in shape);
  return changes(Object.fromEntries(inputs), news);
}

export async function create(call: Call, inputs: Properties): Promise<{ id: string; state: Properties }> {
  const type = resourceOf(call.urn);
  const name = type === copyToRemote ? "" : nameOf(call.urn);
  const id = `${name}${randomBytes(4).toString("hex")}`;
  return { id, state: call.preview ? foreseen(type, inputs) : await type.create(inputs, call.context) };
}

export async function update(call: Call, state: Properties, inputs: Properties): Promise<Properties> {
  const type = resourceOf(call.urn);
  return call.preview ? foreseen(type, inputs) : type.update(state, inputs, call.context);
}

export async function remove(call: Call, state: Properties): Promise<void> {
  await resourceOf(call.urn).delete(state, call.context);
}

export async function invoke(
  token: string,
  inputs: Properties,
  context: CallContext,
): Promise<{ outputs: Properties; failures: readonly Failure[] }> {
  const found = functions[token];
  if (found === undefined) throw new Error(`the plugin has no function ${token}`);
  const wrong = failures(inputs, found.shape);
  return { outputs: wrong.length > 0 ? {} : await found.call(inputs, context), failures: wrong };
}

/** The state as a preview can know it: the inputs, and that a run will tell the rest. */
function foreseen(type: ResourceType, inputs: Properties): Properties {
  return { ...inputs, ...Object.fromEntries(type.outputs(inputs).map((name) => [name, UNKNOWN])) };
}
