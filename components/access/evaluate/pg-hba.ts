import type { Login } from "../packet.js";
import { isV6, maskedIn } from "./addresses.js";
import { CannotJudge, type Judgement } from "./judgement.js";

interface Word {
  readonly text: string;
  /** Quotes take the special meaning from a word. */
  readonly quoted: boolean;
}

/** A record of pg_hba.conf. */
export interface HbaRecord {
  readonly line: string;
  readonly type: string;
  readonly databases: readonly Word[];
  readonly roles: readonly Word[];
  /** Absent for local. */
  readonly address?: Word;
  readonly mask?: string;
  readonly method: string;
  readonly options: readonly string[];
}

const NETWORK_TYPES = ["host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"];

/** Reads the file. @throws CannotJudge for what is not known here */
export function parsePgHba(text: string): readonly HbaRecord[] {
  return text
    .replace(/\\\n/g, " ")
    .split("\n")
    .flatMap((line) => {
      const fields = fieldsOf(line);
      return fields.length === 0 ? [] : [recordOf(line, fields)];
    });
}

function recordOf(line: string, fields: readonly (readonly Word[])[]): HbaRecord {
  const type = fields[0]?.[0]?.text ?? "";
  const [, databases = [], roles = []] = fields;
  const shown = line.trim().replace(/\s+/g, " ");
  const rest = fields.slice(3).map(([word]) => word);
  if (type === "local")
    return { line: shown, type, databases, roles, method: rest[0]?.text ?? "", options: optionsOf(rest, 1) };
  if (!NETWORK_TYPES.includes(type)) throw new CannotJudge(`pg_hba: the record "${shown}" is not known here`);
  const [address, second] = rest;
  if (address === undefined || second === undefined)
    throw new CannotJudge(`pg_hba: the record "${shown}" is too short`);
  const masked = /^[\d.]+$|:/.test(second.text);
  const method = masked ? (rest[2]?.text ?? "") : second.text;
  return {
    ...{ line: shown, type, databases, roles, address, method },
    ...(masked ? { mask: second.text } : {}),
    options: optionsOf(rest, masked ? 3 : 2),
  };
}

function optionsOf(rest: readonly (Word | undefined)[], from: number): string[] {
  return rest.slice(from).flatMap((word) => (word === undefined ? [] : [word.text]));
}

/** Fields of a line, each a list of words; a comma goes on with the list, a doubled quote within quotes is one. */
function fieldsOf(line: string): Word[][] {
  const fields: Word[][] = [];
  let goesOn = false;
  for (const [, hash, comma, quotes, plain] of line.matchAll(/(#)|(,)|((?:"(?:[^"]|"")*")+)|([^\s,"#]+)/g)) {
    if (hash !== undefined) break;
    if (comma !== undefined) {
      goesOn = true;
      continue;
    }
    const word: Word =
      quotes === undefined
        ? { text: plain ?? "", quoted: false }
        : { text: quotes.slice(1, -1).replaceAll('""', '"'), quoted: true };
    if (goesOn) fields.at(-1)?.push(word);
    else fields.push([word]);
    goesOn = false;
  }
  return fields;
}

/**
 * What the server does with a connection (PostgreSQL 18, "The pg_hba.conf File"): the first record that fits in type, address,
 * database and role decides, and there is no falling through; without one the connection is refused. That the client knows the
 * password is taken for granted.
 */
export function evaluatePgHba(
  records: readonly HbaRecord[],
  { address, login }: { readonly address: string; readonly login: Login },
): Judgement {
  const record = records.find(
    (each) =>
      isType(each.type, login.tls !== false) &&
      isFrom(each, address) &&
      each.databases.some((word) => isDatabase(word, login)) &&
      each.roles.some((word) => isRole(word, login)),
  );
  if (record === undefined) return { verdict: "drop", by: "no record fits" };
  const proof = record.options.some((option) => /^clientcert=verify-(?:ca|full)$/.test(option));
  const shown = record.method === "cert" || proof ? login.certificate === true : true;
  return { verdict: record.method !== "reject" && shown ? "accept" : "drop", by: record.line };
}

function isType(type: string, tls: boolean): boolean {
  switch (type) {
    case "host":
    case "hostnogssenc":
      return true;
    case "hostssl":
      return tls;
    case "hostnossl":
      return !tls;
    default:
      // The socket of the machine, or encryption by GSSAPI, which nothing here uses.
      return false;
  }
}

function isFrom({ address, mask }: HbaRecord, client: string): boolean {
  if (address === undefined) return false;
  const { text, quoted } = address;
  if (text === "all" && !quoted) return true;
  if (!/^[\d.]+(?:\/\d+)?$|:/.test(text))
    throw new CannotJudge(`pg_hba: the address ${text} is not known here`);
  const [base = "", length] = text.split("/");
  return isV6(base) === isV6(client) && maskedIn(client, base, length ?? mask);
}

function isDatabase({ text, quoted }: Word, { database, role, replication = false }: Login): boolean {
  if (quoted) return !replication && text === database;
  refusePattern(text);
  // "all" does not stand for physical replication, and this word for nothing else.
  if (text === "replication") return replication;
  if (replication) return false;
  if (text === "samerole" || text === "samegroup")
    throw new CannotJudge(`pg_hba: ${text} depends on who is member of what`);
  if (text === "sameuser") return role === database;
  return text === "all" || text === database;
}

function isRole({ text, quoted }: Word, { role }: Login): boolean {
  if (quoted) return text === role;
  refusePattern(text);
  if (text.startsWith("+")) throw new CannotJudge(`pg_hba: ${text} depends on who is member of what`);
  return text === "all" || text === role;
}

function refusePattern(text: string): void {
  if (text.startsWith("/") || text.startsWith("@"))
    throw new CannotJudge(`pg_hba: ${text} is not known here`);
}
