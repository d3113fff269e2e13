import { GUEST_PATHS } from "../layout.js";

/**
 * `pgkeep-reconcile`: brings what lives in the cluster, not in files, to what is declared. Run by pgkeep-apply as its last
 * step and by a timer, so that a change reaches the cluster also when its primary was away at the time.
 *
 * - Patroni's distributed configuration: only differences are patched, through the REST interface.
 * - Pause, for manual failover: set once all members run, and lifted only when pgkeep had set it (a pause that an operator
 *   set for maintenance is left alone).
 * - On the primary: roles SQL when the cluster has not seen this text, and the DNS record.
 *
 * Prints one line of JSON: `role`, `state`, `dcs` (names of changed settings), `roles`, `pendingRestart` (settings that
 * wait for a restart) and `waiting` (what could not be done yet and why). Ends with 0 unless something is broken.
 */
export const RECONCILE_SCRIPT = String.raw`#!/usr/bin/python3
"""Brings the cluster's own configuration to what is declared. Part of pgkeep."""
import base64, json, ssl, subprocess, sys, time, urllib.error, urllib.request
import yaml

PATRONI = "@patroni@"
WANTED = "@dcs@"
ROLES = "@roles@"
REDIRECT = "@redirect@"
REST_SECONDS = 30
TRIES = 3
SQL_SECONDS = 240


class Rest:
    def __init__(self, config):
        rest = config["restapi"]
        self.base = "https://" + rest["connect_address"]
        context = ssl.create_default_context(cafile=rest["cafile"])
        # Python 3.13 refuses authorities without every optional extension; chain and name are still checked.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.load_cert_chain(rest["certfile"], rest["keyfile"])
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        account = rest["authentication"]["username"] + ":" + rest["authentication"]["password"]
        self.authorization = "Basic " + base64.b64encode(account.encode()).decode()

    def call(self, path, body=None):
        request = urllib.request.Request(self.base + path, method="GET" if body is None else "PATCH")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
            request.add_header("Authorization", self.authorization)
        for attempt in range(1, TRIES + 1):
            try:
                with self.opener.open(request, timeout=REST_SECONDS) as reply:
                    return json.load(reply)
            except urllib.error.HTTPError as error:
                if path == "/patroni":
                    return json.load(error)
                raise
            except OSError as error:
                # Refused: it does not run. Anything else: it is busy, as while it makes a copy.
                reason = getattr(error, "reason", error)
                if attempt == TRIES or isinstance(reason, ConnectionRefusedError):
                    raise
                time.sleep(2)


def difference(wanted, current, owned=()):
    """JSON merge patch that makes current hold what is wanted; below an owned key nothing else stays."""
    patch = {}
    for key, value in wanted.items():
        now = current.get(key)
        if isinstance(value, dict):
            inner = difference(value, now if isinstance(now, dict) else {}, ("parameters",) if key == "postgresql" else ())
            if key in owned and isinstance(now, dict):
                inner.update({name: None for name in now if name not in value})
            if inner:
                patch[key] = inner
        elif now != value:
            patch[key] = value
    return patch


def names(patch, prefix=""):
    found = []
    for key, value in patch.items():
        found += names(value, prefix + key + ".") if isinstance(value, dict) else [prefix + key]
    return sorted(found)


def pause(wanted, current, rest, result):
    if not wanted["pause"]:
        # Only our own pause is lifted.
        return {"pause": None, "pgkeep_paused": None} if current.get("pgkeep_paused") else {}
    if current.get("pause") and current.get("pgkeep_paused"):
        return {}
    members = {member["name"]: member.get("state") for member in rest.call("/cluster").get("members", [])}
    missing = [name for name in wanted["members"] if members.get(name) not in ("running", "streaming")]
    if missing:
        result["waiting"].append("pause: %s not running yet" % ", ".join(missing))
        return {}
    return {"pause": True, "pgkeep_paused": True}


def configuration(wanted, rest, result):
    try:
        current = rest.call("/config")
    except urllib.error.HTTPError as error:
        result["waiting"].append("configuration: the cluster gives none (HTTP %d)" % error.code)
        return
    patch = difference(wanted["config"], current, ("parameters",))
    patch.update(pause(wanted, current, rest, result))
    if patch:
        rest.call("/config", patch)
        result["dcs"] = names(patch)


def primary_only(result):
    done = subprocess.run(["runuser", "-u", "postgres", "--", ROLES], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=SQL_SECONDS, text=True, errors="replace")
    if done.returncode != 0:
        raise RuntimeError("roles: " + done.stderr.strip()[-1500:])
    result["roles"] = done.stdout.strip()
    done = subprocess.run([REDIRECT, "1"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, timeout=30)
    if done.returncode != 0:
        result["waiting"].append("redirect: the name server does not take the update")


def main():
    result = {"role": None, "state": None, "dcs": [], "roles": None, "pendingRestart": [], "waiting": []}
    code = 0
    try:
        with open(PATRONI) as handle:
            rest = Rest(yaml.safe_load(handle))
        with open(WANTED) as handle:
            wanted = json.load(handle)
        status = rest.call("/patroni")
        result["role"] = {"master": "primary"}.get(status.get("role"), status.get("role"))
        result["state"] = status.get("state")
        if result["state"] in ("running", "streaming"):
            configuration(wanted, rest, result)
            status = rest.call("/patroni")
            if status.get("pending_restart"):
                result["pendingRestart"] = sorted(status.get("pending_restart_reason") or ["unknown"])
            if result["role"] == "primary":
                primary_only(result)
        else:
            result["waiting"].append("this member is %s" % result["state"])
    except urllib.error.HTTPError as error:
        # 5xx passes; anything else means that our request is wrong.
        if error.code >= 500:
            result["waiting"].append("Patroni answers %d" % error.code)
        else:
            result["error"] = "Patroni refuses %s: %d" % (error.url, error.code)
            code = 1
    except (urllib.error.URLError, TimeoutError, ConnectionError, subprocess.TimeoutExpired) as error:
        # A member that is being made, or a busy one; the timer tries again.
        result["waiting"].append("%s: %s" % (type(error).__name__, getattr(error, "reason", error)))
    except Exception as error:
        result["error"] = "%s: %s" % (type(error).__name__, error)
        code = 1
    print(json.dumps(result, sort_keys=True))
    return code


sys.exit(main())
`
  .replace("@patroni@", GUEST_PATHS.patroni)
  .replace("@dcs@", GUEST_PATHS.dcs)
  .replace("@roles@", GUEST_PATHS.roles)
  .replace("@redirect@", GUEST_PATHS.redirect);
