/**
 * Part of `pgkeep-apply`: the network is given to a guest by its seed, at the first start only. Firewall, hba and Patroni must
 * not move to an address that the guest does not have.
 */
export const APPLY_NETWORK = String.raw`NETWORK_SECONDS = 30
REPLACE = ("a guest reads its network at its first start: undo the change, or replace the guests, one after the other: "
           "pulumi destroy --target-dependents with --target for domain, system volume and seed, then pulumi up --target; "
           "see docs/operations.md, \"Replacing a guest\"")


def ip_json(*words):
    return json.loads(must(["ip", "-json"] + list(words), "network") or "[]")


def network_problem(network):
    """What differs from the declaration; further addresses, such as the one that follows the primary, are no matter."""
    carried = {link.get("ifname"): ["%s/%s" % (entry.get("local"), entry.get("prefixlen")) for entry in link.get("addr_info", [])]
               for link in ip_json("address", "show")}
    for entry in network["interfaces"]:
        now = carried.get(entry["device"], [])
        if entry["address"] not in now:
            return "%s has %s and not %s as declared" % (entry["device"], ", ".join(now) or "no address", entry["address"])
    gateway = network.get("gateway")
    if gateway:
        family = "-6" if ":" in gateway else "-4"
        now = [str(route.get("gateway")) for route in ip_json(family, "route", "show", "default")]
        if gateway not in now:
            return "the default route goes by %s and not by %s as declared" % (", ".join(now) or "no gateway", gateway)
    return None


def check_network(network):
    if not network:
        return
    # At the first start it comes up meanwhile.
    deadline = time.monotonic() + NETWORK_SECONDS
    while True:
        problem = network_problem(network)
        if problem is None:
            return
        if time.monotonic() > deadline:
            raise Failed("%s; %s" % (problem, REPLACE))
        time.sleep(1)`;
