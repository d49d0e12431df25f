"""The arm64 Image: memory of the kernel from `_text` on (Documentation/arch/arm64/booting.rst)."""

from __future__ import annotations

import struct

from lab.core.errors import LabError
from lab.symbols.images.inner import Inner

__all__ = ["matches", "unwrap"]

HEADER = 0x40
BIG_ENDIAN = 1  # bit 0 of the flags
EM_AARCH64 = 183


def matches(data: bytes) -> bool:
    """Whether `data` has the header of an arm64 Image."""
    return data[0x38:0x3C] == b"ARMd"


def unwrap(data: bytes, source: str, limit: int) -> Inner:
    """The kernel's memory; raises `LabError` if the header is cut off."""
    if len(data) < HEADER:
        raise LabError(f"{source}: the arm64 Image ends inside its header; fetch it again")
    (flags,) = struct.unpack_from("<Q", data, 0x18)
    return Inner(data, "arm64 Image", True, EM_AARCH64, 64, ">" if flags & BIG_ENDIAN else "<")
