import { aggregate } from "../network.js";
import type { AccessModel, Rule } from "../model/model.js";
import { callsPort, reportBeside, sideOf } from "./parts.js";
import { FAMILIES, isEnforced, ownOf, type Place } from "./place.js";
import { Limits, type Compiled } from "./result.js";

/** A record for connections over the network. */
interface HostRecord {
  readonly type: "host" | "hostssl";
  readonly database: string;
  readonly role: string;
  readonly address: string;
  readonly method: string;
}

const EVERYBODY = ["0.0.0.0/0", "::/0"];
const PASSWORD = "scram-sha-256";
const CERTIFICATE = `${PASSWORD} clientcert=verify-ca`;

/**
 * Compiles the model into the part of pg_hba.conf that is about the network; records for the socket of the machine itself are
 * no matter of access between machines and stand before it.
 */
export function compilePgHba(
  model: AccessModel,
  { at, port = 5432 }: { readonly at: Place; readonly port?: number },
): Compiled<string> {
  const limits = new Limits("pg_hba");
  if (!isEnforced(model, at)) limits.refuse({ what: `stands at ${at.name}, which no enforced group holds` });
  reportBeside(model, limits, false);
  const lines = model.rules.flatMap((rule) => {
    const records = recordsOf(rule, at, port, limits);
    return records.length === 0 ? [] : [`# ${rule.name}: ${rule.description}`, ...records.map(render)];
  });
  const last = ["all", "replication"].flatMap((database) =>
    EVERYBODY.map((address) => render({ type: "host", database, role: "all", address, method: "reject" })),
  );
  return limits.result(
    () =>
      `# Generated from the access model; changes here are lost.\n${[...lines, "# what no rule allows", ...last].join("\n")}\n`,
  );
}

function recordsOf(rule: Rule, at: Place, port: number, limits: Limits): HostRecord[] {
  const own = FAMILIES.map((family) => ownOf(at, rule.to, family));
  if (own.every((each) => each === undefined) || !callsPort(rule, "tcp", port)) return [];
  if (rule.action === "allow" && rule.logins.length === 0) return [];
  const families = FAMILIES.filter((_, i) => own[i] !== undefined);
  if (own.some((each) => each !== undefined && each !== "all")) {
    const what = "does not know which of the server's addresses is called";
    if (rule.action === "allow") limits.report({ rule: rule.name, what, effect: "elsewhere" });
    else limits.report({ rule: rule.name, what, effect: "stricter" });
  }
  const side = sideOf(rule, "from", ["networks"], limits);
  if (side === undefined) return [];
  const everybody = EVERYBODY.filter((network) => families.includes(network.includes(":") ? 6 : 4));
  const addresses =
    side === "any"
      ? everybody
      : aggregate(side.networks)
          .filter(({ family }) => families.includes(family))
          .map(({ text }) => text);
  // "all" does not stand for replication.
  const records: Omit<HostRecord, "address">[] =
    rule.action === "deny"
      ? ["all", "replication"].map((database) => ({ type: "host", database, role: "all", method: "reject" }))
      : rule.logins.map(({ database, role, certificate }) => ({
          type: "hostssl",
          database: database === undefined ? "replication" : quoted(database),
          role: quoted(role),
          method: certificate ? CERTIFICATE : PASSWORD,
        }));
  return records.flatMap((record) => addresses.map((address) => ({ ...record, address })));
}

/** Quotes take the special meaning from names such as all, replication or sameuser; a quote within is doubled. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function render({ type, database, role, address, method }: HostRecord): string {
  return `${type.padEnd(8)}${database.padEnd(16)} ${role.padEnd(16)} ${address.padEnd(22)} ${method}`;
}
