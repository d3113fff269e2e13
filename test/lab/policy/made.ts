import type { PulumiProgram } from "../toolchain/program.js";

interface Export {
  readonly deployment: { readonly resources?: readonly { readonly type: string }[] };
}

/** Types of the resources that exist, as the engine's state says. */
export async function made(program: PulumiProgram): Promise<string[]> {
  const { code, text } = await program.run("stack", "export");
  if (code !== 0) throw new Error(text);
  return ((JSON.parse(text) as Export).deployment.resources ?? []).map(({ type }) => type);
}
