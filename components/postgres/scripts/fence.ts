import { GUEST_PATHS, LAST_ROLE } from "../layout.js";

/** Longest time from the start of the script to its decision, in seconds, with one dead peer. */
export const FENCE_SECONDS = 20;

/**
 * `pgkeep-fence-peer`: run by Patroni on the candidate that holds the leader lease, before promotion. Ends with 0 when no
 * other member can accept writes; anything else gives the lease back.
 *
 * For each other member, in parallel:
 * 1. Its Patroni answers and says that it is no primary: nothing to do (a planned switchover, another standby). Silence is
 *    borne for eight seconds, for a busy machine; a refused or unreachable connection is no silence.
 * 2. Else it is powered off through its hypervisor (SSH, forced command, the domain as its argument). 0 means off, and kept off.
 * 3. The hypervisor answers but refuses: no promotion.
 * 4. The hypervisor is unreachable: its site is lost or cut off. With the watchdog required, the old primary has lost its
 *    lease before ours began and the watchdog fires five seconds before that; promotion is allowed and the journal says
 *    on what ground. Without that guarantee (watchdog off, or Patroni paused) a person must have confirmed that the
 *    member is off: a file of its name, younger than 15 minutes, in the directory of confirmations.
 *
 * A member that was itself the last primary, by its own memory and by Patroni's history, has nobody to fence: after a
 * power cut of everything the first to come up must not power the others off while they boot.
 */
export const FENCE_SCRIPT = String.raw`#!/usr/bin/python3
"""Makes sure that no other member can accept writes. Part of pgkeep; run by Patroni as pre_promote."""
import json, os, ssl, subprocess, sys, syslog, time, urllib.error, urllib.request
from concurrent.futures import ThreadPoolExecutor

CONFIG = "@config@"
KEY = "@key@"
KNOWN_HOSTS = "@known_hosts@"
CONFIRMED = "@confirmed@"
LAST_ROLE = "@last_role@"
TLS = ("@authority@", "@certificate@", "@server_key@")
ANSWER_SECONDS = 8
CONNECT_SECONDS = 5
SSH_SECONDS = 10
CONFIRMED_SECONDS = 900


def say(text, level=syslog.LOG_NOTICE):
    syslog.syslog(level, text)
    print("pgkeep-fence-peer: " + text, file=sys.stderr, flush=True)


def ask(url, seconds):
    """Answer of a Patroni; None when there is none in time. Patroni answers 503 with the same document while not running."""
    context = ssl.create_default_context(cafile=TLS[0])
    # Python 3.13 refuses authorities without every optional extension; chain and name are still checked.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.load_cert_chain(TLS[1], TLS[2])
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=seconds) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        try:
            return json.load(error)
        except ValueError:
            return None
    except (OSError, ValueError):
        return None


def was_primary(config):
    """True when this member was the last primary: then nobody else can have been one since."""
    try:
        with open(LAST_ROLE) as handle:
            if handle.read().strip() != "primary":
                return False
    except OSError:
        return False
    history = ask(config["rest"] + "/history", ANSWER_SECONDS)
    if not isinstance(history, list):
        return False
    return not history or (len(history[-1]) > 4 and history[-1][4] == config["member"])


def demoted(peer):
    """True when the other member's Patroni lives and has no writable server; it may need a moment to stop it, and to answer."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        # One patient attempt instead of several short ones: a late answer counts, and a refused connection ends it at once.
        answer = ask(peer["rest"] + "/patroni", max(0.1, deadline - time.monotonic()))
        if answer is None:
            return False
        if answer.get("role") not in ("primary", "master", "promoted") and "role" in answer:
            return True
        if answer.get("state") == "stopped":
            return True
        if time.monotonic() + 0.5 > deadline:
            return False
        time.sleep(0.5)


def confirmed(name):
    try:
        return 0 <= time.time() - os.stat(os.path.join(CONFIRMED, name)).st_mtime <= CONFIRMED_SECONDS
    except OSError:
        return False


def power_off(peer):
    """Exit code of the forced command; None when the hypervisor cannot be reached."""
    host = peer["hypervisor"]
    argv = ["ssh", "-F", "/dev/null", "-T", "-i", KEY, "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
            "-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile=" + KNOWN_HOSTS, "-o", "GlobalKnownHostsFile=/dev/null",
            "-o", "ConnectTimeout=%d" % CONNECT_SECONDS, "-o", "ServerAliveInterval=2", "-o", "ServerAliveCountMax=3",
            "-p", str(host["port"]), host["user"] + "@" + host["address"], peer["domain"]]
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=SSH_SECONDS, text=True, errors="replace")
    except subprocess.TimeoutExpired:
        return None, "no answer within %d s" % SSH_SECONDS
    except OSError as error:
        return None, str(error)
    text = done.stdout.strip()[-400:]
    # ssh itself ends with 255 when it cannot connect, log in or is cut off. A refused key is not an absent host.
    unreachable = done.returncode == 255 and not any(
        word in text for word in ("Permission denied", "verification failed", "IDENTIFICATION HAS CHANGED"))
    return (None if unreachable else done.returncode), text


def settle(config, peer):
    """True when the peer cannot accept writes."""
    name = peer["member"]
    if demoted(peer):
        say("%s answers and is no primary" % name)
        return True
    code, text = power_off(peer)
    where = peer["hypervisor"]["address"]
    if code == 0:
        say("%s is powered off by its hypervisor %s" % (name, where))
        return True
    if confirmed(name):
        say("an operator has confirmed that %s is off; hypervisor %s: %s" % (name, where, text))
        return True
    if code is not None:
        say("the hypervisor %s did not power off %s (exit %d): %s; not promoting" % (where, name, code, text), syslog.LOG_ERR)
        return False
    if config["watchdog"] and not config["manual"]:
        say("the hypervisor %s of %s is unreachable (%s); its lease has expired and its watchdog fires before that, so "
            "promotion is safe" % (where, name, text), syslog.LOG_WARNING)
        return True
    say("the hypervisor %s of %s is unreachable (%s) and no watchdog guards it; not promoting until somebody makes sure "
        "that it is off and confirms it with: touch %s/%s" % (where, name, text, CONFIRMED, name), syslog.LOG_ERR)
    return False


def main():
    syslog.openlog("pgkeep-fence", syslog.LOG_PID, syslog.LOG_DAEMON)
    started = time.monotonic()
    try:
        with open(CONFIG) as handle:
            config = json.load(handle)
        if was_primary(config):
            say("this member was the last primary itself; nobody to fence")
            return 0
        with ThreadPoolExecutor(max_workers=max(1, len(config["peers"]))) as pool:
            results = list(pool.map(lambda peer: settle(config, peer), config["peers"]))
        say("%s after %.1f s" % ("promoting" if all(results) else "refused", time.monotonic() - started))
        return 0 if all(results) else 1
    except Exception as error:  # whatever it is: without certainty there is no promotion
        say("failed: %r; not promoting" % error, syslog.LOG_ERR)
        return 1


if __name__ == "__main__":
    sys.exit(main())
`
  .replace("@config@", GUEST_PATHS.fenceConfig)
  .replace("@key@", GUEST_PATHS.fencingKey)
  .replace("@known_hosts@", GUEST_PATHS.fenceKnownHosts)
  .replace("@confirmed@", GUEST_PATHS.fencedByOperator)
  .replace("@last_role@", LAST_ROLE)
  .replace("@authority@", GUEST_PATHS.authority)
  .replace("@certificate@", GUEST_PATHS.certificate)
  .replace("@server_key@", GUEST_PATHS.key);
