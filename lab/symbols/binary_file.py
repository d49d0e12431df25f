"""A kernel image or module read as a whole: `read` opens any of their forms."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from lab.core.errors import LabError
from lab.core.snapshot import read_bytes
from lab.symbols.elf import Elf, read_elf
from lab.symbols.exports import TABLES, Export, read_exports
from lab.symbols.image import KernelImage, elf_of_image, open_image
from lab.symbols.kernel import kernel_of
from lab.symbols.payload import LIMIT
from lab.symbols.undefined import Undefined, read_undefined

__all__ = ["BinaryFile", "module_name", "open_elf", "parse", "read"]

SIGNED = b"~Module signature appended~\n"
MODULE_SECTIONS = (".modinfo", ".gnu.linkonce.this_module", "__versions", *TABLES)


@dataclasses.dataclass(frozen=True, slots=True)
class BinaryFile:
    """What a file says of its symbols.

    `kind`: "kernel" or "module". `form`: how it is packed. `owner`: `vmlinux` or the module's name.
    `licence`: of a module; `vermagic`: of a module, or what a kernel compares it with; "" where it states none.
    `imports`: namespaces it declares.
    """

    path: str
    kind: str
    form: str
    owner: str
    licence: str
    vermagic: str
    imports: tuple[str, ...]
    signed: bool
    exports: tuple[Export, ...]
    undefined: tuple[Undefined, ...]


def module_name(path: Path | str) -> str:
    """The name that the kernel knows a module's file by: up to the first dot, `-` as `_` (kmod's rule)."""
    return Path(path).name.partition(".")[0].replace("-", "_")


def open_elf(path: Path | str) -> tuple[Elf, str]:
    """The ELF file in a kernel image or module, and the form it came in; raises `LabError`."""
    found = elf_of_image(read_bytes(path, LIMIT), str(path))
    elf = read_elf(found.data, str(path))
    return elf, _form(found.form, elf.form)


def _form(*words: str) -> str:
    return ", ".join(w for w in words if w)


def read(path: Path | str) -> BinaryFile:
    """Read a kernel image of any form (`lab.symbols.images`), .ko, .ko.gz, .ko.xz or .ko.zst.

    Raises `LabError` for whatever is not one of these, damaged or larger than the limits.
    """
    return parse(read_bytes(path, LIMIT), str(path))


def parse(data: bytes, source: str) -> BinaryFile:
    """`read` for bytes at hand (an upload); `source` is the file's name, from which a module has its own."""
    image = open_image(data, source)
    if not image.elf:
        return _kernel(image, source, "")
    elf = read_elf(image.data, source)
    if elf.kind in ("EXEC", "DYN"):
        return _kernel(image, source, elf.form)
    if elf.kind != "REL":
        raise LabError(f"{source}: is an ELF file of kind {elf.kind}; give a vmlinuz, a vmlinux or a .ko file")
    if not any(elf.section(name) for name in MODULE_SECTIONS):
        raise LabError(f"{source}: is an object file, but no kernel module; give a vmlinuz, a vmlinux or a .ko file")
    owner = module_name(source)
    facts = _modinfo(elf)
    return BinaryFile(
        path=source,
        kind="module",
        form=_form(image.form, elf.form),
        owner=owner,
        licence=" / ".join(facts.get("license", [])),
        vermagic="".join(facts.get("vermagic", [])[:1]).strip(),
        imports=tuple(facts.get("import_ns", [])),
        signed=elf.data.endswith(SIGNED),
        exports=read_exports(elf, owner),
        undefined=read_undefined(elf),
    )


def _kernel(image: KernelImage, source: str, form: str) -> BinaryFile:
    found = kernel_of(image, source)
    bare = f"{found.bits}-bit {'little' if found.order == '<' else 'big'}-endian memory"
    return BinaryFile(
        path=source,
        kind="kernel",
        form=_form(image.form, form or bare),
        owner="vmlinux",
        licence="",
        vermagic=found.vermagic,
        imports=(),
        signed=False,
        exports=tuple(found.exports),
        undefined=(),
    )


def _modinfo(elf: Elf) -> dict[str, list[str]]:
    """The records `key=value` of `.modinfo`; a key may occur several times."""
    found: dict[str, list[str]] = {}
    for record in elf.content(elf.section(".modinfo")).split(b"\0"):
        key, equals, value = record.decode("utf-8", "backslashreplace").partition("=")
        if equals:
            found.setdefault(key, []).append(value)
    return found
