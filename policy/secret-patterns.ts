/** Something that looks like a secret in clear; `what` never contains it. */
interface Pattern {
  readonly what: string;
  readonly find: (text: string) => boolean;
}

/** Values after `password=` that are no password: references, files, words of configuration. */
const HARMLESS =
  /^(["']?$|[$%{<[(*]|["']?(\$\{|\{\{|%|\/|file:|scram-sha-256|md5|true|false|yes|no|on|off|none|null|required|undefined|hidden|\(hidden\)|secret|peer)\b|["']?\$[A-Za-z_{(])/i;
const ASSIGNED =
  /(?<![\w-])["']?(?:[\w-]*(?:password|passphrase|cipher-pass|api[_-]?key|access[_-]?key)|passwd|pgpassword|secret|token)["']?\s*[=:]\s*(["']?[^\s,;}"']+)/gi;

const PATTERNS: readonly Pattern[] = [
  { what: "a private key", find: (text) => /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/.test(text) },
  { what: "a SCRAM verifier", find: (text) => /SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]+/.test(text) },
  { what: "an MD5 password", find: (text) => /\bmd5[0-9a-f]{32}\b/.test(text) },
  {
    what: "a hashed password",
    find: (text) => /\$(?:1|2[aby]|5|6|7|y|gy)\$[A-Za-z0-9./$=,]{16,}/.test(text),
  },
  { what: "a password in an address", find: (text) => /:\/\/[^\s:/@'"]+:[^\s@'"$]+@/.test(text) },
  { what: "a TSIG secret", find: (text) => /\bsecret\s+"[A-Za-z0-9+/]{16,}={0,2}"/.test(text) },
  {
    what: "a password",
    find: (text) => [...text.matchAll(ASSIGNED)].some(([, value = ""]) => !HARMLESS.test(value)),
  },
  { what: "a password in an SQL statement", find: (text) => /\bPASSWORD\s+'[^']+'/i.test(text) },
  {
    what: "a kubeconfig",
    find: (text) =>
      /\bapiVersion["']?\s*:\s*["']?v1\b/.test(text) && /\bkind["']?\s*:\s*["']?Config\b(?!Map)/.test(text),
  },
  {
    what: "a token of a cloud or forge",
    find: (text) => /\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|hvs\.[A-Za-z0-9_-]{20,})\b/.test(text),
  },
];

/** What a text contains that looks like a secret; empty when nothing does. */
export function secretsIn(text: string): string[] {
  return PATTERNS.filter(({ find }) => find(text)).map(({ what }) => what);
}

/** Fields of a Cluster of CloudNativePG, and ours for it: names of Secrets, and a token that says how far a server was, which opens nothing. */
const NO_SECRET =
  /\.(?:spec\.certificates\.(?:serverCA|serverTLS|clientCA|replicationTLS)Secret|spec\.replica\.promotionToken|handover\.token)$/;

/** True for a property whose whole value is a secret by its name. */
export function namesSecret(path: string): boolean {
  if (NO_SECRET.test(path)) return false;
  const last =
    path
      .split(/[.[\]]/)
      .filter((part) => part !== "" && !/^\d+$/.test(part))
      .at(-1) ?? "";
  return /^(.*password|.*passphrase|private_?key|.*secret|.*token|tsig|pgpass)$/i.test(last);
}
