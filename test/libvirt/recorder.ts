import * as pulumi from "@pulumi/pulumi";

/** A resource as it was registered. */
export interface Recorded {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** What an engine would add: outputs of resources beside their inputs, and answers to look-ups. */
export interface Engine {
  readonly state?: (resource: Recorded) => object;
  readonly call?: (token: string, inputs: Readonly<Record<string, unknown>>) => object;
}

/** Runs a program against mocks and gives back every resource that it registered, in order. */
export async function record(program: () => unknown, engine: Engine = {}): Promise<Recorded[]> {
  const resources: Recorded[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs, id }) => {
      const resource = { type, name, inputs: inputs as Record<string, unknown> };
      resources.push(resource);
      return {
        id: id === undefined || id === "" ? `${name}-id` : id,
        state: { ...(inputs as object), stdout: "done", stderr: "", ...engine.state?.(resource) },
      };
    },
    call: ({ token, inputs }) => engine.call?.(token, inputs as Record<string, unknown>) ?? {},
  });
  await pulumi.runtime.runInPulumiStack(async () => {
    await Promise.resolve(program());
    return {};
  });
  await pulumi.runtime.disconnect();
  return resources.filter(({ type }) => type !== "pulumi:pulumi:Stack");
}

/** The one resource of a type and name. */
export function only(resources: readonly Recorded[], type: string, name?: string): Recorded {
  const found = resources.filter(
    (resource) => resource.type === type && (name === undefined || resource.name === name),
  );
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new Error(`${found.length} resources of type ${type}${name === undefined ? "" : ` named ${name}`}`);
  return first;
}

/** True for a value that travels as a secret. */
export function isSecret(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && (value as Record<string, unknown>)[SIGNATURE] === SECRET
  );
}

/** The value within a secret, or the value itself. */
export function reveal(value: unknown): unknown {
  return isSecret(value) ? (value as { value: unknown }).value : value;
}

/** All texts of a value that do not travel as a secret. */
export function clearTexts(value: unknown): string[] {
  if (isSecret(value)) return [];
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => [key, ...clearTexts(part)]);
}
