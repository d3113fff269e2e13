import assert from "node:assert/strict";

/** Credentials long enough that no other text holds them by chance, in every form in which they could stand in one. */
export function plantedForms({
  user,
  password,
}: {
  readonly user: string;
  readonly password: string;
}): string[] {
  return [
    user,
    password,
    encodeURIComponent(password),
    new URLSearchParams({ password }).toString().slice("password=".length),
    Buffer.from(password).toString("base64"),
    Buffer.from(`${user}:${password}`).toString("base64"),
  ];
}

export function assertNoneIn(secrets: readonly string[], text: string, what: string): void {
  for (const secret of secrets) assert.ok(!text.includes(secret), `${what} holds a credential: ${text}`);
}

/** What the check of a provider says of a password that is given as an input. */
export function refusedPassword(property: string, page: string): { property: string; reason: string } {
  const remedy = `nothing here: user and password are read from the environment, see ${page}`;
  return { property, reason: `(hidden) is not a known setting; give ${remedy}` };
}
