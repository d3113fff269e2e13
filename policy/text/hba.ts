import { isWorld } from "./networks.js";

/** A record of pg_hba.conf. */
export interface HbaRecord {
  readonly kind: string;
  /** As written: with quotes, or a list. */
  readonly user: string;
  /** "" for `local`. */
  readonly address: string;
  /** Where it stands apart from the address. */
  readonly mask?: string | undefined;
  readonly method: string;
}

/** Where a record begins: at the start of a line, of an entry of a YAML or JSON list, or of what a shell echoes. */
const KIND = /(?:^|["'])[ \t-]*(local|host|hostssl|hostnossl|hostgssenc|hostnogssenc)[ \t]+/gm;
const METHODS = new Set(
  "trust reject scram-sha-256 md5 password gss sspi ident peer ldap radius cert pam bsd oauth".split(" "),
);

/** Records of pg_hba.conf inside a plain text. */
export function hbaRecords(text: string): HbaRecord[] {
  return [...text.matchAll(KIND)].flatMap((match) => {
    const start = match.index + match[0].length;
    const end = text.indexOf("\n", start);
    const [, user = "", ...rest] = fields(text.slice(start, end < 0 ? undefined : end));
    const kind = match[1] ?? "";
    const address = kind === "local" ? "" : bare(rest.shift() ?? "");
    const mask = kind !== "local" && /^[\da-f.:]+$/i.test(rest[0] ?? "") ? rest.shift() : undefined;
    const method = bare(rest[0] ?? "");
    return METHODS.has(method) ? [{ kind, user, address, mask, method }] : [];
  });
}

/** Fields of a record; a comma goes on with the list, and quotes hold words together. */
function fields(line: string): string[] {
  return line.replace(/,[ \t]+/g, ",").match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
}

/** A field without the quotes, and without what closes the list or the command around the record. */
function bare(field: string): string {
  return /^["']?([^"',;)\]]*)/.exec(field)?.[1] ?? "";
}

/** True when the record lets somebody in, given the proof. */
export function accepts({ method }: HbaRecord): boolean {
  return method !== "reject";
}

export function isFromEverywhere({ address, mask }: HbaRecord): boolean {
  return address === "all" || isWorld(address, mask);
}

/** True when the user `postgres` is among those that the record is about. */
export function isForSuperuser({ user }: HbaRecord): boolean {
  return (user.match(/"[^"]*"|[^,"]+/g) ?? []).some((word) => {
    // Quotes take the special meaning from a word.
    if (word.startsWith('"')) return word === '"postgres"';
    return word === "all" || word === "postgres" || (word.startsWith("/") && matchesSuperuser(word.slice(1)));
  });
}

function matchesSuperuser(pattern: string): boolean {
  try {
    return new RegExp(pattern).test("postgres");
  } catch {
    return true; // What cannot be read may match.
  }
}
