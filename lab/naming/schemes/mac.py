"""MAC: the card's permanent address, `enx525400000001` (names_mac). Not in systemd's default policy."""

from __future__ import annotations

import re

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import unsigned
from lab.naming.schemes.prefix import prefix
from lab.naming.trace import Refused, Trace

__all__ = ["mac"]

_ADDRESS = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2})*", re.ASCII)


def mac(devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by hardware address and why; raises `Refused` for a random, stolen or longer address.

    An address is read as the kernel writes it, 52:54:00:00:00:01; systemd 252 takes other spellings as well, such as
    0:1:2:3:4:5, which no kernel writes.
    """
    start = prefix(devpath, trace, scheme)
    if start == "ib":
        raise Refused("an InfiniBand address is too long for a name")
    path = f"{devpath}/addr_assign_type"
    assigned = trace.read(path)
    if assigned is None:
        trace.lacks(path, "only a permanent address gives a name")
        raise Refused("whether the address is permanent is unknown")
    if unsigned(assigned) != 0:
        trace.refused(path, "the address is not the permanent one")
        raise Refused("the address is not the permanent one")
    trace.used(path, "the address is the permanent one")
    path = f"{devpath}/address"
    address = trace.read(path)
    if address is None:
        trace.lacks(path, "the address is the name")
        raise Refused("the address is unknown")
    if not _ADDRESS.fullmatch(address) or len(address) != 17:
        trace.refused(path, "is no address of six bytes")
        raise Refused(f"`{address}` is no address of six bytes")
    trace.used(path, "the address, without colons")
    return f"{start}x{address.replace(':', '').lower()}", f"address {address}"
