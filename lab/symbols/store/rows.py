"""What an index answers with."""

from __future__ import annotations

import dataclasses

__all__ = ["KERNEL", "KernelFacts", "Module", "Need", "Row"]

KERNEL = "vmlinux"


@dataclasses.dataclass(frozen=True, slots=True)
class KernelFacts:
    """The kernel image that an index was built from.

    `path` as given, `form` how it was packed, `size` in bytes, `mtime_ns` of the file. `banner`: "Linux version ..."
    or "" where the image tells none; `release`: its third word, else what most modules' vermagic begins with, else "".
    `machine`: ELF e_machine, `bits` 32 or 64, `order` "<" or ">". `vermagic`, `force_load`: as the image itself has
    them (`lab.symbols.kernel.Kernel`), "" and None where it does not tell.
    """

    path: str
    form: str
    size: int
    mtime_ns: int
    banner: str
    release: str
    machine: int
    bits: int
    order: str
    vermagic: str
    force_load: bool | None


@dataclasses.dataclass(frozen=True, slots=True)
class Module:
    """One module file.

    `row`: its place in `Index.modules`. `name`: as the kernel has it (`_` for `-`). `path`: relative to the folder
    that was indexed. `licence`, `vermagic`: "" where it states none; several licences are joined by " / ".
    `imports`: the namespaces it declares. `machine`, `bits`, `order`: as in `KernelFacts`. `size` in bytes and
    `mtime_ns` of the file as it is stored (packed). `hidden`: another file of the same name is the one that is loaded.
    """

    row: int
    name: str
    path: str
    licence: str
    vermagic: str
    imports: tuple[str, ...]
    signed: bool
    machine: int
    bits: int
    order: str
    size: int
    mtime_ns: int
    hidden: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One export: `lab.symbols.exports.Export`, and `module`, the row of its owner's file (None: the kernel).

    `address`: the link address in a kernel, the offset within `section` in a module; None where the file does not
    define the name. `crc`: None without MODVERSIONS. `namespace`: None for none. `gpl`: for GPL-compatible modules
    only.
    """

    name: str
    owner: str
    address: int | None
    section: str
    crc: int | None
    namespace: str | None
    gpl: bool
    module: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Need:
    """A name that a module asks for.

    `crc`: of the prototype it was built against, None if it records none. `weak`: it loads without. `checked_only`:
    no undefined symbol of the module, but a name in its `__versions`, whose CRC the kernel compares (`module_layout`).
    """

    name: str
    crc: int | None
    weak: bool
    checked_only: bool
