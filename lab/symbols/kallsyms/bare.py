"""The tables of exports in bare memory of a kernel, shown as the sections that an ELF file would have.

Most kernels name the bounds of the tables among their symbols (`__start___ksymtab`,
include/asm-generic/vmlinux.lds.h). Where kallsyms keeps functions only (no KALLSYMS_ALL), the tables are
found by an entry that every kernel has and followed in both directions.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator

from lab.core.errors import LabError
from lab.symbols.elf import Elf, Section
from lab.symbols.exports import TABLES
from lab.symbols.image import KernelImage
from lab.symbols.images.banner import occurrences
from lab.symbols.kallsyms.base import PROBES
from lab.symbols.kallsyms.recover import Recovered

__all__ = ["bare_elf"]

MAX_STRINGS = 1 << 23  # bytes of __ksymtab_strings; Linux 7.3 has half a megabyte
MAX_EXPORTS = 1 << 18
BOUNDED = (*TABLES, *(crcs for crcs, _ in TABLES.values()), "__kflagstab")


def bare_elf(image: KernelImage, found: Recovered, source: str) -> Elf:
    """Bare memory as an ELF file with the sections of its exports; raises `LabError` if they are not found."""
    bounds = _named(found) or _walked(image, found, source)
    sections = [_section(found, name, *bounds[name], source) for name in bounds]
    behind = max(s.address + s.size for s in sections)
    start = found.memory.offset(behind - 1)
    size = min(len(image.data) - (start or 0) - 1, MAX_STRINGS)
    sections.append(_section(found, "__ksymtab_strings", behind, behind + size, source))
    bits = found.kallsyms.bits
    return Elf(source, image.data, bits, image.order == "<", "EXEC", image.form, tuple(sections))


def _section(found: Recovered, name: str, start: int, stop: int, source: str) -> Section:
    offset = found.memory.offset(start)
    if offset is None or (stop > start and found.memory.offset(stop - 1) is None):
        raise LabError(f"{source}: {name} lies outside the image; it is truncated or damaged")
    return Section(
        index=0, name=name, type="SHT_PROGBITS", flags=0, address=start, offset=offset, size=stop - start,
        link=0, entry_size=0, info=0,
    )  # fmt: skip


def _named(found: Recovered) -> dict[str, tuple[int, int]]:
    """Table -> (start, stop), by the symbols that bound it; empty if there are none."""
    wanted = {f"__{side}_{name}".encode() for name in BOUNDED for side in ("start", "stop")}
    kallsyms = found.kallsyms
    at = {s[1:].decode(): a for s, a in zip(kallsyms.symbols, kallsyms.addresses, strict=True) if s[1:] in wanted}
    pairs = {name: (at.get(f"__start_{name}"), at.get(f"__stop_{name}")) for name in BOUNDED}
    return {name: (a, b) for name, (a, b) in pairs.items() if a is not None and b is not None and a < b}


def _walked(image: KernelImage, found: Recovered, source: str) -> dict[str, tuple[int, int]]:
    """The same by following entries of three machine words: address, name, namespace."""
    segment = found.memory.segments[0] if found.memory.segments else None
    if segment is None:
        raise LabError(f"{source}: neither its symbols nor its pointers tell where its exports are; give the vmlinux")
    word = found.kallsyms.bits // 8
    entry = struct.Struct(image.order + ("3Q" if word == 8 else "3I"))
    names = _Names(image.data, segment.address)
    middle = next(_entries(image, found, entry), None)
    if middle is None:
        raise LabError(f"{source}: no table of its exports was found; it exports nothing or is damaged")
    first, last = middle, middle + entry.size
    room = MAX_EXPORTS * entry.size
    while middle - room < first >= entry.size and names.holds(entry.unpack_from(image.data, first - entry.size)):
        first -= entry.size
    while (
        last < middle + room
        and last + entry.size <= len(image.data)
        and names.holds(entry.unpack_from(image.data, last))
    ):
        last += entry.size
    rows = list(entry.iter_unpack(image.data[first:last]))
    texts = [names.text(row[1]) or b"" for row in rows]
    falls = [i + 1 for i, (a, b) in enumerate(itertools.pairwise(texts)) if a >= b]
    strings = min(row[1] for row in rows) - segment.address
    return _bounds(segment.address, first, last, entry.size, falls, strings - last, source)


def _bounds(
    base: int, first: int, last: int, step: int, falls: list[int], gap: int, source: str
) -> dict[str, tuple[int, int]]:
    """Tables between `first` and `last`, split where names fall back; `gap` bytes up to the names hold the CRCs."""
    count = (last - first) // step
    flags = count if not falls else 0
    if len(falls) > 1:
        raise LabError(f"{source}: its exports are not in two sorted tables; they cannot be told apart")
    split = first + step * falls[0] if falls else last
    bounds = {"__ksymtab": (first, split), "__ksymtab_gpl": (split, last)}
    spare = gap - 4 * count - flags
    if 0 <= spare < 16:
        middle, end = last + 4 * (split - first) // step, last + 4 * count
        bounds |= {"__kcrctab": (last, middle), "__kcrctab_gpl": (middle, end), "__kflagstab": (end, end + flags)}
    elif 0 <= gap - flags < 16:
        bounds["__kflagstab"] = (last, last + flags)
    else:
        raise LabError(
            f"{source}: {gap:,} bytes between its {count:,} exports and their names; the layout is not known"
        )
    return {name: (base + a, base + b) for name, (a, b) in bounds.items() if a < b}


class _Names:
    """Names that entries may point at: letters, digits, `_`, `.` and `$` up to a NUL.

    The linker lets a name end another one (`SHF_MERGE`), so nothing is asked of what stands before it.
    """

    ALLOWED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$")

    def __init__(self, data: bytes, base: int) -> None:
        self._data, self._base = data, base

    def holds(self, entry: tuple[int, ...]) -> bool:
        value, name, space = entry
        return bool(value) and bool(self.text(name)) and (space == 0 or self.text(space) is not None)

    def text(self, address: int) -> bytes | None:
        """The name at `address`, None if there is none."""
        at = address - self._base
        if not 0 < at < len(self._data):
            return None
        end = self._data.find(b"\0", at, at + 512)
        text = self._data[at:end] if end >= 0 else b"-"
        return text if self.ALLOWED.issuperset(text) else None


def _entries(image: KernelImage, found: Recovered, entry: struct.Struct) -> Iterator[int]:
    """Where an entry of one of `PROBES` stands."""
    word = entry.size // 3
    code = struct.Struct(image.order + ("Q" if word == 8 else "I"))
    base = found.memory.segments[0].address
    for name in PROBES:
        address = found.kallsyms.find(name.decode())
        if address is None:
            continue
        texts = {base + at for at in occurrences(image.data, name + b"\0")}
        for value in (address, address | 1):
            for at in occurrences(image.data, code.pack(value)):
                if at + entry.size <= len(image.data) and entry.unpack_from(image.data, at)[1] in texts:
                    yield at
