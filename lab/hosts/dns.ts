import { join } from "node:path";
import { mustRun } from "../subprocess.js";
import { replace } from "./files.js";
import { addressOf, NAME_SERVER, NAME_SERVER_FOR_CLIENTS, NODES, ZONE } from "./topology.js";

/** Name of the key that may update the zone (RFC 8945). */
export const TSIG_NAME = "pgkeep-lab";
export const TSIG_ALGORITHM = "hmac-sha256";

/** The key as a file that named and `nsupdate -k` read (0600). */
export function tsigKeyPath(labDir: string): string {
  return join(labDir, "keys", "tsig.key");
}

/** Makes the key, the name server's configuration and its zone. */
export async function makeNameServer(labDir: string, etc: string, zoneDir: string): Promise<void> {
  const key = await mustRun("tsig-keygen", ["-a", TSIG_ALGORITHM, TSIG_NAME]);
  replace(tsigKeyPath(labDir), key, 0o600);
  replace(join(etc, "bind", "pgkeep.key"), key, 0o640);
  replace(join(etc, "bind", "named.conf"), namedConf());
  replace(join(zoneDir, `${ZONE}.zone`), zoneFile());
  await mustRun("chown", ["root:bind", join(etc, "bind", "pgkeep.key")]);
  await mustRun("chown", ["bind:bind", join(zoneDir, `${ZONE}.zone`)]);
}

function namedConf(): string {
  return `include "/etc/bind/pgkeep.key";
options {
    directory "/var/cache/bind";
    pid-file "/run/named/named.pid";
    session-keyfile none;
    listen-on { 127.0.0.1; ${NAME_SERVER}; ${NAME_SERVER_FOR_CLIENTS}; };
    listen-on-v6 { none; };
    recursion no;
    dnssec-validation no;
    empty-zones-enable no;
    allow-transfer { key ${TSIG_NAME}; };
};
controls { };
logging {
    channel file { file "/var/log/named.log" size 5m; severity info; print-time yes; };
    category default { file; };
    category update { file; };
    category update-security { file; };
};
zone "${ZONE}" {
    type primary;
    file "/var/lib/bind/${ZONE}.zone";
    update-policy { grant ${TSIG_NAME} zonesub A AAAA CNAME TXT; };
};
`;
}

/** Short times to live: clients must see a failover within seconds. */
function zoneFile(): string {
  const records = NODES.flatMap(({ name }) => {
    const address = addressOf(name, "management") ?? addressOf(name, "client");
    return address ? [`${name} A ${address}`] : [];
  });
  return `$TTL 10
@ SOA ns.${ZONE}. hostmaster.${ZONE}. ( 1 3600 600 86400 5 )
@ NS ns
ns A ${NAME_SERVER}
${records.join("\n")}
`;
}
