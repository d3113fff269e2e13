/** True when the place, or one around it, is a Pulumi secret. */
export function isSecret(path: string, secrets: readonly string[]): boolean {
  return secrets.some(
    (secret) =>
      path === secret || path.startsWith(`${secret}.`) || path.startsWith(`${secret}[`) || secret === "",
  );
}
