"""What a module asks of others: its undefined symbols, and the checksums it was built against."""

from __future__ import annotations

import dataclasses
import struct

from lab.core.errors import LabError
from lab.symbols.elf import Elf

__all__ = ["Undefined", "read_undefined", "read_versions"]

VERSION_ENTRY = 64  # struct modversion_info: unsigned long crc, char name[64 - sizeof(unsigned long)]
WEAK = 2


@dataclasses.dataclass(frozen=True, slots=True)
class Undefined:
    """A symbol that another module or the kernel must export.

    `crc`: the checksum of the prototype the module was built against, None if it records none. `weak`:
    the module loads without it.
    """

    name: str
    crc: int | None
    weak: bool


def read_undefined(elf: Elf) -> tuple[Undefined, ...]:
    """The undefined symbols of a module, in the order of its symbol table (the loader resolves in that order).

    Raises `LabError` for a damaged file. A linked kernel has none.
    """
    if elf.kind != "REL":
        return ()
    versions = dict(reversed(read_versions(elf)))
    return tuple(
        Undefined(s.name, versions.get(s.name), s.binding == WEAK)
        for s in elf.symbols()
        if s.section == 0 and not s.local
    )


def read_versions(elf: Elf) -> tuple[tuple[str, int], ...]:
    """The (name, checksum) pairs of a module, in the order that the kernel's `check_version` scans them.

    `__versions`, or where the module has it the extended form `__version_ext_crcs`, `__version_ext_names`
    (6.14), which holds names of any length. Raises `LabError` for a damaged table.
    """
    extended = elf.content(elf.section("__version_ext_crcs"))
    if extended:
        names = elf.content(elf.section("__version_ext_names")).split(b"\0")[:-1]
        if len(extended) != 4 * len(names):
            raise LabError(f"{elf.source}: {len(extended)} bytes of checksums for {len(names)} names; damaged")
        numbers = struct.unpack(f"{elf.order}{len(names)}I", extended)
        return tuple((n.decode("utf-8", "backslashreplace"), c) for n, c in zip(names, numbers, strict=True))
    content = elf.content(elf.section("__versions"))
    if len(content) % VERSION_ENTRY:
        raise LabError(
            f"{elf.source}: __versions has {len(content)} bytes, no whole number of {VERSION_ENTRY}; damaged"
        )
    word = elf.bits // 8
    entry = struct.Struct(f"{elf.order}{'Q' if word == 8 else 'I'}{VERSION_ENTRY - word}s")
    return tuple(
        (name.partition(b"\0")[0].decode("utf-8", "backslashreplace"), crc & 0xFFFFFFFF)
        for crc, name in entry.iter_unpack(content)
    )
