/** Property values as the engine sends them: JSON, with secrets, unknowns and assets marked by signatures. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };
export type Properties = { readonly [key: string]: Value };

// Signatures of the engine's wire format (Pulumi SDK, `runtime/rpc`).
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** Stands for a value that is not known during a preview. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

function isMap(value: Value | undefined): value is { readonly [key: string]: Value } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSecret(value: Value | undefined): boolean {
  return isMap(value) && value[SIGNATURE] === SECRET;
}

export function secret(value: Value): Value {
  return isSecret(value) ? value : { [SIGNATURE]: SECRET, value };
}

/** The value without any secret mark, at every depth. */
export function plain(value: Value): Value {
  if (Array.isArray(value)) return value.map(plain);
  if (!isMap(value)) return value;
  if (isSecret(value)) return plain(value["value"] ?? null);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

export function containsSecret(value: Value): boolean {
  if (Array.isArray(value)) return value.some(containsSecret);
  return isMap(value) && (isSecret(value) || Object.values(value).some(containsSecret));
}

/** Every text inside the secret parts of a value. */
export function secretTexts(value: Value, inside = false): string[] {
  if (typeof value === "string") return inside && value !== UNKNOWN ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((inner) => secretTexts(inner, inside));
  if (!isMap(value)) return [];
  if (isSecret(value)) return secretTexts(value["value"] ?? null, true);
  return Object.entries(value).flatMap(([key, inner]) =>
    key === SIGNATURE ? [] : secretTexts(inner, inside),
  );
}

export function equal(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((inner: Value, i) => equal(inner, b[i]));
  if (!isMap(a) || !isMap(b)) return false;
  // The content of an asset is its hash, wherever it lies.
  if (isAssetOrArchive(a) && isAssetOrArchive(b) && a[SIGNATURE] === b[SIGNATURE] && a["hash"] && b["hash"])
    return a["hash"] === b["hash"];
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => equal(a[key], b[key]));
}

export function isAssetOrArchive(value: Value | undefined): value is { readonly [key: string]: Value } {
  return isMap(value) && (value[SIGNATURE] === ASSET || value[SIGNATURE] === ARCHIVE);
}

export function isArchive(value: Value | undefined): boolean {
  return isMap(value) && value[SIGNATURE] === ARCHIVE;
}

/** An asset that is a file on this machine. */
export function fileAsset(path: string, hash: string): Value {
  return { [SIGNATURE]: ASSET, path, hash };
}

/** An archive of assets by their relative paths. */
export function assetArchive(assets: { readonly [path: string]: Value }, hash: string): Value {
  return { [SIGNATURE]: ARCHIVE, assets, hash };
}
