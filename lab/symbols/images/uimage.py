"""The legacy U-Boot image: 64 bytes of header, then the kernel (U-Boot's include/image.h)."""

from __future__ import annotations

import struct
import zlib

from lab.core.errors import LabError
from lab.symbols.images.inner import Inner
from lab.symbols.payload import compression, unpack

__all__ = ["matches", "unwrap"]

MAGIC = b"\x27\x05\x19\x56"
HEADER = struct.Struct(">7I4B32s")
KERNEL, MULTI = 2, 4  # ih_type
# ih_arch -> (e_machine, bits, byte order where there is only one)
MACHINES = {
    2: (40, 32),
    3: (3, 32),
    5: (8, 32),
    6: (8, 64),
    7: (20, 0),
    12: (4, 32),
    22: (183, 64),
    24: (62, 64),
    26: (243, 0),
}
BIG_ENDIAN = (7, 12)


def matches(data: bytes) -> bool:
    """Whether `data` begins as a legacy U-Boot image."""
    return data.startswith(MAGIC)


def unwrap(data: bytes, source: str, limit: int) -> Inner:
    """The kernel in a legacy U-Boot image; raises `LabError` if it is truncated, damaged or of another type."""
    if len(data) < HEADER.size:
        raise LabError(f"{source}: the U-Boot image ends inside its header; fetch it again")
    _, _, _, size, _, _, checksum, _, machine, kind, _, _ = HEADER.unpack_from(data)
    body = data[HEADER.size : HEADER.size + size]
    if len(body) < size:
        raise LabError(
            f"{source}: the U-Boot image is truncated: {size:,} bytes were promised, {len(body):,} are there"
        )
    if zlib.crc32(body) != checksum:
        raise LabError(f"{source}: the checksum of the U-Boot image is wrong; fetch it again")
    if kind == MULTI:
        body = _first(body, source)
    elif kind != KERNEL:
        raise LabError(f"{source}: the U-Boot image is of type {kind} and holds no kernel")
    name = compression(body)
    inner = unpack(body, source, limit) if name else body
    code, bits = MACHINES.get(machine, (0, 0))
    words = f"U-Boot image, {name} payload" if name else "U-Boot image"
    return Inner(inner, words, not inner.startswith(b"\x7fELF"), code, bits, ">" if machine in BIG_ENDIAN else "<")


def _first(body: bytes, source: str) -> bytes:
    """The first of several files: their sizes stand in front, ended by 0."""
    sizes = []
    for (size,) in struct.iter_unpack(">I", body[: len(body) // 4 * 4]):
        if not size:
            break
        sizes.append(size)
    start = 4 * (len(sizes) + 1)
    if not sizes or start + sizes[0] > len(body):
        raise LabError(f"{source}: the table of files in the U-Boot image is damaged; fetch it again")
    return body[start : start + sizes[0]]
