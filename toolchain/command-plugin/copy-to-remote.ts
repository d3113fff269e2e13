import { whenAborted } from "./cancellation.js";
import { connectionOf, dial } from "./connection.js";
import type { CallContext } from "./execution.js";
import type { ResourceType } from "./resource.js";
import { shapes } from "./schema.js";
import { copyPath, copyText, openSftp } from "./sftp.js";
import { equal, isArchive, plain, type Properties } from "./values.js";

/** The asset or archive to copy. */
function sourceOf(inputs: Properties): Properties {
  return plain(inputs["source"] ?? null) as Properties;
}

async function copy(inputs: Properties, context: CallContext): Promise<void> {
  const source = sourceOf(inputs);
  const destination = String(plain(inputs["remotePath"] ?? ""));
  await using connection = await dial(connectionOf(inputs), context);
  const sftp = await openSftp(connection.client);
  const release = whenAborted(context.signal, () => void connection.client.destroy());
  try {
    const path = source["path"];
    if (typeof path === "string" && path !== "") await copyPath(sftp, path, destination);
    else await copyText(sftp, String(source["text"] ?? ""), destination);
  } finally {
    release();
  }
}

/** `command:remote:CopyToRemote` */
export const copyToRemote: ResourceType = {
  shape: shapes.copyToRemote,
  check(inputs) {
    const source = sourceOf(inputs);
    const has = (name: string): boolean => typeof source[name] === "string" && source[name] !== "";
    if (isArchive(source))
      return has("path")
        ? []
        : [{ property: "source", reason: "an archive must be a path to a file or directory" }];
    const fits = has("path") || (!has("uri") && source["text"] !== undefined);
    return fits ? [] : [{ property: "source", reason: "an asset must be a file or a text" }];
  },
  outputs: () => [],
  async create(inputs, context) {
    await copy(inputs, context);
    return inputs;
  },
  async update(state, inputs, context) {
    const changed = ["source", "remotePath"].some((name) => !equal(state[name], inputs[name]));
    if (changed) await copy(inputs, context);
    return inputs;
  },
  // What was copied stays, as the published resource leaves it.
  async delete() {},
};
