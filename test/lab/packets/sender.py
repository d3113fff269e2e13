"""Sends the first packets of connections from one network namespace. One request in JSON a line on standard input, one answer a line.

{"send": [{"id", "from", "to", "protocol", "port"}]} sends, each packet with its id where every protocol keeps sixteen bits of its own:
the source port, the identifier of an echo, the first two bytes of VRRP. {"answers": [id]} waits until these connections were refused by
the closed port that they called, and tells which of all were; then everything is closed.
"""
import errno
import json
import select
import socket
import struct
import sys
import time

VRRP = 112
PATIENCE = 20  # seconds; only a failing test waits as long
sockets = {}


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def raw(case, family):
    if case["protocol"] == "vrrp":
        return VRRP, struct.pack(">H", case["id"]) + bytes(18)
    if family == socket.AF_INET6:  # the kernel adds the checksum
        return socket.IPPROTO_ICMPV6, struct.pack(">BBHHH", 128, 0, 0, case["id"], 1)
    echo = struct.pack(">BBHHH", 8, 0, 0, case["id"], 1)
    return socket.IPPROTO_ICMP, echo[:2] + struct.pack(">H", checksum(echo)) + echo[4:]


def send(case):
    family = socket.AF_INET6 if ":" in case["from"] else socket.AF_INET
    if case["protocol"] in ("icmp", "vrrp"):
        number, data = raw(case, family)
        with socket.socket(family, socket.SOCK_RAW, number) as one:
            one.bind((case["from"], 0))
            one.sendto(data, (case["to"], 0))
        return
    kind = socket.SOCK_STREAM if case["protocol"] == "tcp" else socket.SOCK_DGRAM
    one = socket.socket(family, kind)
    sockets[case["id"]] = one
    one.setblocking(False)
    one.bind((case["from"], case["id"]))
    code = one.connect_ex((case["to"], case["port"]))
    if code == errno.ECONNREFUSED:  # answered already
        sockets[case["id"]] = None
        one.close()
    elif code not in (0, errno.EINPROGRESS, errno.EPERM):
        raise OSError(code, f"{case}: {errno.errorcode[code]}")
    elif case["protocol"] == "udp":
        one.send(b"pgkeep")


def refused(one):
    return one is None or one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED


def answers(expected):
    found = set()
    deadline = time.monotonic() + PATIENCE
    while True:
        found |= {number for number, one in sockets.items() if number not in found and refused(one)}
        if found >= expected or time.monotonic() > deadline:
            break
        select.select([], [], [], 0.01)
    for one in sockets.values():
        if one is not None:
            one.close()
    sockets.clear()
    return sorted(found)


for line in sys.stdin:
    request = json.loads(line)
    if "send" in request:
        for case in request["send"]:
            try:
                send(case)
            except PermissionError:  # what the chain "output" drops is told to the sender
                pass
        print(json.dumps({"sent": len(request["send"])}), flush=True)
    else:
        print(json.dumps({"answered": answers(set(request["answers"]))}), flush=True)
