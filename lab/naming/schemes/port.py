"""The port of a card that has several on one PCI function: n<name>, r<N> or d<N> (get_port_specifier)."""

from __future__ import annotations

import re

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import decimal, leading, unsigned
from lab.naming.schemes.prefix import INFINIBAND
from lab.naming.trace import Refused, Trace

__all__ = ["port", "printable"]

_REPRESENTOR = re.compile(r"pf[ \t]*\+?[0-9]+vf[ \t]*\+?([0-9]{1,9})", re.ASCII)


def port(devpath: str, trace: Trace, scheme: Scheme, by_place: bool = True) -> str:
    """What the kernel's phys_port_name, or else dev_port, adds to a name; "" for a card with one port.

    `by_place`: for SLOT and PATH, where some releases of systemd look at dev_id as well. phys_port_name is read from
    232 on, dev_port from 215 on (for ONBOARD from 220 on).
    """
    if scheme.since(232):
        name = _name(devpath, trace, scheme)
        if name is not None:
            return name
    if scheme.since(215 if by_place else 220):
        number = _dev_port(devpath, trace, scheme, by_place)
    elif by_place and not scheme.since(215):
        number = _dev_id(devpath, trace, scheme)
    else:
        number = 0
    return f"d{number}" if number else ""


def _name(devpath: str, trace: Trace, scheme: Scheme) -> str | None:
    path = f"{devpath}/phys_port_name"
    text = trace.attribute(devpath, "phys_port_name")
    if text is None or (not text and scheme.since(250)):
        trace.refused(path, "the port has no name")
        return None
    representor = representor_of(text) if scheme.has("SR_IOV_R") else None
    if representor is not None:
        trace.used(path, f"represents virtual function {representor}: r{representor}")
        return f"r{representor}"
    if not printable(path, text, trace):
        # what later builds of 247, 252 and 262 do; 257 gives no name at all
        trace.refused(path, "holds bytes that no name may hold")
        if scheme.since(255) and not scheme.since(258):
            raise Refused("phys_port_name holds bytes that no name may hold")
        return None
    trace.used(path, f"the port's name: n{text}")
    return f"n{text}"


def _dev_port(devpath: str, trace: Trace, scheme: Scheme, by_place: bool) -> int:
    path = f"{devpath}/dev_port"
    text = trace.attribute(devpath, "dev_port")
    if text is None:
        trace.lacks(path, "a port above 0 would be part of the name")
        if scheme.since(255):
            raise Refused("dev_port cannot be read")
        return 0
    number = _number(text, scheme)
    if number is None:
        if scheme.since(255):
            trace.refused(path, "is no number, so there is no such name")
            raise Refused(f"dev_port `{text}` is no number")
        trace.refused(path, "is no number: adds nothing")
        number = 0
    elif number:
        trace.used(path, f"port {number}: d{number}")
        return number
    else:
        trace.used(path, "port 0 adds nothing")
    falls_back = by_place and scheme.since(240) and not scheme.since(258)
    if falls_back and unsigned(trace.tree.text(f"{devpath}/type")) == INFINIBAND:
        return _dev_id(devpath, trace, scheme)
    return number


def _number(text: str, scheme: Scheme) -> int | None:
    if scheme.since(255):
        return unsigned(text)
    return decimal(text) if scheme.since(249) else leading(text, 10)


def _dev_id(devpath: str, trace: Trace, scheme: Scheme) -> int:
    """dev_id counted up to 214, and for InfiniBand from 240 to 257; 249 to 254 could not read the kernel's "0x1"."""
    path = f"{devpath}/dev_id"
    text = trace.attribute(devpath, "dev_id")
    number: int | None
    if scheme.since(255):
        number = unsigned(text)
        if number is None:
            (trace.refused if text else trace.lacks)(path, "is no number, so there is no such name")
            raise Refused("dev_id is no number")
    elif scheme.since(249):
        number = decimal(text)
    else:
        number = leading(text, 16)
    if text is None:
        trace.lacks(path, "a dev_id above 0 would be part of the name")
    elif number is None:
        trace.refused(path, f"systemd {scheme.release} reads it in base 10 only: adds nothing")
    else:
        trace.used(path, f"d{number}" if number else "is 0: adds nothing")
    return number or 0


def representor_of(text: str) -> int | None:
    """The virtual function that "pf0vf3" stands for (3), None for another port name."""
    match = _REPRESENTOR.match(text)
    return match and int(match[1])


def printable(path: str, text: str, trace: Trace) -> bool:
    """True if `text`, read at `path`, is UTF-8 without control characters."""
    if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in text):
        return False
    try:
        (trace.tree.read(path) or b"").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
