/** Key under which the wire format marks values that are more than JSON, and its mark for secrets. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** A value as policies see it, and where secrets were in it. */
export interface PlainValue {
  readonly value: unknown;
  /** Such as `.connection.privateKey`; a secret within a secret is not listed again. */
  readonly secretPaths: readonly string[];
}

/** Takes the wrappers off secrets and notes where they were; everything else stays as it is sent to the engine. */
export function plainValue(sent: unknown): PlainValue {
  const secretPaths: string[] = [];
  return { value: unwrapped(sent, "", secretPaths), secretPaths };
}

/** @param secretPaths where to note secrets; undefined within one */
function unwrapped(sent: unknown, path: string, secretPaths: string[] | undefined): unknown {
  if (Array.isArray(sent))
    return sent.map((item: unknown, i) => unwrapped(item, `${path}[${i}]`, secretPaths));
  if (typeof sent !== "object" || sent === null) return sent;
  if ((sent as Record<string, unknown>)[SIGNATURE] === SECRET) {
    secretPaths?.push(path);
    return unwrapped((sent as { value?: unknown }).value, path, undefined);
  }
  return Object.fromEntries(
    Object.entries(sent).map(([key, item]) => [key, unwrapped(item, `${path}.${key}`, secretPaths)]),
  );
}
