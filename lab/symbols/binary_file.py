"""A kernel image or module read as a whole: `read` opens any of their forms."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from lab.core.errors import LabError
from lab.core.snapshot import read_bytes
from lab.symbols.elf import Elf, read_elf
from lab.symbols.exports import TABLES, Export, read_exports
from lab.symbols.image import elf_of_image
from lab.symbols.payload import LIMIT
from lab.symbols.undefined import Undefined, read_undefined

__all__ = ["BinaryFile", "module_name", "open_elf", "parse", "read"]

SIGNED = b"~Module signature appended~\n"
MODULE_SECTIONS = (".modinfo", ".gnu.linkonce.this_module", "__versions", *TABLES)


@dataclasses.dataclass(frozen=True, slots=True)
class BinaryFile:
    """What a file says of its symbols.

    `kind`: "kernel" or "module". `form`: how it is packed. `owner`: `vmlinux` or the module's name.
    `licence`, `vermagic`: of a module, "" where it states none. `imports`: namespaces it declares.
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
    return _unwrap(read_bytes(path, LIMIT), str(path))


def _unwrap(data: bytes, source: str) -> tuple[Elf, str]:
    found = elf_of_image(data, source)
    elf = read_elf(found.data, source)
    return elf, ", ".join(w for w in (found.form, elf.form) if w)


def read(path: Path | str) -> BinaryFile:
    """Read a bzImage, vmlinux, .ko, .ko.gz, .ko.xz or .ko.zst.

    Raises `LabError` for whatever is not one of these, damaged or larger than the limits.
    """
    return parse(read_bytes(path, LIMIT), str(path))


def parse(data: bytes, source: str) -> BinaryFile:
    """`read` for bytes at hand (an upload); `source` is the file's name, from which a module has its own."""
    elf, form = _unwrap(data, source)
    module = elf.kind == "REL"
    if elf.kind not in ("REL", "EXEC", "DYN"):
        raise LabError(f"{source}: is an ELF file of kind {elf.kind}; give a vmlinuz, a vmlinux or a .ko file")
    if not any(elf.section(name) for name in (MODULE_SECTIONS if module else TABLES)):
        what = "object file, but no kernel module" if module else "ELF file, but no kernel: it exports nothing"
        raise LabError(f"{source}: is an {what}; give a vmlinuz, a vmlinux or a .ko file")
    owner = module_name(source) if module else "vmlinux"
    facts = _modinfo(elf) if module else {}
    return BinaryFile(
        path=source,
        kind="module" if module else "kernel",
        form=form,
        owner=owner,
        licence=" / ".join(facts.get("license", [])),
        vermagic="".join(facts.get("vermagic", [])[:1]).strip(),
        imports=tuple(facts.get("import_ns", [])),
        signed=elf.data.endswith(SIGNED),
        exports=read_exports(elf, owner),
        undefined=read_undefined(elf),
    )


def _modinfo(elf: Elf) -> dict[str, list[str]]:
    """The records `key=value` of `.modinfo`; a key may occur several times."""
    found: dict[str, list[str]] = {}
    for record in elf.content(elf.section(".modinfo")).split(b"\0"):
        key, equals, value = record.decode("utf-8", "backslashreplace").partition("=")
        if equals:
            found.setdefault(key, []).append(value)
    return found
