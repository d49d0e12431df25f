"""The index file, byte by byte. All numbers are little-endian; offsets and sizes are in bytes.

    0   8   magic "KLSYMIDX"
    8   4   u32 version, 1
    12  4   u32 count of sections
    16  8   u64 size of the whole file
    24  40  for each section: name (20 bytes, padded with NUL), u32 CRC-32 of its bytes (zlib's), u64 offset, u64 size
    ..  4   u32 CRC-32 of all the bytes before this one

Sections follow in the order of `SECTIONS`, each at a multiple of 8, the gaps zero. Texts are NUL-terminated strings
one after the other, with a column `*_at` of where each begins, and the end. Columns are arrays of one number a row.
A column `*_start` has one row more than the table that it cuts another table for: row i owns start[i] .. start[i+1].

    about           JSON object: "folder", "kernel" (path, form, size, mtime_ns, banner, machine, bits, order,
                    vermagic, force_load)
    builtin         names of the built-in modules, sorted
    names           every name that is exported, asked for or checked, sorted as bytes, each once: a name's number
    strings         licences, vermagics, sections, namespaces; sorted as bytes, each once; the first is ""
    paths           of the owners. Owner 0 is the kernel (""), the others are the module files, sorted by (module name,
                    path); relative to the folder
    owner_*         size, mtime (ns since 1970, signed), licence and vermagic (strings), machine (ELF e_machine),
                    class (`class_of`: bits and byte order), flags (`SIGNED`, `HIDDEN`)
    space_start, space              by owner: the namespaces it imports (strings)
    export_start, export_*          by owner, in the order of its tables: name, value (address, or offset within its
                                    section), section (string), crc, space (its namespace, a string), flags (`GPL`,
                                    `HAS_CRC`, `HAS_VALUE`)
    need_start, need_*              by owner, in the order of its symbol table: name, crc, flags (`WEAK`, `HAS_CRC`)
    check_start, check_name, check_crc  by owner: names in its `__versions` that are no undefined symbols of it
    sorted_start, sorted_export     by name: the exports of that name, in the order of the export table
    importer_start, importer        by name: the owners that need it, ascending

The last two pairs are derived from the ones before; the rest is what an incremental build keeps of unchanged files.
A file is the same, byte for byte, whether it was built from scratch or from an older one.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from lab.core.errors import LabError

__all__ = [
    "FLAG_GPL", "FLAG_HAS_CRC", "FLAG_HAS_VALUE", "FLAG_HIDDEN", "FLAG_SIGNED", "FLAG_WEAK", "SECTIONS", "WIDTH",
    "Numbers", "Place", "class_of", "class_parts", "directory", "laid_out", "numbers",
]  # fmt: skip

Code = Literal["", "B", "H", "I", "Q", "q"]
Numbers: TypeAlias = "memoryview | array[int]"  # a column

MAGIC = b"KLSYMIDX"
VERSION = 1
HEAD = struct.Struct("<8sIIQ")
ENTRY = struct.Struct("<20sIQQ")
ALIGN = 8

FLAG_SIGNED, FLAG_HIDDEN = 1, 2  # owner_flags
FLAG_GPL, FLAG_HAS_CRC, FLAG_HAS_VALUE = 1, 2, 4  # export_flags
FLAG_WEAK = 1  # need_flags, beside FLAG_HAS_CRC

# name -> type code of the column, "" for bytes and texts
SECTIONS: dict[str, Code] = {
    "about": "", "builtin": "", "names": "", "name_at": "I", "strings": "", "string_at": "I", "paths": "",
    "path_at": "I",
    "owner_size": "Q", "owner_mtime": "q", "owner_licence": "I", "owner_vermagic": "I", "owner_machine": "H",
    "owner_class": "B", "owner_flags": "B",
    "space_start": "I", "space": "I",
    "export_start": "I", "export_name": "I", "export_value": "Q", "export_section": "I", "export_crc": "I",
    "export_space": "I", "export_flags": "B",
    "need_start": "I", "need_name": "I", "need_crc": "I", "need_flags": "B",
    "check_start": "I", "check_name": "I", "check_crc": "I",
    "sorted_start": "I", "sorted_export": "I",
    "importer_start": "I", "importer": "H",
}  # fmt: skip
WIDTH = {"": 1, "B": 1, "H": 2, "I": 4, "Q": 8, "q": 8}

Place = tuple[int, int, int]  # offset, size, CRC-32


def class_of(bits: int, order: str) -> int:
    """Word size and byte order in one number: 64 or 32, plus 1 for big-endian."""
    return bits + (order == ">")


def class_parts(number: int) -> tuple[int, str]:
    """What `class_of` joined."""
    return number & ~1, ">" if number & 1 else "<"


def laid_out(contents: Mapping[str, bytes | Numbers]) -> list[bytes]:
    """The file as pieces, from the content of every section."""
    raw = [_little(contents[name], code) for name, code in SECTIONS.items()]
    at = HEAD.size + ENTRY.size * len(raw) + 4
    table, pieces = [], []
    for name, content in zip(SECTIONS, raw, strict=True):
        gap = -at % ALIGN
        at += gap
        table.append(ENTRY.pack(name.encode(), zlib.crc32(content), at, len(content)))
        pieces += [bytes(gap), content]
        at += len(content)
    head = HEAD.pack(MAGIC, VERSION, len(raw), at) + b"".join(table)
    return [head, struct.pack("<I", zlib.crc32(head)), *pieces]


def _little(content: bytes | Numbers, code: Code) -> bytes:
    if sys.byteorder == "little" or WIDTH[code] == 1:
        return bytes(content)
    swapped = array(code, content)
    swapped.byteswap()
    return swapped.tobytes()


def numbers(content: memoryview, code: Code) -> Numbers:
    """A section's bytes as numbers: a view of them, or a swapped copy on a big-endian machine."""
    if sys.byteorder == "little" or WIDTH[code] == 1:
        return content.cast(code or "B")
    swapped = array(code)
    swapped.frombytes(content)
    swapped.byteswap()
    return swapped


def directory(data: memoryview, source: str) -> dict[str, Place]:
    """Where each section of the file `data` is.

    Everything is inside the file and has whole rows, but contents are not looked at. Raises `LabError` for another
    kind of file, another version, truncation or a damaged header.
    """
    if bytes(data[: len(MAGIC)]) != MAGIC:
        raise LabError(f"{source}: is no symbol index; `kernel-lab symbols build` makes one")
    if len(data) < HEAD.size:
        raise LabError(f"{source}: the symbol index ends inside its header; build it again")
    _, version, count, size = HEAD.unpack_from(data)
    if version != VERSION:
        raise LabError(f"{source}: symbol index version {version} is not known here ({VERSION} is); build it again")
    if size != len(data):
        raise LabError(f"{source}: the symbol index has {len(data):,} bytes, its header says {size:,}; build it again")
    end = HEAD.size + ENTRY.size * count
    if count != len(SECTIONS) or end + 4 > size or struct.unpack_from("<I", data, end)[0] != zlib.crc32(data[:end]):
        raise LabError(f"{source}: the header of the symbol index is damaged; build it again")
    return dict(_places(bytes(data[HEAD.size : end]), size, source))


def _places(table: bytes, size: int, source: str) -> Iterable[tuple[str, Place]]:
    for (name, code), (stored, crc, offset, length) in zip(SECTIONS.items(), ENTRY.iter_unpack(table), strict=True):
        if stored.rstrip(b"\0") != name.encode() or offset + length > size or length % WIDTH[code]:
            raise LabError(f"{source}: section {name} of the symbol index is damaged; build it again")
        yield name, (offset, length, crc)
