/**
 * Part of `pgkeep-apply`: file systems of the guest's own volumes. cloud-init makes them, at the first start only; a volume
 * that was replaced or has grown since is looked after here.
 */
export const APPLY_VOLUMES = String.raw`MOUNT_SECONDS = 60
BLANK_BYTES = 192 * 1024 ** 2


def device_size(device):
    with open("/sys/class/block/%s/size" % os.path.basename(os.path.realpath(device))) as handle:
        return int(handle.read()) * 512


def rescan(device):
    """A SCSI disk that has grown is seen when it is asked again; virtio disks tell by themselves."""
    path = "/sys/class/block/%s/device/rescan" % os.path.basename(os.path.realpath(device))
    if os.path.exists(path):
        with open(path, "w") as handle:
            handle.write("1")


def is_blank(device):
    """No signature, and zeros at least beyond the first copy of the superblock: a damaged file system is not blank."""
    if run(["blkid", "--probe", device])[0] != 2 or run(["wipefs", "--no-act", device])[1].strip():
        return False
    with open(device, "rb") as handle:
        for _ in range(BLANK_BYTES // 1024 ** 2):
            if handle.read(1024 ** 2).strip(b"\0"):
                return False
    return True


def make_file_system(volume, result):
    device = volume["device"]
    label = run(["blkid", "--probe", "--match-tag", "LABEL", "--output", "value", device])[1].strip()
    if label == volume["label"]:
        # Its mount is on the way.
        return
    if not is_blank(device):
        raise Failed("%s has no file system named %s and is not blank; look at it, and label or wipe it by hand"
                     % (device, volume["label"]))
    must(["mkfs.ext4", "-q", "-L", volume["label"], device], device)
    must(["udevadm", "settle"], device)
    unit = must(["systemd-escape", "--path", "--suffix=mount", volume["mountPoint"]], device).strip()
    must(["systemctl", "start", "--no-block", unit], unit)
    deadline = time.monotonic() + MOUNT_SECONDS
    while not os.path.ismount(volume["mountPoint"]):
        if time.monotonic() > deadline:
            raise Failed("%s was not mounted at %s within %d s" % (device, volume["mountPoint"], MOUNT_SECONDS))
        time.sleep(0.5)
    result["changed"].append(device)


def care_for_volumes(volumes, seen, result):
    for volume in volumes:
        device, key = volume["device"], "size of " + volume["device"]
        if not os.path.exists(device):
            continue
        if not os.path.ismount(volume["mountPoint"]):
            make_file_system(volume, result)
        rescan(device)
        size = device_size(device)
        if seen.get(key) != size and os.path.ismount(volume["mountPoint"]):
            # Does nothing to one that fills its device already.
            must(["resize2fs", device], device)
            seen[key] = size`;
