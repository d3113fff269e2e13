import { cnpgReserves, kubernetesOf } from "../../declaration/index.js";
import type { RecoveryPlan } from "../../recovery/plan.js";
import { completed } from "../settings.js";

/** A setting of ours that the operator keeps to itself. */
export interface KeptSetting {
  readonly name: string;
  /** What it is on virtual machines and in pods of ours. */
  readonly ours: string;
  /** fixed: it has a value of the operator's own; blocked: it has PostgreSQL's. */
  readonly kept: "fixed" | "blocked";
}

/** What a Cluster says about its servers' settings. */
export interface CnpgSettings {
  /** spec.postgresql.parameters */
  readonly parameters: Readonly<Record<string, string>>;
  /** spec.postgresql.shared_preload_libraries */
  readonly libraries: readonly string[];
  /** What is left to the operator. */
  readonly kept: readonly KeptSetting[];
}

/** The settings of every other member of ours, as far as the operator takes them. */
export function cnpgSettings(plan: RecoveryPlan): CnpgSettings {
  kubernetesOf(plan.environment);
  const all = [...completed(plan, [])].map(([name, value]) => ({ name, ours: asText(value) }));
  const libraries = all.find(({ name }) => name === "shared_preload_libraries")?.ours.split(",") ?? [];
  const kept = all.flatMap((setting): KeptSetting[] => {
    const reserved = cnpgReserves(setting.name);
    // A field of the Cluster has the libraries.
    return reserved === undefined || setting.name === "shared_preload_libraries"
      ? []
      : [{ ...setting, kept: reserved }];
  });
  return {
    parameters: Object.fromEntries(
      all.filter(({ name }) => cnpgReserves(name) === undefined).map(({ name, ours }) => [name, ours]),
    ),
    libraries,
    kept,
  };
}

/** The API takes texts alone, and quotes them itself. */
function asText(value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  return String(value);
}
