"""The port of a card that has several on one PCI function: n<name>, r<N> or d<N> (get_port_specifier)."""

from __future__ import annotations

import re

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import unsigned
from lab.naming.schemes.prefix import INFINIBAND
from lab.naming.trace import Refused, Trace

__all__ = ["port"]

_REPRESENTOR = re.compile(r"pf[ \t]*\+?[0-9]+vf[ \t]*\+?([0-9]{1,9})", re.ASCII)


def port(devpath: str, trace: Trace, scheme: Scheme, by_place: bool = True) -> str:
    """What the kernel's phys_port_name, or else dev_port, adds to a name; "" for a card with one port.

    `by_place`: for SLOT and PATH, where some releases of systemd look at dev_id as well.
    """
    path = f"{devpath}/phys_port_name"
    text = trace.read(path)
    if text:
        representor = representor_of(text) if scheme.has("SR_IOV_R") else None
        if representor is not None:
            trace.used(path, f"represents virtual function {representor}: r{representor}")
            return f"r{representor}"
        if not text.isprintable() or not _is_utf8(trace.tree.read(path)):
            trace.refused(path, "holds bytes that no name may hold")
            raise Refused("phys_port_name holds bytes that no name may hold")
        trace.used(path, f"the port's name: n{text}")
        return f"n{text}"
    trace.refused(path, "the port has no name")
    path = f"{devpath}/dev_port"
    text = trace.read(path)
    if text is None:
        trace.lacks(path, "a port above 0 would be part of the name")
        return ""
    number = unsigned(text)
    if number is None:
        # systemd 252 ignores it, later releases then give a MAC name only; no kernel writes such a thing
        trace.lacks(path, f"`{text}` is no number: it adds nothing, or later releases of systemd give no such name")
        return ""
    if number == 0:
        trace.used(path, "port 0 adds nothing")
        if by_place:
            _mark_dev_id(devpath, trace)
        return ""
    trace.used(path, f"port {number}: d{number}")
    return f"d{number}"


def _mark_dev_id(devpath: str, trace: Trace) -> None:
    """InfiniBand: releases up to 257, whatever the scheme, take dev_id for a dev_port of 0 (249 to 254 could not)."""
    if unsigned(trace.tree.text(f"{devpath}/type")) != INFINIBAND:
        return
    path = f"{devpath}/dev_id"
    number = unsigned(trace.read(path))
    if number == 0:
        trace.used(path, "is 0: adds nothing in any release")
    elif number is None:
        trace.lacks(path, "releases of systemd before 258 append d<dev_id>")
    else:
        trace.lacks(path, f"releases of systemd before 258 append d{number}, those from 249 to 254 excepted")


def representor_of(text: str) -> int | None:
    """The virtual function that "pf0vf3" stands for (3), None for another port name."""
    match = _REPRESENTOR.match(text)
    return match and int(match[1])


def _is_utf8(data: bytes | None) -> bool:
    try:
        (data or b"").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
