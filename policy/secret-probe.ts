import { Secret } from "@pulumi/policy";

/**
 * Places of Pulumi secrets in the properties that the SDK hands to a remediation: the only call in which it does not hide
 * which values are secret.
 */
export function secretPaths(properties: unknown, path = ""): string[] {
  if (properties instanceof Secret) return [path];
  if (Array.isArray(properties))
    return properties.flatMap((item: unknown, i) => secretPaths(item, `${path}[${i}]`));
  if (typeof properties !== "object" || properties === null) return [];
  return Object.entries(properties).flatMap(([key, item]) => secretPaths(item, `${path}.${key}`));
}
