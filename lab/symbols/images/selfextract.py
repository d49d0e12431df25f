"""ELF files that unpack a kernel when they run: MIPS vmlinuz, PowerPC zImage (arch/*/boot).

The kernel is the section `.kernel:vmlinux.strip` (PowerPC), or it is at the start of `.data` or `.image` (MIPS).
"""

from __future__ import annotations

import struct

from lab.symbols.images.inner import Inner, unpack_all
from lab.symbols.payload import compression

__all__ = ["matches", "unwrap"]

MACHINES = {8: 0, 20: 32, 21: 64}  # MIPS, PowerPC 32 and 64 bit -> bits of the kernel inside, 0: those of the file
SECTIONS = (".kernel:vmlinux.strip", ".image", ".data")
FEW = 64  # sections; a kernel itself has more exports than these files have sections


def matches(data: bytes) -> bool:
    """Whether `data` is such a file: an ELF program of these machines with a compressed section."""
    if data[:4] != b"\x7fELF" or len(data) < 52 or data[4] not in (1, 2) or data[5] not in (1, 2):
        return False
    kind, machine = struct.unpack_from(("<" if data[5] == 1 else ">") + "HH", data, 16)
    return kind != 1 and machine in MACHINES and _payload(data) is not None


def unwrap(data: bytes, source: str, limit: int) -> Inner:
    """The kernel inside; raises `LabError` if it is damaged."""
    payload = _payload(data) or b""
    inner, name = unpack_all(payload, source, limit, "the self-extracting ELF file")
    order = "<" if data[5] == 1 else ">"
    (machine,) = struct.unpack_from(order + "H", data, 18)
    bits = MACHINES[machine] or (64 if data[4] == 2 else 32)
    bare = not inner.startswith(b"\x7fELF")
    return Inner(inner, f"self-extracting ELF, {name} payload", bare, machine, bits, order)


def _payload(data: bytes) -> bytes | None:
    order, wide = "<" if data[5] == 1 else ">", data[4] == 2
    if wide and len(data) < 64:
        return None
    (table,) = struct.unpack_from(order + ("Q" if wide else "I"), data, 0x28 if wide else 0x20)
    step, count, names = struct.unpack_from(order + "HHH", data, 0x3A if wide else 0x2E)
    header = struct.Struct(order + ("I20xQQ" if wide else "I12xII"))
    if not 0 < count <= FEW or names >= count or step < header.size or table + step * count > len(data):
        return None
    rows = [header.unpack_from(data, table + step * i) for i in range(count)]
    start = rows[names][1]
    places = {data[start + row[0] : start + row[0] + 24].partition(b"\0")[0].decode("latin-1"): row for row in rows}
    for name in SECTIONS:
        if name in places:
            _, offset, size = places[name]
            piece = data[offset : offset + size]
            if compression(piece):
                return piece
    return None
