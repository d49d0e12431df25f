"""What a line is apart from what is the host's own: hosts of one shape get the same names, but for their MACs.

A shape is the line without the host's name, source and provenance, without the serial numbers of its firmware (no
rule reads them), and with a placeholder for each hardware address. What a rule could see of an address beside its
digits stays in the shape: whether it is zero, its group and local bits, and which interfaces share one. So the first
host of a shape speaks for all of them: only the digits in its MAC names differ.
"""

from __future__ import annotations

import re
from hashlib import blake2b

from lab.core.errors import LabError

__all__ = ["host_name", "marked", "split"]

_TEXT = rb"[ !#-\[\]-~]*"  # the inside of a JSON text of plain ASCII that escapes nothing
_HEAD = re.compile(
    rb'\{"kind":"naming-machine","version":1,"provenance":\{"origin":"%(t)s","tool":"%(t)s","date":"%(t)s"\},'
    rb'"body":\{"name":"(%(t)s)","source":"%(t)s","sysfs":' % {b"t": _TEXT}
)
_ADDRESS = re.compile(rb'"address":"([0-9a-f]{2}(?::[0-9a-f]{2}){5})\\n"')
_SERIAL = re.compile(rb'("(?:product|board|chassis)_(?:serial|uuid|asset_tag)":")%(t)s(?:\\n)?"' % {b"t": _TEXT})
USUAL_SIGN = b"\xc7\x5e\xa9"
ZERO = b"00:00:00:00:00:00"
NOWHERE = b"\0"  # stands in no JSON text, so the parts of a shape cannot be cut in another way


def split(line: bytes) -> tuple[bytes, bytes, bytes]:
    """The key of the line's shape (16 bytes), the host's name (b"" if it is not plain), and its addresses.

    The addresses are six bytes each, in the order of the line; `names` of a shape's answer count them so.
    """
    head = _HEAD.match(line)
    parts = _ADDRESS.split(_without_serials(line[head.end() :] if head else line))
    macs = parts[1::2]
    kept = NOWHERE.join((b"plain" if head else b"other", _classes(macs), *parts[::2]))
    return (
        blake2b(kept, digest_size=16).digest(),
        head[1] if head else b"",
        bytes.fromhex(b"".join(macs).replace(b":", b"").decode()),
    )


def host_name(line: bytes) -> str:
    """The name of the host in a plain line, else ""."""
    head = _HEAD.match(line)
    return head[1].decode() if head else ""


def marked(line: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """`line` with each address replaced by one that stands nowhere else in it, and these addresses in order.

    Of the same shape as `line`; a zero address stays. What replaces the others holds three bytes (`_sign`) that the
    line does not have, so a name with these digits in it was made from the address.
    """
    parts = _ADDRESS.split(line)
    sign = _sign(line)
    first: dict[bytes, bytes] = {ZERO: ZERO}
    for mac in parts[1::2]:
        if mac not in first:
            high, number = divmod(len(first), 1 << 16)
            octets = (high << 2 | int(mac[:2], 16) & 3, *sign, *divmod(number, 256))
            first[mac] = b":".join(b"%02x" % octet for octet in octets)
    marks = [first[mac] for mac in parts[1::2]]
    texts = [text if i % 2 == 0 else b'"address":"%b\\n"' % marks[i // 2] for i, text in enumerate(parts)]
    return b"".join(texts), tuple(marks)


def _sign(line: bytes) -> bytes:
    """Three bytes whose hex digits are not in `line`: the usual ones, else some drawn from its hash."""
    low = line.lower()
    drawn = USUAL_SIGN + blake2b(line).digest()
    for start in range(0, len(drawn) - 2, 3):
        sign = drawn[start : start + 3]
        if sign.hex().encode() not in low and sign.hex(":").encode() not in low:
            return sign
    raise LabError("its text leaves no address free to stand for the host's own; this is no snapshot of ours")


def _without_serials(rest: bytes) -> bytes:
    start = rest.find(b'"dmi":{')
    if start >= 0:
        end = rest.find(b"}", start)
        rest = rest[:start] + _SERIAL.sub(rb'\1"', rest[start:end]) + rest[end:]
    return rest


def _classes(macs: list[bytes]) -> bytes:
    """For each address: zero, or its two low bits of the first byte; and the first address that is equal to it."""
    first: dict[bytes, int] = {}
    return b",".join(
        b"z" if mac == ZERO else b"%d=%d" % (int(mac[1:2], 16) & 3, first.setdefault(mac, place))
        for place, mac in enumerate(macs)
    )
