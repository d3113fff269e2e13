import { GUEST_PATHS, PORTS } from "../layout.js";

/**
 * `pgkeep-etcd-state`: run before etcd starts, with etcd's own environment. Says by an environment file whether a guest
 * without a member in its data directory founds a cluster or joins one.
 *
 * - No other guest answers: it founds, as all guests do at their first start.
 * - The others know it from the declaration and have never seen it start: it founds, late.
 * - The others have seen it start: its disk was lost. The lost member is removed, since it may not come back with the same
 *   identity and without what it had confirmed, and a new one is added.
 * - The others do not know it, or it was added and has not started yet: it joins.
 *
 * A member of the declaration has a name in the list before it starts, an added one has none: that tells the second case from
 * the last one, also after a kill between adding and starting. What needs a majority waits for one, without end.
 */
export const ETCD_STATE_SCRIPT = String.raw`#!/usr/bin/python3
"""Says whether etcd founds a cluster or joins one. Part of pgkeep."""
import glob, http.client, json, os, ssl, subprocess, sys, time, urllib.request
from concurrent.futures import ThreadPoolExecutor

STATE = "@state@"
CLIENT_PORT = @client_port@
ANSWER_SECONDS = 5
CALL_SECONDS = 20
PAUSE_SECONDS = 2

NAME = os.environ["ETCD_NAME"]
VOTERS = dict(entry.split("=", 1) for entry in os.environ["ETCD_INITIAL_CLUSTER"].split(","))
OWN = VOTERS[NAME]
OTHERS = [url for name, url in VOTERS.items() if name != NAME]
AUTHORITY, CERTIFICATE, KEY = (os.environ["ETCD_PEER_" + word] for word in ("TRUSTED_CA_FILE", "CERT_FILE", "KEY_FILE"))


class Wait(Exception):
    pass


def has_member():
    return bool(glob.glob(os.path.join(os.environ["ETCD_DATA_DIR"], "member", "wal", "*.wal")))


def seen_by(url):
    """The members as one other guest knows them, without a majority; None when it does not answer."""
    context = ssl.create_default_context(cafile=AUTHORITY)
    # Python 3.13 refuses authorities without every optional extension; chain and name are still checked.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.load_cert_chain(CERTIFICATE, KEY)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url + "/members", timeout=ANSWER_SECONDS) as reply:
            members = json.load(reply)
            return members if isinstance(members, list) else None
    except (OSError, ValueError, http.client.HTTPException):
        return None


def etcdctl(*words):
    endpoints = ",".join("%s:%d" % (url.rsplit(":", 1)[0], CLIENT_PORT) for url in OTHERS)
    argv = ["etcdctl", "--endpoints=" + endpoints, "--cacert=" + AUTHORITY, "--cert=" + CERTIFICATE, "--key=" + KEY,
            "--command-timeout=%ds" % CALL_SECONDS]
    try:
        done = subprocess.run(argv + list(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=CALL_SECONDS + 10, text=True, errors="replace")
    except (subprocess.TimeoutExpired, OSError) as error:
        raise Wait("etcdctl %s: %s" % (" ".join(words), error))
    if done.returncode != 0:
        raise Wait("etcdctl %s: %s" % (" ".join(words), (done.stderr.strip().splitlines() or [""])[-1]))
    return done.stdout


def listed():
    """The members as the majority knows them."""
    return json.loads(etcdctl("member", "list", "--write-out=json"))["members"]


def own(members):
    return next((member for member in members if OWN in member.get("peerURLs", [])), None)


def never_started(member):
    """Known from the declaration, and never seen."""
    return member is not None and bool(member.get("name")) and not member.get("clientURLs")


def name_of(member, url):
    known = next((name for name, voter in VOTERS.items() if voter == url), None)
    return member.get("name") or known or "%x" % member["ID"]


def answer(values, why):
    os.makedirs(os.path.dirname(STATE), exist_ok=True)
    with open(STATE + ".new", "w") as out:
        out.write("".join("%s=%s\n" % pair for pair in values.items()))
    os.rename(STATE + ".new", STATE)
    say(why)


def found(why):
    answer({"ETCD_INITIAL_CLUSTER_STATE": "new"}, "founds the cluster: " + why)


def join():
    members = listed()
    member = own(members)
    if never_started(member):
        return found("it is a member that has never started")
    if member is not None and member.get("clientURLs"):
        say("the data of member %x is lost; removing it and adding a new one" % member["ID"])
        etcdctl("member", "remove", "%x" % member["ID"])
        member = None
    if member is None:
        etcdctl("member", "add", NAME, "--peer-urls=" + OWN)
        members = listed()
    voters = ["%s=%s" % (name_of(entry, url), url) for entry in members for url in entry["peerURLs"]]
    answer({"ETCD_INITIAL_CLUSTER_STATE": "existing", "ETCD_INITIAL_CLUSTER": ",".join(voters)}, "joins the cluster")


def say(text):
    print("pgkeep-etcd-state: " + text, file=sys.stderr, flush=True)


def main():
    formed, last = False, None
    while not has_member():
        with ThreadPoolExecutor(max_workers=max(1, len(OTHERS))) as pool:
            answers = [members for members in pool.map(seen_by, OTHERS) if members is not None]
        formed = formed or any(not never_started(own(members)) for members in answers)
        try:
            if formed:
                return join()
            return found("the others wait for it" if answers else "no other guest answers")
        except Wait as reason:
            if str(reason) != last:
                say("waiting: %s" % reason)
            last = str(reason)
            time.sleep(PAUSE_SECONDS)
    # etcd asks nobody then.
    if os.path.exists(STATE):
        os.unlink(STATE)


main()
`
  .replace("@state@", GUEST_PATHS.etcdState)
  .replace("@client_port@", String(PORTS.etcdClient));
