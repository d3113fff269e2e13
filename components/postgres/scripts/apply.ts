import { APPLY_NETWORK } from "./apply-network.js";
import { APPLY_UNITS } from "./apply-units.js";
import { APPLY_VOLUMES } from "./apply-volumes.js";

/**
 * `pgkeep-apply`: python3 program in the guest that takes a GuestBundle as JSON on stdin and makes it so.
 *
 * - A file is written only when content, owner or mode differ: beside its place, synced, then renamed over it.
 * - What a service or command has last seen is remembered as a digest that is stored only after success. A run that was
 *   killed anywhere therefore finishes on the next one, also when all files were written already.
 * - Prints one JSON document: what changed and what waits, never a content. Exit code 1 with `error` when a step fails.
 */
export const APPLY_SCRIPT = String.raw`#!/usr/bin/python3
"""Makes the guest what the bundle on stdin says. Part of pgkeep."""
import fcntl, grp, hashlib, json, os, pwd, subprocess, sys, tempfile, time

SELF = "/usr/local/sbin/pgkeep-apply"
STATE = "/var/lib/pgkeep/apply.json"
LOCK = "/run/pgkeep-apply.lock"
STEP_SECONDS = 180
LAST_STEP_SECONDS = 600


class Failed(Exception):
    pass


def run(argv, seconds=STEP_SECONDS):
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds, text=True, errors="replace")
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        return 124, "no end after %d s" % seconds
    except OSError as error:
        return 127, str(error)


def must(argv, what):
    code, text = run(argv)
    if code != 0:
        raise Failed("%s: %s ended with %d: %s" % (what, argv[0], code, text.strip()[-2000:]))
    return text


def owner_ids(owner):
    user, group = owner.split(":")
    try:
        return pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid
    except KeyError:
        raise Failed("account %s does not exist: is the package that brings it in the image?" % owner)


def sync_directory(path):
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def place_directory(entry):
    path, mode, (uid, gid) = entry["path"], int(entry["mode"], 8), owner_ids(entry["owner"])
    os.makedirs(path, exist_ok=True)
    now = os.stat(path)
    if (now.st_uid, now.st_gid) != (uid, gid):
        os.chown(path, uid, gid)
    if now.st_mode & 0o7777 != mode:
        os.chmod(path, mode)


def is_current(path, data, mode, uid, gid):
    try:
        now = os.lstat(path)
        if (now.st_mode & 0o170000) != 0o100000 or now.st_mode & 0o7777 != mode or (now.st_uid, now.st_gid) != (uid, gid):
            return False
        with open(path, "rb") as handle:
            return handle.read() == data
    except FileNotFoundError:
        return False


def place_file(entry):
    path, mode, (uid, gid) = entry["path"], int(entry["mode"], 8), owner_ids(entry["owner"])
    data = entry["content"].encode()
    if is_current(path, data, mode, uid, gid):
        return False
    parent = os.path.dirname(path)
    os.makedirs(parent, exist_ok=True)
    for name in os.listdir(parent):
        # Left behind by a run that was killed.
        if name.startswith(".pgkeep-apply-"):
            os.unlink(os.path.join(parent, name))
    handle, temporary = tempfile.mkstemp(prefix=".pgkeep-apply-", dir=parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            os.fchown(out.fileno(), uid, gid)
            os.fchmod(out.fileno(), mode)
            out.flush()
            os.fsync(out.fileno())
        os.rename(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    sync_directory(parent)
    return True


def load_state():
    try:
        with open(STATE) as handle:
            state = json.load(handle)
            return state if isinstance(state, dict) else {}
    except (FileNotFoundError, ValueError):
        return {}


def store_state(state):
    os.makedirs(os.path.dirname(STATE), mode=0o755, exist_ok=True)
    temporary = STATE + ".new"
    with open(temporary, "w") as out:
        json.dump(state, out, sort_keys=True)
        out.flush()
        os.fsync(out.fileno())
    os.rename(temporary, STATE)


def digest(paths, files):
    total = hashlib.sha256()
    for path in sorted(paths):
        entry = files.get(path)
        total.update(json.dumps([path, entry and [entry["mode"], entry["owner"], entry["content"]]]).encode())
    return total.hexdigest()


${APPLY_NETWORK}


${APPLY_VOLUMES}


${APPLY_UNITS}


def remove_obsolete(state, files, result):
    """Removes files that an earlier bundle wrote and this one no longer has."""
    for path in state.get("files", []):
        if path not in files and os.path.isfile(path):
            os.unlink(path)
            result["changed"].append(path)


def apply(bundle, result):
    check_network(bundle.get("network"))
    files = {entry["path"]: entry for entry in bundle["files"]}
    state = load_state()
    seen = state.setdefault("seen", {})
    care_for_volumes(bundle.get("volumes", []), seen, result)
    for entry in bundle.get("directories", []):
        place_directory(entry)
    for entry in bundle["files"]:
        if place_file(entry):
            result["changed"].append(entry["path"])
    remove_obsolete(state, files, result)
    state["files"] = sorted(files)
    units = [path for path in files if path.startswith("/etc/systemd/system/")]
    if seen.get("daemon-reload") != digest(units, files):
        must(["systemctl", "daemon-reload"], "units")
        seen["daemon-reload"] = digest(units, files)
    store_state(state)
    for command in bundle.get("commands", []):
        key, now = "command " + command["name"], digest(command["watch"], files)
        if command.get("always") or seen.get(key) != now:
            must(command["run"], command["name"])
            if seen.get(key) != now:
                seen[key] = now
                store_state(state)
    stop_services(bundle.get("disabled", []), seen, result)
    start_services(bundle["services"], files, seen, result)
    store_state(state)


def reconcile(bundle, result):
    """Runs the last step, whose JSON answer becomes part of ours."""
    if not bundle.get("finally"):
        return
    code, text = run(bundle["finally"], LAST_STEP_SECONDS)
    try:
        answer = json.loads(text.strip().split("\n")[-1])
    except ValueError:
        answer = None
    if code != 0 or not isinstance(answer, dict):
        raise Failed("%s ended with %d: %s" % (bundle["finally"][0], code, text.strip()[-2000:]))
    result["reconciled"] = answer


def main():
    raw = sys.stdin.buffer.read()
    result = {"changed": [], "started": [], "restarted": [], "reloaded": [], "stopped": [], "waiting": []}
    os.umask(0o022)
    try:
        bundle = json.loads(raw)
        if bundle.get("format") != "pgkeep/guest-bundle/1":
            raise Failed("stdin is not a bundle of format pgkeep/guest-bundle/1")
        own = [entry for entry in bundle["files"] if entry["path"] == SELF]
        if own and place_file(own[0]):
            # A newer program came with the bundle: it takes over. It finds itself current, so this happens once.
            return subprocess.run([SELF], input=raw).returncode
        with open(LOCK, "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            apply(bundle, result)
            reconcile(bundle, result)
    except Failed as failure:
        result["error"] = str(failure)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # The text of such an error may quote the bundle, which is secret.
        result["error"] = "the bundle is unusable (%s)" % type(error).__name__
    except OSError as error:
        result["error"] = "%s: %s" % (error.filename or "system call", error.strerror)
    print(json.dumps(result, sort_keys=True))
    return 1 if "error" in result else 0


sys.exit(main())
`;
