import { machines } from "../declaration/index.js";
import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";
import { peersOf } from "./guests.js";
import { GUEST_PATHS, INTERFACES } from "./layout.js";

/**
 * The file keepalived.conf: the address is where Patroni's primary is. All members are equal and none takes the address
 * from another (nopreempt); the check alone decides who may carry it. Undefined unless the redirect is a VIP.
 */
export function renderKeepalived(plan: RecoveryPlan, guest: PlanGuest): string | undefined {
  const { redirect } = plan.environment.failover;
  if (redirect.kind !== "vip") return undefined;
  const length = machines(plan.environment).networks.client.split("/")[1] ?? "";
  const peers = peersOf(plan, guest).map(({ addresses }) => `        ${addresses.client}`);
  return `# Generated from the declaration; changes here are lost.
global_defs {
    router_id ${guest.name}
    enable_script_security
    script_user postgres
    vrrp_garp_master_refresh 30
}

vrrp_script primary {
    script "${GUEST_PATHS.isPrimary}"
    interval 2
    timeout 4
    rise 1
    fall 2
    init_fail
}

vrrp_instance pgkeep {
    version 3
    interface ${INTERFACES.client}
    virtual_router_id ${redirect.routerId}
    state BACKUP
    nopreempt
    priority 100
    advert_int 1
    unicast_src_ip ${guest.addresses.client}
    unicast_peer {
${peers.join("\n")}
    }
    virtual_ipaddress {
        ${redirect.address}/${length} dev ${INTERFACES.client}
    }
    track_script {
        primary
    }
}
`;
}
