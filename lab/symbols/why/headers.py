"""Whether an ELF file is laid out as a module must be: elf_validity_check() and what follows it.

Linux 6.1 (elf_validity_check, setup_load_info) and 6.12 (elf_validity_cache_copy and its parts) in
kernel/module/main.c; where they differ the rule of both is taken, so that what one of them loads is not refused.
"""

from __future__ import annotations

from lab.symbols.bulk.object import LAYOUTS
from lab.symbols.bulk.source import Data

__all__ = ["damage"]

ET_REL = 1
SHT_NULL, SHT_SYMTAB, SHT_NOBITS = 0, 2, 8
SHF_ALLOC = 2
THIS_MODULE = b".gnu.linkonce.this_module\0"
NAME, TYPE, FLAGS, ADDRESS, OFFSET, SIZE, LINK = range(7)
SYMBOL = {32: 16, 64: 24}


def damage(data: Data, length: int) -> str:
    """Why the kernel refuses the file before it looks at what is in it, "" if it does not.

    `length`: bytes of the file without its signature. The file begins with the ELF magic.
    """
    head = bytes(data[:64])
    layout = LAYOUTS.get((head[4], head[5])) if len(head) >= 52 else None
    if layout is None or len(head) < layout[6] + 6 or length < layout[6] + 6:
        return f"the file ends inside its ELF header ({length:,} bytes) or has one of no known class"
    bits, _, first, place, counts, at, tail, entry = layout
    kind, _, _ = first.unpack_from(head, 16)
    if kind != ET_REL:
        return f"e_type is {kind}, a module's is {ET_REL} (ET_REL)"
    (start,) = place.unpack_from(head, at)
    step, count, names_at = counts.unpack_from(head, tail)
    if step != entry.size:
        return f"e_shentsize is {step}, the kernel's section headers have {entry.size} bytes"
    if start >= length or count * step > length - start:
        return f"its {count} section headers at {start:,} lie outside the file of {length:,} bytes"
    rows = list(entry.iter_unpack(bytes(data[start : start + count * step])))
    return _sections(data, length, rows, names_at) or _parts(data, rows, names_at, bits)


def _sections(data: Data, length: int, rows: list[tuple[int, ...]], names_at: int) -> str:
    if not 0 < names_at < len(rows):
        return f"e_shstrndx is {names_at}, there are {len(rows)} sections"
    if rows[0][TYPE] != SHT_NULL or rows[0][SIZE] or rows[0][ADDRESS]:
        return "section 0 is not the empty one"
    for index, row in enumerate(rows):
        if row[TYPE] not in (SHT_NULL, SHT_NOBITS) and row[OFFSET] + row[SIZE] > length:
            return f"section {index} ends at {row[OFFSET] + row[SIZE]:,}, the file at {length:,}"
    names = rows[names_at]
    if not names[SIZE] or bytes(data[names[OFFSET] + names[SIZE] - 1 : names[OFFSET] + names[SIZE]]) != b"\0":
        return "its section names are empty or end without a NUL"
    wrong = next((i for i, r in enumerate(rows) if r[TYPE] != SHT_NULL and r[NAME] >= names[SIZE]), None)
    return "" if wrong is None else f"the name of section {wrong} lies outside the section names"


def _parts(data: Data, rows: list[tuple[int, ...]], names_at: int, bits: int) -> str:
    tables = [r for r in rows[1:] if r[TYPE] == SHT_SYMTAB]
    if not tables:
        return "it has no symbol table (stripped?)"
    if not 0 < tables[0][LINK] < len(rows):
        return f"its symbol table names section {tables[0][LINK]} for its strings"
    strings = rows[tables[0][LINK]]
    if not strings[SIZE]:
        return "the names of its symbols are empty"
    start, size = rows[names_at][OFFSET], len(THIS_MODULE)
    names = bytes(data[start : start + rows[names_at][SIZE]])
    this = [r for r in rows[1:] if r[FLAGS] & SHF_ALLOC and names[r[NAME] : r[NAME] + size] == THIS_MODULE]
    if not this:
        return "it has no section .gnu.linkonce.this_module, so no struct module"
    if this[0][TYPE] == SHT_NOBITS:
        return "its section .gnu.linkonce.this_module has no content"
    size = SYMBOL[bits]
    if tables[0][SIZE] % size:
        return f"its symbol table has {tables[0][SIZE]:,} bytes, no whole number of entries"
    return ""
