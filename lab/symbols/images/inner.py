"""What is left of a kernel image when one wrapping is off, and how a compressed piece of it is found."""

from __future__ import annotations

import dataclasses
import re
import struct

from lab.core.errors import LabError
from lab.symbols.payload import COMPRESSIONS, compression, unpack

__all__ = ["Inner", "appended_size", "search", "unpack_all"]

MAX_TRIES = 32  # places that look like the start of a compressed kernel
MORE = {b"\x1f\x8b": rb"\x08[\x00-\x1f]"}  # two bytes are found everywhere: method and flags follow (RFC 1952)
MAX_REASONS = 3
LEAST = 1 << 12  # bytes; shorter finds are no kernel


@dataclasses.dataclass(frozen=True, slots=True)
class Inner:
    """`data` and its `form` ("bzImage, xz payload").

    `machine` (e_machine), `bits` and `order` say how to read it where `bare` is set: memory of a kernel
    without ELF headers. `bits` 0 means 32 or 64.
    """

    data: bytes
    form: str
    bare: bool = False
    machine: int = 0
    bits: int = 0
    order: str = "<"


def unpack_all(data: bytes, source: str, limit: int, what: str) -> tuple[bytes, str]:
    """The unpacked payload `data` and how it was compressed; raises `LabError` if it is of no known kind."""
    name = compression(data)
    if not name:
        raise LabError(f"{source}: the payload of {what} is of an unknown kind ({data[:4].hex(' ')}); it is damaged")
    return unpack(data, source, limit), name


def appended_size(tail: bytes, order: str, size: int) -> bool:
    """Whether `tail` begins with the unpacked size, as scripts/Makefile.lib appends it (`size_append`)."""
    return len(tail) >= 4 and size & 0xFFFFFFFF in (
        struct.unpack_from("<I", tail)[0],
        struct.unpack_from(order + "I", tail)[0],
    )


def search(data: bytes, source: str, limit: int, what: str, end: int = 0) -> tuple[bytes, str]:
    """The first compressed piece of `data` that unpacks whole, and how it was compressed.

    For images whose headers do not tell where it begins. `end`: where it ends if that is known; then what
    follows it there must be its unpacked size. Raises `LabError` if there is none.
    """
    magics = re.compile(b"|".join(re.escape(m) + MORE.get(m, b"") for m in COMPRESSIONS))
    reasons: dict[str, None] = {}
    for tries, found in enumerate(magics.finditer(data, 0, end or len(data))):
        if tries == MAX_TRIES:
            break
        piece = data[found.start() : end + 4 if end else len(data)]
        try:
            inner = unpack(piece, source, limit)
        except LabError as error:
            reasons[str(error).removeprefix(f"{source}: ")] = None
            continue
        if len(inner) >= LEAST and (not end or appended_size(piece[-4:], "<", len(inner))):
            return inner, compression(piece)
    why = f" ({'; '.join([*reasons][-MAX_REASONS:])})" if reasons else ""
    raise LabError(f"{source}: no compressed kernel was found in {what}, it is truncated or damaged{why}")
