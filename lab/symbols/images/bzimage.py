"""The x86 bzImage (Documentation/arch/x86/boot.rst).

Since boot protocol 2.08 (Linux 2.6.26) the header tells where the payload is, and the payload is an ELF
file; before, it has to be searched for and is bare memory.
"""

from __future__ import annotations

import struct

from lab.core.errors import LabError
from lab.symbols.images.inner import Inner, search
from lab.symbols.payload import compression, unpack

__all__ = ["matches", "unwrap"]

SECTOR = 512
HEADER = 0x250  # bytes up to and including payload_length
EM_386, EM_X86_64 = 3, 62


def matches(data: bytes) -> bool:
    """Whether `data` has the setup header of a bzImage."""
    return data[0x202:0x206] == b"HdrS"


def unwrap(data: bytes, source: str, limit: int) -> Inner:
    """The kernel in a bzImage; raises `LabError` if it is truncated or damaged."""
    if len(data) < HEADER:
        raise LabError(f"{source}: the kernel image ends inside its setup header; fetch it again")
    (version,) = struct.unpack_from("<H", data, 0x206)
    setup_sectors = data[0x1F1] or 4  # boot.rst: 0 means 4
    setup = (setup_sectors + 1) * SECTOR
    if version < 0x0208:
        elf, name = search(
            data[setup:], source, limit, f"the bzImage of boot protocol {version >> 8}.{version & 255:02}"
        )
        return Inner(elf, f"bzImage, {name} payload", not elf.startswith(b"\x7fELF"), EM_386)
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = setup + offset
    if length < 4 or start + length > len(data):
        end = start + length
        raise LabError(
            f"{source}: the kernel image is truncated: its payload ends at {end:,}, the file at {len(data):,}"
        )
    payload = data[start : start + length]
    name = compression(payload)
    if payload.startswith(b"\x7fELF"):
        return Inner(payload, "bzImage, payload not compressed")
    if not name:
        raise LabError(f"{source}: the payload of the kernel image is of an unknown kind ({payload[:4].hex(' ')})")
    elf = unpack(payload, source, limit)
    (size,) = struct.unpack("<I", payload[-4:])  # scripts/Makefile.lib: size_append
    if size != len(elf) or not elf.startswith(b"\x7fELF"):
        raise LabError(
            f"{source}: the payload of the kernel image unpacks to no ELF file of {size:,} bytes; it is damaged"
        )
    return Inner(elf, f"bzImage, {name} payload")
