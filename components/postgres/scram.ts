import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** RFC 5802 and RFC 7677: what the server stores instead of a password. */
export interface ScramParameters {
  /** 16 bytes or more. */
  readonly salt: Buffer;
  /** @default 4096, PostgreSQL's */
  readonly iterations?: number;
}

/** PostgreSQL's own default; `scram_iterations` says the same. */
export const SCRAM_ITERATIONS = 4096;

/** The keys that a server stores, from which the password cannot be had. */
export function scramKeys(
  password: string,
  { salt, iterations = SCRAM_ITERATIONS }: ScramParameters,
): { readonly stored: Buffer; readonly server: Buffer } {
  const salted = pbkdf2Sync(saslPrepare(password), salt, iterations, 32, "sha256");
  const client = createHmac("sha256", salted).update("Client Key").digest();
  return {
    stored: createHash("sha256").update(client).digest(),
    server: createHmac("sha256", salted).update("Server Key").digest(),
  };
}

/** A verifier as `CREATE ROLE … PASSWORD` takes it: `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`. */
export function scramVerifier(password: string, parameters: ScramParameters): string {
  const { salt, iterations = SCRAM_ITERATIONS } = parameters;
  const { stored, server } = scramKeys(password, parameters);
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$${base64(stored)}:${base64(server)}`;
}

/**
 * The verifier of a role. The salt follows from password, role and cluster, so the same declaration always gives the
 * same text; HMAC with the password as key tells nothing about it and differs between roles and clusters.
 */
export function roleVerifier(cluster: string, role: string, password: string): string {
  const salt = createHmac("sha256", password).update(`pgkeep scram salt\0${cluster}\0${role}`).digest();
  return scramVerifier(password, { salt: salt.subarray(0, 16) });
}

function base64(bytes: Buffer): string {
  return bytes.toString("base64");
}

const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g;
const MAPPED_TO_NOTHING =
  /\u00ad|\u034f|\u1806|\u180b|\u180c|\u180d|\u200c|\u200d|\u2060|\ufeff|[\ufe00-\ufe0f]/g;

/** SASLprep (RFC 4013) as far as it changes a text: spaces, characters mapped to nothing, NFKC. ASCII stays as it is. */
function saslPrepare(password: string): string {
  return password.replace(SPACES, " ").replace(MAPPED_TO_NOTHING, "").normalize("NFKC");
}
