import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { Api } from "./api.js";
import { until } from "./daemon.js";

/** Seconds until the API server serves what it was told of. */
const PATIENCE = 60;

const PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const definition = z.looseObject({
  kind: z.literal("CustomResourceDefinition"),
  metadata: z.looseObject({ name: z.string() }),
});

/**
 * Kinds of others that an environment uses: Velero's, CloudNativePG's, those of volume snapshots as their makers define them, and
 * Calico's as its types say.
 */
export async function define(api: Api, folders: readonly string[]): Promise<number> {
  const definitions = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".yaml"))
      .map((name) => definition.parse(parse(readFileSync(join(folder, name), "utf8")))),
  );
  for (const one of definitions) await api.create(PATH, one);
  await until("the kinds of others are served", PATIENCE, async () => {
    const there = await api.list(PATH);
    const served = there.filter(({ status }) => {
      const conditions = (status?.["conditions"] ?? []) as { type: string; status: string }[];
      return conditions.some((condition) => condition.type === "Established" && condition.status === "True");
    });
    return served.length === definitions.length ? true : undefined;
  });
  return definitions.length;
}
