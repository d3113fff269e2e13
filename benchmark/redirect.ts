import * as pulumi from "@pulumi/pulumi";

/** Variable that names the connection address of the daemon for previews. */
export const ENDPOINT = "PGKEEP_BENCHMARK_ENDPOINT";

/**
 * Lets every libvirt provider of this program connect to one local daemon instead of the hypervisors that the
 * environment names: a preview then needs no hypervisor, and does all its other work.
 */
export function redirectProviders(): void {
  const uri = process.env[ENDPOINT];
  if (uri === undefined) {
    return;
  }
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
    type === "pulumi:providers:libvirt" ? { props: { ...(props as object), uri }, opts } : undefined,
  );
}
