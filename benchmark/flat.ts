import * as pulumi from "@pulumi/pulumi";

/** A resource as the engine was asked to register it: a line of a declaration without components. */
export interface FlatResource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  /** Position of its provider in the list, if it has one of its own. */
  readonly provider?: number;
}

/** What the mocks answer as id: it tells which resource of the list an input refers to. */
export function idOf(position: number): string {
  return `flat-resource-${position}`;
}

const SECRET_MARK = "4dabf18193072939515e22adb298388d";
const REFERENCE = /^flat-resource-(\d+)$/;

class Flat extends pulumi.CustomResource {}
class FlatProvider extends pulumi.ProviderResource {}

/** Declares the list, each resource on its own: the same inputs, references and providers, but no component. */
export function declareFlat(list: readonly FlatResource[]): void {
  const made: pulumi.CustomResource[] = [];
  for (const resource of list) {
    const inputs = Object.fromEntries(
      Object.entries(resource.inputs).map(([key, value]) => [key, rehydrate(value, made)]),
    );
    const provider = resource.provider === undefined ? undefined : (made[resource.provider] as FlatProvider);
    made.push(
      resource.type.startsWith("pulumi:providers:")
        ? new FlatProvider(resource.type.slice("pulumi:providers:".length), resource.name, inputs)
        : new Flat(resource.type, resource.name, inputs, provider === undefined ? {} : { provider }),
    );
  }
}

/** Turns recorded values back into what a program would write: references into outputs, marked values into secrets. */
function rehydrate(value: unknown, made: readonly pulumi.CustomResource[]): unknown {
  if (typeof value === "string") {
    const position = REFERENCE.exec(value)?.[1];
    return position === undefined ? value : (made[Number(position)]?.id ?? value);
  }
  if (Array.isArray(value)) {
    return value.map((item) => rehydrate(item, made));
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    if (SECRET_MARK in value) {
      return pulumi.secret(rehydrate((value as { value?: unknown }).value, made));
    }
    return Object.fromEntries(entries.map(([key, item]) => [key, rehydrate(item, made)]));
  }
  return value;
}
