import { Execution, type CallContext } from "./execution.js";
import { globArchive, globAssets } from "./globs.js";
import { runLocally } from "./local-process.js";
import type { FunctionType, ResourceType } from "./resource.js";
import { shapes } from "./schema.js";
import type { Properties } from "./values.js";

/** Runs the command that one property holds and returns its outputs. */
async function run(
  property: string,
  inputs: Properties,
  state: Properties | undefined,
  context: CallContext,
): Promise<Properties> {
  const execution = new Execution(inputs, context);
  const dir = execution.text("dir");
  const how = await runLocally(
    {
      command: execution.text(property) ?? "",
      interpreter: execution.texts("interpreter"),
      dir,
      environment: { ...execution.environment(), ...execution.previousOutput(state) },
      stdin: execution.text("stdin"),
    },
    execution.output,
    context.signal,
  );
  if (how !== undefined) throw execution.failure(how, property);
  const [assets, archive] = [execution.texts("assetPaths"), execution.texts("archivePaths")];
  const where = dir ?? process.cwd();
  return execution.results({
    ...(assets === undefined ? {} : { assets: globAssets(where, assets) }),
    ...(archive === undefined ? {} : { archive: globArchive(where, archive) }),
  });
}

/** What a resource without a command to run still has to show. */
export const noOutput: Properties = { stdout: "", stderr: "" };

export function previousResults(state: Properties): Properties {
  const names = ["stdout", "stderr", "assets", "archive"].filter((name) => state[name] !== undefined);
  return { ...noOutput, ...Object.fromEntries(names.map((name) => [name, state[name] ?? null])) };
}

/** `command:local:Command` */
export const localCommand: ResourceType = {
  shape: shapes.localCommand,
  outputs: (inputs) => [
    "stdout",
    "stderr",
    ...(inputs["assetPaths"] ? ["assets"] : []),
    ...(inputs["archivePaths"] ? ["archive"] : []),
  ],
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

/** `command:local:run` */
export const localRun: FunctionType = {
  shape: shapes.localRun,
  async call(inputs, context) {
    return { ...inputs, ...(await run("command", inputs, undefined, context)) };
  },
};
