"""What depmod needs of one module file.

kmod takes as exports the names X of the symbols `__crc_X` and, where there are none (a kernel without MODVERSIONS),
every string of `__ksymtab_strings`: the names of namespaces too (kmod 30 and 34, libkmod/libkmod-elf.c). The truth
are the symbols `__ksymtab_X`.

`lab.symbols.bulk` answers each of these questions by itself; asked together they share the symbol table here, because
a run of depmod asks four thousand times.
"""

from __future__ import annotations

import functools
import struct
import sys
from array import array
from itertools import compress

from lab.core.errors import LabError
from lab.symbols import bulk
from lab.symbols.depmod.types import Facts

__all__ = ["NOTHING", "read_facts", "read_many"]

NOTHING = Facts(b"", b"", b"", b"", b"")
SYMTAB = 2  # sh_type
SPARC = (2, 43)  # e_machine of SPARC and SPARC V9
REGISTER = 13  # st_info & 15 of their registers, which are undefined but no symbol of another module
VERSION = 64  # bytes of an entry of __versions, checksum first
FORM = {64: (24, 0, 6), 32: (16, 0, 14)}  # bytes of an entry of the symbol table; word of its name, byte of its section
WITHOUT = b"\1" + bytes(255)  # turns numbers of sections into whether there is none
HERE = "<" if sys.byteorder == "little" else ">"
_CRC, _KSYMTAB = b"__crc_", b"__ksymtab_"


def read_facts(path: str, compat: bool) -> Facts:
    """The facts of the module at `path`; `compat`: exports as kmod takes them. Raises `LabError` for a damaged file."""
    data, _ = bulk.module_bytes(path)
    elf = bulk.open_object(data, path)
    exports, wants = _symbols(elf, _CRC if compat else _KSYMTAB)
    if compat and not exports:
        exports = bulk.string_table(elf)
    versions = elf.content("__versions")
    if versions and len(versions) % VERSION == 0:
        wants = _with_versions(wants, versions, elf.bits // 8)
    info = b"\0" + elf.content(".modinfo")
    if info[-1]:
        info += b"\0"
    return Facts(
        _ended(exports), _ended(wants), _values(info, b"alias"), _values(info, b"softdep"), _values(info, b"weakdep")
    )


def _ended(names: list[bytes]) -> bytes:
    return b"\0".join([*names, b""])


def _values(info: bytes, key: bytes) -> bytes:
    """The values of the records `key=value` of .modinfo, each ended by NUL; `info` begins and ends with NUL.

    A record `key` has an empty value, as in kmod.
    """
    first = info.find(b"\0" + key)
    if first < 0:
        return b""
    if info.find(b"\0" + key + b"\0", first) >= 0:
        records = (record.partition(b"=") for record in info.split(b"\0"))
        return b"".join([value + b"\0" for name, _, value in records if name == key])
    start = b"\0" + key + b"="
    pieces = info[first:].split(start)
    return b"".join([piece[: piece.find(b"\0") + 1] or piece + b"\0" for piece in pieces[1:]])


def _symbols(elf: bulk.Object, prefix: bytes) -> tuple[list[bytes], list[bytes]]:
    """The names that follow `prefix` among the symbols, and those of undefined symbols in the order of the table."""
    try:
        table = elf.kinds.index(SYMTAB)
    except ValueError:
        return [], []
    _, _, _, _, _, size, link, local, _, _ = elf.row(table)
    step, name, section = FORM[elf.bits]
    if link >= len(elf.kinds) or size % step:
        raise LabError(f"{elf.source}: its symbol table is damaged; fetch the file again")
    body, strings = elf.both(table, min(local * step, size), link)  # global symbols follow the local ones
    named = _prefixed(strings, prefix) if prefix in strings else {}
    if named:
        body = elf.part(table)
    if elf.machine in SPARC:
        body = _without_registers(body, step, 12 if elf.bits == 32 else 4)
    words = array("I", body)
    if elf.order != HERE:
        words.byteswap()
    places = words[name :: step // 4]
    try:
        end = strings.index
        wants = [strings[at : end(0, at)] for at in compress(places, _undefined(body, step, section)) if at]
    except ValueError:
        raise LabError(f"{elf.source}: a name lies outside its string table; the file is damaged") from None
    if not named:
        return [], wants
    used = set(places)
    return [text for at, text in named.items() if at in used], wants


def _undefined(body: bytes, step: int, section: int) -> bytes:
    """1 for each entry of a symbol table without a section, 0 for the others; `section`: where in an entry it is."""
    one, other = body[section::step], body[section + 1 :: step]
    if other.count(0) != len(other):  # numbers of two bytes, few files have them
        one = (int.from_bytes(one, "big") | int.from_bytes(other, "big")).to_bytes(len(one), "big")
    return one.translate(WITHOUT)


def _without_registers(body: bytes, step: int, info: int) -> bytes:
    """The entries of a symbol table but for those of SPARC's registers; `info`: where in an entry st_info is."""
    entries = (body[at : at + step] for at in range(0, len(body), step))
    return b"".join([entry for entry in entries if entry[info] & 15 != REGISTER])


def _prefixed(strings: bytes, prefix: bytes) -> dict[int, bytes]:
    """What follows `prefix` in a string table, by the place of the prefix; strings share tails."""
    named = {}
    at = strings.find(prefix)
    while at >= 0:
        start = at + len(prefix)
        end = strings.find(b"\0", start)
        if end > start:
            named[at] = strings[start:end]
        at = strings.find(prefix, start)
    return named


def _with_versions(wants: list[bytes], versions: bytes, word: int) -> list[bytes]:
    """`wants` and then the names that only `__versions` has: module_layout, which no symbol asks for."""
    count = len(versions) // VERSION
    held = _entries(word, count).unpack(versions)
    more = set(held)
    if versions[VERSION - 1 :: VERSION].count(0) == count:  # every name ends: one of `wants` that is cut equals none
        form = _entries(word, len(wants))
        more.difference_update(form.unpack(form.pack(*wants)))
        if not more:
            return wants
        if len(more) == 1:
            return [*wants, more.pop().partition(b"\0")[0]]
    known = set(wants)
    names = dict.fromkeys(text.partition(b"\0")[0] for text in held)
    return wants + [name for name in names if name not in known]


@functools.cache
def _entries(word: int, count: int) -> struct.Struct:
    """The names of `count` entries of `__versions`, each behind a checksum of `word` bytes."""
    return struct.Struct(f"{word}x{VERSION - word}s" * count)


def read_many(paths: list[str], compat: bool) -> tuple[list[Facts], list[tuple[int, str]]]:
    """The facts of each file, and (index, why) of those that are damaged: such a module has none, as in kmod."""
    facts, damaged = [], []
    for i, path in enumerate(paths):
        try:
            facts.append(read_facts(path, compat))
        except LabError as error:
            facts.append(NOTHING)
            damaged.append((i, str(error)))
    return facts, damaged
