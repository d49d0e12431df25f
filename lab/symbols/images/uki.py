"""The unified kernel image: an EFI program (PE) whose section `.linux` is the kernel image (UAPI group, UKI)."""

from __future__ import annotations

import struct

from lab.core.errors import LabError
from lab.symbols.images.inner import Inner

__all__ = ["matches", "unwrap"]

SECTION = struct.Struct("<8s4I16x")
MAX_SECTIONS = 96  # the PE specification's


def matches(data: bytes) -> bool:
    """Whether `data` is a PE file with a section `.linux`."""
    return _section(data) is not None


def unwrap(data: bytes, source: str, limit: int) -> Inner:
    """The kernel image in the section; raises `LabError` if it is cut off."""
    found = _section(data)
    start, size = found or (0, 0)
    if not size or start + size > len(data):
        end = start + size
        raise LabError(
            f"{source}: the unified kernel image is truncated: .linux ends at {end:,}, the file at {len(data):,}"
        )
    return Inner(data[start : start + size], "unified kernel image")


def _section(data: bytes) -> tuple[int, int] | None:
    """(offset, size) of `.linux`."""
    if data[:2] != b"MZ" or len(data) < 0x40:
        return None
    (at,) = struct.unpack_from("<I", data, 0x3C)
    if data[at : at + 4] != b"PE\0\0" or at + 24 > len(data):
        return None
    count, optional = struct.unpack_from("<H12xH", data, at + 6)
    table = at + 24 + optional
    for i in range(min(count, MAX_SECTIONS)):
        if table + SECTION.size * (i + 1) > len(data):
            return None
        name, used, _, size, start = SECTION.unpack_from(data, table + SECTION.size * i)
        if name.rstrip(b"\0") == b".linux":
            return start, min(size, used) or size
    return None
