/** Part of `pgkeep-apply`: brings the units to what the bundle says, with as few calls as the slow guest allows. */
export const APPLY_UNITS = String.raw`SETTLE_SECONDS = 90


def unit_states(names):
    """State of each unit in one call: every call costs seconds in a slow guest."""
    text = run(["systemctl", "show", "--property=Id,ActiveState,SubState,UnitFileState"] + names)[1]
    states = {}
    for block in text.strip().split("\n\n"):
        # By name: systemd prints properties in an order of its own.
        values = dict(line.split("=", 1) for line in block.split("\n") if "=" in line)
        states[values.get("Id", "")] = values
    return {name: states.get(name, {}) for name in names}


def journal(name):
    return run(["journalctl", "--no-pager", "--quiet", "--lines=20", "--output=cat", "--unit", name])[1].strip()[-3000:]


def settle(services, result):
    """Waits until all units are up. One that waits for other guests may stay activating."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        late = time.monotonic() > deadline
        pending, failures = [], []
        for name, state in unit_states([service["name"] for service in services]).items():
            service = next(entry for entry in services if entry["name"] == name)
            active, sub = state.get("ActiveState"), state.get("SubState")
            if active in ("active", "reloading"):
                continue
            waits = service.get("waits") and sub != "auto-restart"
            if active == "failed" or (late and not waits):
                failures.append("%s is %s (%s): %s" % (name, active, sub, journal(name)))
            elif waits:
                result["waiting"].append(name)
            else:
                pending.append(name)
        if failures:
            raise Failed("; ".join(failures))
        if not pending:
            return
        result["waiting"] = []
        time.sleep(0.5)


def stop_services(names, seen, result):
    states = unit_states(names) if names else {}
    wrong = [name for name in names
             if states[name].get("UnitFileState") == "enabled" or states[name].get("ActiveState") in ("active", "activating")]
    if wrong:
        must(["systemctl", "disable", "--now", "--quiet"] + wrong, wrong[0])
        result["stopped"] += wrong
    for name in wrong:
        seen.pop("service " + name, None)


def start_services(services, files, seen, result):
    """Enables, then starts, restarts and reloads with one call each; units order themselves."""
    for service in services:
        if seen.get("service " + service["name"]) != marks(service, files):
            for check in service.get("checks", []):
                must(check, service["name"])
    states = unit_states([service["name"] for service in services])
    absent = [name for name, state in states.items() if state.get("UnitFileState") != "enabled"]
    if absent:
        # Links alone: asking SysV scripts as well, and reloading each time, takes most of a slow guest's first start.
        must(["env", "SYSTEMCTL_SKIP_SYSV=1", "systemctl", "--no-reload", "enable", "--quiet"] + absent, absent[0])
    todo = {"start": [], "restart": [], "reload": []}
    for service in services:
        action = action_for(service, files, seen, states[service["name"]].get("ActiveState"))
        if action:
            todo[action].append(service["name"])
    failed = [name for name, state in states.items() if state.get("ActiveState") == "failed"]
    if failed:
        run(["systemctl", "reset-failed"] + failed)
    for action, names in todo.items():
        if names:
            must(["systemctl", action, "--no-block"] + names, names[0])
            result[{"start": "started", "restart": "restarted", "reload": "reloaded"}[action]] += names
    settle(services, result)
    for service in services:
        seen["service " + service["name"]] = marks(service, files)


def marks(service, files):
    """What the unit sees: files that a reload reaches, and files that only a restart reaches."""
    return [digest(service["watch"], files), digest(service.get("restartOn", []), files)]


def action_for(service, files, seen, active):
    known, now = seen.get("service " + service["name"]), marks(service, files)
    if active not in ("active", "reloading", "activating"):
        return "start"
    if known == now:
        return None
    if known is not None and known[1] != now[1]:
        return "restart"
    action = service["onChange"]
    if action == "none":
        return None
    return "restart" if active == "activating" else action`;
