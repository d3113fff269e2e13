import { plainTexts } from "../facts.js";
import { resourceRule, type Rule } from "../rule.js";
import { accepts, hbaRecords, isForSuperuser } from "../text/hba.js";
import { isOff, settingsIn } from "../text/settings.js";

const EVERYTHING = /.*/;
const WITHOUT_TLS = ["host", "hostnossl", "hostnogssenc"];

/** How PostgreSQL itself is set up, wherever its configuration stands. */
export const serverRules: readonly Rule[] = [
  resourceRule({
    id: "logins-proven",
    title: "Nobody gets past pg_hba.conf without TLS and a proof.",
    severity: "critical",
    level: "mandatory",
    types: [EVERYTHING],
    why: "trust asks nothing, password and md5 can be read or replayed, host and hostnogssenc accept plain text, and superusers belong on the socket: `all` users are superusers too.",
    fix: "hostssl with named users and scram-sha-256 or cert; peer on the socket; reject for the rest; password_encryption = scram-sha-256.",
    controls: ["CIS PostgreSQL 5.3", "CIS PostgreSQL 5.4", "PCI DSS 8.3.2", "PCI DSS 4.2.1"],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource)) {
        for (const record of hbaRecords(text).filter(accepts)) {
          const { kind, method, user } = record;
          if (["trust", "password", "md5", "ident"].includes(method)) find(`method ${method} is used`, at);
          else if (WITHOUT_TLS.includes(kind)) find(`${kind} accepts connections without TLS`, at);
          else if (kind !== "local" && isForSuperuser(record))
            find(`the superuser may connect over the network, as user ${user}`, at);
        }
        if (settingsIn(text, "password_encryption").some((value) => /^md5$/i.test(value)))
          find("new passwords are stored as md5", at);
      }
    },
  }),
  resourceRule({
    id: "tls-everywhere",
    title: "TLS is on, current and checked.",
    severity: "high",
    level: "mandatory",
    types: [EVERYTHING],
    why: "A connection that may fall back to plain text or an unchecked certificate is read by whoever sits between.",
    fix: "ssl = on, ssl_min_protocol_version = TLSv1.3, sslmode=verify-full.",
    controls: ["CIS PostgreSQL 6.8", "CIS PostgreSQL 6.9", "PCI DSS 4.2.1", "SOC 2 CC6.7"],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource)) {
        if (settingsIn(text, "ssl").some(isOff)) find("ssl is off", at);
        if (settingsIn(text, "ssl_min_protocol_version").some((value) => /^TLSv1(\.1)?$/i.test(value)))
          find("TLS before 1.2 is accepted", at);
        const mode = /\b(?:sslmode|PGSSLMODE)\s*[=:]\s*["']?(disable|allow|prefer|require)\b/.exec(text);
        if (mode !== null) find(`sslmode ${mode[1]} does not check the server`, at);
      }
    },
  }),
  resourceRule({
    id: "connections-logged",
    title: "The server logs who connects.",
    severity: "medium",
    level: "mandatory",
    types: [EVERYTHING],
    why: "Without it nobody can say afterwards who was in the database, or who tried.",
    fix: "log_connections = on (17) or authentication,authorization (18).",
    controls: ["CIS PostgreSQL 3.1.20", "PCI DSS 10.2.1", "SOC 2 CC7.2"],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource))
        if (settingsIn(text, "log_connections").some((value) => value === "" || isOff(value)))
          find("log_connections is off", at);
    },
  }),
];
