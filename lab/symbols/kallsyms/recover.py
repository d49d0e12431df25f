"""kallsyms of an image: the tables found, the addresses decoded, the base settled or refused."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from lab.core.errors import LabError
from lab.core.snapshot import read_bytes
from lab.symbols.image import KernelImage, open_image
from lab.symbols.images.memory import Memory, Segment, elf_memory
from lab.symbols.kallsyms import Kallsyms
from lab.symbols.kallsyms.addresses import Addresses, read_addresses
from lab.symbols.kallsyms.base import bare_base, relocated_base, same_at_zero
from lab.symbols.kallsyms.tables import Tables, find_tables
from lab.symbols.payload import LIMIT

__all__ = ["Recovered", "parse_kallsyms", "read_kallsyms", "recover"]

MAP = re.compile(rb"[0-9a-f]{8,16} [A-Za-z?] [^ \n]+\n")  # the first line of a System.map or of /proc/kallsyms


@dataclasses.dataclass(frozen=True, slots=True)
class Recovered:
    """kallsyms and where the image lies in memory.

    `known`: whether addresses are the kernel's; if not, they (and `memory`) count from offset 0 of the image.
    """

    kallsyms: Kallsyms
    memory: Memory
    known: bool


def read_kallsyms(path: Path | str) -> Kallsyms:
    """The symbols of the kernel image `path`, in any form that `open_image` reads.

    Raises `LabError` for what is no kernel image, damaged, built without kallsyms, or does not tell its address.
    """
    return parse_kallsyms(read_bytes(path, LIMIT), str(path))


def parse_kallsyms(data: bytes, source: str) -> Kallsyms:
    """`read_kallsyms` for bytes at hand; `source` names them in errors. A System.map is read too."""
    if MAP.match(data):
        return _of_map(data, source)
    found = recover(open_image(data, source), source, located=False)
    if not found.known:
        raise LabError(
            f"{source}: its symbols have no addresses before it is relocated, and nothing in the image tells them; "
            "give the vmlinux it was made from"
        )
    return found.kallsyms


def _of_map(data: bytes, source: str) -> Kallsyms:
    """The symbols of the kernel itself in a System.map or a copy of /proc/kallsyms."""
    from lab.symbols.systemmap import parse_system_map

    found = parse_system_map(data, source)
    rows = [
        (address, bytes((kind,)) + name)
        for address, kind, name, owner in zip(found.addresses, found.types, found.names, found.owners, strict=True)
        if not owner
    ]
    bits = 32 if data.index(b" ") == 8 else 64
    return Kallsyms(bits, "<", "text", [a for a, _ in rows], [s for _, s in rows], (), {})


def recover(image: KernelImage, source: str, located: bool = True) -> Recovered:
    """The symbols of an unwrapped image; `located`: find out where it lies even if the addresses are known without.

    An ELF file tells where it lies by its program headers. Bare memory does not; its base is what makes
    the address of `linux_banner` the place of its text, or the exported names' pointers meet the names
    (`bare_base`). Raises `LabError` if the tables are not there or contradict each other.
    """
    if image.elf and not image.bits:
        raise LabError(f"{source}: its ELF headers are damaged or cut off; fetch the file again")
    tables = find_tables(image.data, source)
    addresses = read_addresses(image.data, tables, image.bits)
    if addresses is None:
        raise LabError(
            f"{source}: {len(tables.symbols):,} names of kallsyms, but no known layout of their addresses fits; "
            "it is damaged, or newer than 7.3"
        )
    if image.elf:
        values, memory, known = _settle_elf(image, tables, addresses, source)
    elif addresses.base is None and not located:
        values, memory, known = addresses.values, Memory(()), True
    else:
        values, memory, known = _settle_bare(image, tables, addresses, source)
    places = {
        "names": tables.names, "markers": tables.markers_at, "tokens": tables.tokens,
        "index": tables.end - 512, "seqs": addresses.seqs,
    }  # fmt: skip
    kallsyms = Kallsyms(addresses.bits, tables.order, addresses.layout, values, tables.symbols, tables.markers, places)
    return Recovered(kallsyms, memory, known)


Settled = tuple[list[int], Memory, bool]


def _settle_elf(image: KernelImage, tables: Tables, found: Addresses, source: str) -> Settled:
    memory = elf_memory(image.data, image.bits, image.order)
    if found.base is None:
        return found.values, memory, True
    place = memory.address(found.slot if found.base == "stored" else tables.names)
    if place is None:
        raise LabError(f"{source}: its kallsyms tables lie in no loaded segment; the file is damaged")
    if found.base == "place":
        shift = place - tables.names
        mask = (1 << found.bits) - 1
        return [v + shift & mask for v in found.values], memory, True
    base = relocated_base(image, [(place, 0)], fixed=True)
    if base is None:
        raise LabError(
            f"{source}: the base of its kallsyms addresses is 0 and no relocation fills it in; it is damaged"
        )
    return [v + base for v in found.values], memory, True


def _settle_bare(image: KernelImage, tables: Tables, found: Addresses, source: str) -> Settled:
    values = found.values
    if found.base == "stored":
        shifted = same_at_zero(image, tables, values)
        if shifted is None:
            raise LabError(f"{source}: the base of its kallsyms addresses is filled in at boot; give the vmlinux")
        values = shifted
    base = bare_base(image, tables, found, values)
    relative = found.base is not None
    mask = (1 << found.bits) - 1
    if base is None:
        return values, Memory((Segment(0, 0, len(image.data)),) if relative else ()), not relative
    memory = Memory((Segment(base, 0, len(image.data)),))
    return ([v + base & mask for v in values] if relative else values), memory, True
