import type { DeclaredResource } from "../../../preview/index.js";

/** An object as an API server gives it back from a dry run, which is what the engine previews: fields in its own form. */
export function asApiServer(resource: DeclaredResource): DeclaredResource {
  if (!/^kubernetes:[a-z0-9.]+\//.test(resource.type)) return resource;
  const { stringData, ...inputs } = withoutEmptyLists(resource.inputs) as Record<string, unknown>;
  return {
    ...resource,
    inputs: stringData === undefined ? inputs : { ...inputs, data: stringData },
    secretPaths: resource.secretPaths.map((path) => path.replace(/^\.stringData\b/, ".data")),
  };
}

/** It leaves them out where nothing and an empty list mean the same. */
function withoutEmptyLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyLists);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => !Array.isArray(part) || part.length > 0)
      .map(([key, part]) => [key, withoutEmptyLists(part)]),
  );
}
