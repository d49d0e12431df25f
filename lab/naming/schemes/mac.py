"""MAC: the card's permanent address, `enx525400000001` (names_mac). Not in systemd's default policy."""

from __future__ import annotations

import re

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import leading, unsigned
from lab.naming.schemes.prefix import INFINIBAND
from lab.naming.trace import Refused, Trace

__all__ = ["by_mac"]

_HEX = "[0-9a-fA-F]"
_SIX = re.compile(rf"{_HEX}{{1,2}}([:-]){_HEX}{{1,2}}(?:\1{_HEX}{{1,2}}){{4}}", re.ASCII)
_THREE = re.compile(rf"{_HEX}{{1,4}}(?:\.{_HEX}{{1,4}}){{2}}", re.ASCII)
_BEFORE_250 = re.compile(rf"{_HEX}{{1,2}}(?::{_HEX}{{1,2}}){{5}}", re.ASCII)


def by_mac(start: str, devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by hardware address and why; raises `Refused` for a random, stolen or longer address.

    Before 250 the address of zeros gave no name, and of a longer one the first six bytes did.
    """
    if unsigned(trace.tree.text(f"{devpath}/type")) == INFINIBAND:
        raise Refused("an InfiniBand address is too long for a name")
    path = f"{devpath}/addr_assign_type"
    assigned = trace.attribute(devpath, "addr_assign_type")
    if assigned is None:
        trace.lacks(path, "only a permanent address gives a name")
        raise Refused("whether the address is permanent is unknown")
    if (unsigned(assigned) if scheme.since(249) else leading(assigned, 0)) != 0:
        trace.refused(path, "the address is not the permanent one")
        raise Refused("the address is not the permanent one")
    trace.used(path, "the address is the permanent one")
    path = f"{devpath}/address"
    address = trace.attribute(devpath, "address")
    if address is None:
        trace.lacks(path, "the address is the name")
        raise Refused("the address is unknown")
    digits = digits_of(address, scheme)
    if digits is None:
        trace.refused(path, "is no address of six bytes")
        raise Refused(f"`{address}` is no address of six bytes")
    if not scheme.since(250) and not digits.strip("0"):
        trace.refused(path, "an address of zeros gives a name from systemd 250 on")
        raise Refused("the address is all zeros")
    trace.used(path, "the address, without colons")
    return f"{start}x{digits}", f"address {address}"


def digits_of(address: str, scheme: Scheme) -> str | None:
    """The twelve digits of an address of six bytes, None for another one.

    The kernel writes 52:54:00:00:00:01. systemd takes 0:1:2:3:4:5 too, and from 250 on (parse_hw_addr) hyphens for
    colons, and three pairs of bytes between dots.
    """
    if not scheme.since(250):
        match = _BEFORE_250.match(address)
        return match and "".join(byte.zfill(2) for byte in match[0].split(":")).lower()
    if _SIX.fullmatch(address):
        return "".join(byte.zfill(2) for byte in re.split("[:-]", address)).lower()
    return "".join(pair.zfill(4) for pair in address.split(".")).lower() if _THREE.fullmatch(address) else None
