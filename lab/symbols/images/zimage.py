"""The 32-bit ARM zImage: a decompressor and a compressed piece of memory (arch/arm/boot/compressed/head.S).

Its header tells its byte order, and since 4.15 a table tells where the piece ends, with the unpacked size
as its last word; where it begins is not told.
"""

from __future__ import annotations

import struct

from lab.core.errors import LabError
from lab.symbols.images.inner import Inner, search

__all__ = ["matches", "unwrap"]

MAGIC = 0x016F2818  # at MAGIC_AT
MAGIC_AT = 0x24
HEADER = 0x3C
ORDER = 0x04030201  # as the kernel's byte order writes it, 4.15
TABLE_MAGIC = (0x45454545, 0x5A534C4B)
EM_ARM = 40


def matches(data: bytes) -> bool:
    """Whether `data` has the header of a zImage, in either byte order."""
    return data[MAGIC_AT : MAGIC_AT + 4] in (struct.pack("<I", MAGIC), struct.pack(">I", MAGIC))


def unwrap(data: bytes, source: str, limit: int) -> Inner:
    """The kernel's memory; raises `LabError` if the image is truncated or damaged."""
    if len(data) < HEADER:
        raise LabError(f"{source}: the ARM zImage ends inside its header; fetch it again")
    order = "<" if struct.unpack_from("<I", data, MAGIC_AT)[0] == MAGIC else ">"
    _, size, swapped, marked, table = struct.unpack_from(f"{order}5I", data, MAGIC_AT + 4)
    if size > len(data):
        raise LabError(f"{source}: the ARM zImage is truncated: it should have {size:,} bytes, it has {len(data):,}")
    end = _end(data, order, table) if marked == TABLE_MAGIC[0] else 0
    inner, name = search(data, source, limit, "the ARM zImage", end)
    kernel = order if swapped in (ORDER, 0) else ">"
    return Inner(inner, f"ARM zImage, {name} payload", not inner.startswith(b"\x7fELF"), EM_ARM, 32, kernel)


def _end(data: bytes, order: str, table: int) -> int:
    """Where the unpacked size stands, 0 if the table does not tell."""
    if table + 12 > len(data):
        return 0
    _, magic, size_at = struct.unpack_from(f"{order}3I", data, table)
    return size_at if magic == TABLE_MAGIC[1] and size_at + 4 <= len(data) else 0
