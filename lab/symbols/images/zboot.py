"""EFI zboot: a small EFI program around a compressed Image (drivers/firmware/efi/libstub/zboot-header.S)."""

from __future__ import annotations

import struct

from lab.core.errors import LabError
from lab.symbols.images.inner import Inner, unpack_all
from lab.symbols.payload import compression

__all__ = ["matches", "unwrap"]

HEADER = 0x40


def matches(data: bytes) -> bool:
    """Whether `data` begins as an EFI zboot image."""
    return data[:2] == b"MZ" and data[4:8] == b"zimg"


def unwrap(data: bytes, source: str, limit: int) -> Inner:
    """The Image in an EFI zboot image; raises `LabError` if it is truncated or damaged."""
    if len(data) < HEADER:
        raise LabError(f"{source}: the EFI zboot image ends inside its header; fetch it again")
    offset, size = struct.unpack_from("<II", data, 8)
    told = data[24:0x38].partition(b"\0")[0].decode("ascii", "backslashreplace")
    if size < 4 or offset + size > len(data):
        end = offset + size
        raise LabError(
            f"{source}: the EFI zboot image is truncated: its payload ends at {end:,}, the file at {len(data):,}"
        )
    payload = data[offset : offset + size]
    if not compression(payload):
        raise LabError(f"{source}: the payload of the EFI zboot image, {told or 'of no stated kind'}, is not read here")
    inner, name = unpack_all(payload, source, limit, "the EFI zboot image")
    return Inner(inner, f"EFI zboot, {name} payload")
