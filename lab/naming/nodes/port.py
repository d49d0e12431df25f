"""What tells the interfaces of one card apart: the number of the port, or what a representor stands for."""

from __future__ import annotations

import re

from lab.naming.model import Interface
from lab.naming.schemes.integer import unsigned
from lab.naming.trace import Trace

__all__ = ["port"]

# a representor of a virtual function or of a sub-function (Documentation/networking/representors.rst)
_REPRESENTOR = re.compile(r"(c[0-9]+)?pf[0-9]+(vf|sf)[0-9]+", re.ASCII)


def port(interface: Interface, trace: Trace) -> str:
    """`-d1` for port 1, `-npf0vf3` for a representor, "" for the first or only port.

    The name of a port that is no representor adds nothing: drivers begin to give one with a new kernel, and that
    must not move a stable name.
    """
    path = f"{interface.devpath}/dev_port"
    number = unsigned(trace.read(path))
    if number:
        trace.used(path, f"port {number} of the card")
        return f"-d{number}"
    path = f"{interface.devpath}/phys_port_name"
    text = trace.read(path)
    if text and _REPRESENTOR.fullmatch(text):
        trace.used(path, "represents a function of the card")
        return f"-n{text}"
    return ""
