import { kubernetesOf, primaryMember, type Environment } from "../declaration/index.js";
import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";
import { GUEST_PATHS, LAST_ROLE, PORTS } from "./layout.js";

/** The name that follows the primary, without the final dot; undefined when the redirect is an address. */
export function redirectName(plan: RecoveryPlan): string | undefined {
  const { failover, cluster } = plan.environment;
  const { redirect } = failover;
  return redirect.kind === "dns" ? `${redirect.record ?? cluster.name}.${redirect.zone}` : undefined;
}

/** Where clients connect: `host:port` of the record, address or Service that follows the primary. */
export function clientEndpoint(environment: Environment): string {
  const { failover, cluster } = environment;
  const { redirect } = failover;
  switch (redirect.kind) {
    case "vip":
      return `${redirect.address}:${PORTS.postgres}`;
    case "dns":
      return `${redirect.record ?? cluster.name}.${redirect.zone}:${PORTS.postgres}`;
    case "service": {
      const { site } = primaryMember(kubernetesOf(environment));
      const place = kubernetesOf(environment).kubernetes.sites.find((each) => each.site === site);
      return `${cluster.name}.${place?.namespace}.svc.${place?.domain}:${PORTS.postgres}`;
    }
  }
}

/** TSIG key file as nsupdate -k reads it. */
export function renderTsigKey(name: string, secret: string): string {
  return `key "${name}" {\n    algorithm hmac-sha256;\n    secret "${secret}";\n};\n`;
}

/** Commands for nsupdate that point the record at an address. */
export function nsupdateCommands(plan: RecoveryPlan, address: string): string | undefined {
  const { redirect } = plan.environment.failover;
  const name = redirectName(plan);
  if (redirect.kind !== "dns" || name === undefined) return undefined;
  const type = address.includes(":") ? "AAAA" : "A";
  return [
    `server ${redirect.server} ${redirect.port}`,
    `zone ${redirect.zone}.`,
    // One message: there is no moment without a record.
    `update delete ${name}. A`,
    `update delete ${name}. AAAA`,
    `update add ${name}. ${redirect.ttl} ${type} ${address}`,
    "send",
    "",
  ].join("\n");
}

/**
 * The script `pgkeep-redirect`: points clients at this member. Tries for two minutes, because the name server may be cut
 * off at the very moment of a failover; the timer of pgkeep-reconcile goes on after that.
 */
export function renderRedirectScript(plan: RecoveryPlan, guest: PlanGuest): string {
  const commands = nsupdateCommands(plan, guest.addresses.client);
  if (commands === undefined)
    return "#!/bin/sh\n# The address follows the primary by VRRP; nothing to do.\nexit 0\n";
  return `#!/bin/sh
# Generated from the declaration; changes here are lost.
attempts=\${1:-40}
n=0
while [ "$n" -lt "$attempts" ]; do
    # Another member may have become the primary while the name server was away.
    [ "$(cat ${LAST_ROLE})" = primary ] || exit 0
    if timeout 5 nsupdate -k ${GUEST_PATHS.tsig} -t 3 -u 1 <<'END'
${commands}END
    then
        logger -t pgkeep-redirect "clients now find ${guest.name}"
        exit 0
    fi
    n=$((n + 1))
    [ "$n" -ge "$attempts" ] || sleep 3
done
logger -t pgkeep-redirect -p daemon.err "the name server does not take the update for ${guest.name}"
exit 1
`;
}
