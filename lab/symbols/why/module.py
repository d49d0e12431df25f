"""What the loader reads of a module before it decides."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from lab.core.errors import LabError
from lab.symbols import bulk
from lab.symbols.binary_file import module_name
from lab.symbols.bulk.object import SHT_SYMTAB
from lab.symbols.bulk.source import Data
from lab.symbols.why.headers import damage
from lab.symbols.why.trailer import Trailer, read_trailer

__all__ = ["Export", "Module", "read_module"]

SHF_ALLOC = 2
ALLOCATED = 1
MACHINE = 18  # offset of e_machine


@dataclasses.dataclass(frozen=True, slots=True)
class Export:
    """A name that the module exports, and whether it brings a CRC for it."""

    name: bytes
    crc: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Module:
    """One module as the loader reads it.

    `name`: what it states as `name=`, else its file's. `damage`: why elf_validity_check() refuses the file, "" if
    it does not. `unread`: the parts (of `PARTS`) that the file is too damaged to tell; what they hold is empty then.
    `licence` and `vermagic`: the first of each, None where none is stated.
    `versions`: the CRCs it was built against, None without any; `basic`: whether they are in `__versions`, as all
    kernels read them. `undefined`: (name, weak) in the order in which the loader resolves.
    """

    source: str
    name: str
    form: str
    damage: str
    trailer: Trailer
    machine: int = 0
    bits: int = 0
    order: str = ""
    licence: str | None = None
    vermagic: str | None = None
    intree: bool = False
    imports: tuple[str, ...] = ()
    versions: dict[bytes, int] | None = None
    basic: bool = False
    undefined: tuple[tuple[bytes, bool], ...] = ()
    exports: tuple[Export, ...] = ()
    unread: frozenset[str] = frozenset()


def read_module(data: Data, source: str, form: str = "") -> Module:
    """Read an unpacked module; `source` is its path or the name of the upload, `form` how it was packed.

    Raises `LabError` for what is no ELF file. An ELF file that the kernel refuses is a `Module` with `damage`, and
    with what can be read of it all the same.
    """
    if bytes(data[:4]) != b"\x7fELF":
        raise LabError(f"{source}: is no ELF file, so no module; give a .ko, .ko.gz, .ko.xz or .ko.zst file")
    trailer = read_trailer(data)
    bare = Module(source, module_name(source), form, "", trailer)
    broken = damage(data, trailer.length)
    try:
        found = bulk.open_object(data, source)
    except LabError as error:
        return dataclasses.replace(bare, damage=broken or _said(error, source), unread=frozenset(PARTS))
    known = dataclasses.replace(bare, machine=found.machine, bits=found.bits, order=found.order, damage=broken)
    for part, read in PARTS.items():
        try:
            known = read(found, known)
        except LabError as error:
            damaged = known.damage or _said(error, source)
            known = dataclasses.replace(known, damage=damaged, unread=known.unread | {part})
    return known


def _said(error: LabError, source: str) -> str:
    return str(error).removeprefix(f"{source}: ").partition(";")[0]


def _modinfo(found: bulk.Object, known: Module) -> Module:
    facts: dict[bytes, list[str]] = {}
    for key, value in bulk.modinfo(found):
        facts.setdefault(key, []).append(value.decode("utf-8", "backslashreplace"))
    return dataclasses.replace(
        known,
        name=(_first(facts, b"name") or known.name).replace("-", "_"),
        licence=_first(facts, b"license"),
        vermagic=_first(facts, b"vermagic"),
        intree=b"intree" in facts,
        imports=tuple(facts.get(b"import_ns", ())),
    )


def _versions(found: bulk.Object, known: Module) -> Module:
    basic, extended = (_allocated(found, name) for name in ("__versions", "__version_ext_crcs"))
    if not basic and not extended:
        return known
    versions = dict(reversed(bulk.versions(found, extended)))  # the first record of a name counts
    return dataclasses.replace(known, versions=versions, basic=basic)


def _undefined(found: bulk.Object, known: Module) -> Module:
    if SHT_SYMTAB not in found.kinds:
        raise LabError("it has no symbol table (stripped?)")
    return dataclasses.replace(known, undefined=tuple(_asked(found)))


def _exports(found: bulk.Object, known: Module) -> Module:
    return dataclasses.replace(known, exports=tuple(Export(e.name, e.crc) for e in bulk.exports(found)))


# part of a module -> what reads it
PARTS: dict[str, Callable[[bulk.Object, Module], Module]] = {
    "modinfo": _modinfo,
    "versions": _versions,
    "undefined": _undefined,
    "exports": _exports,
}


def _first(facts: dict[bytes, list[str]], key: bytes) -> str | None:
    return next(iter(facts.get(key, ())), None)


def _allocated(found: bulk.Object, name: str) -> bool:
    """Whether find_sec() finds the section: one without SHF_ALLOC it passes by."""
    header = found.sections.get(name)
    return header is not None and bool(header[ALLOCATED] & SHF_ALLOC)


EM_386, EM_X86_64, EM_PPC64 = 3, 62, 21


def _asked(found: bulk.Object) -> list[tuple[bytes, bool]]:
    """The undefined symbols as simplify_symbols() asks for them.

    x86 passes over `_GLOBAL_OFFSET_TABLE_` (ignore_undef_symbol), 64-bit PowerPC drops the dot before a name and
    knows `.TOC.` itself (dedotify, arch/powerpc/kernel/module_64.c).
    """
    asked = bulk.undefined(found)
    if found.machine in (EM_386, EM_X86_64):
        return [(name, weak) for name, weak in asked if name != b"_GLOBAL_OFFSET_TABLE_"]
    if found.machine == EM_PPC64:
        return [(name.removeprefix(b"."), weak) for name, weak in asked if name != b".TOC."]
    return asked
