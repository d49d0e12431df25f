"""A kernel image down to its ELF file, or to the kernel's bare memory where it holds none.

The forms are those of `lab.symbols.images`; any may be compressed as a whole or lie within another.
"""

from __future__ import annotations

import dataclasses
import struct

from lab.core.errors import LabError
from lab.symbols.images import FORMATS, Inner
from lab.symbols.payload import LIMIT, compression, unpack

__all__ = ["KernelElf", "KernelImage", "elf_of_image", "open_image"]

DEEP = 4  # wrappings: gzip around a unified kernel image around zboot around an Image

# (offset, bytes, what it is, what to do): files that are recognised but hold no kernel that could be read
OTHERS: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"!<arch>\n", "a package", "unpack it first (`dpkg -x`) and give boot/vmlinuz-*"),
    (0, b"\xed\xab\xee\xdb", "a package", "unpack it first (`rpm2cpio`) and give the vmlinuz in it"),
    (0, b"\xd0\x0d\xfe\xed", "a device tree or FIT image", "take the kernel out of it first (`dumpimage`)"),
    (0, b"ANDROID!", "an Android boot image", "take the kernel out of it first (`unpack_bootimg`)"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class KernelElf:
    """The ELF bytes of a kernel and `form`, the wrapping they came in ("bzImage, xz payload")."""

    data: bytes
    form: str


@dataclasses.dataclass(frozen=True, slots=True)
class KernelImage:
    """A kernel without its wrappings: `data` is an ELF file if `elf`, else its memory.

    `form`: the wrappings ("" for none). `machine`: e_machine, 0 if not known. `bits`: 32, 64, or 0 if the
    image does not tell. `order`: "<" or ">".
    """

    data: bytes
    form: str
    elf: bool
    machine: int
    bits: int
    order: str


def open_image(data: bytes, source: str, limit: int = LIMIT) -> KernelImage:
    """Take every wrapping off a kernel image (or module).

    `source` names the input in errors, `limit` bounds each unpacked size in bytes. Raises `LabError` for an
    empty, truncated or damaged image and for what is none.
    """
    if not data:
        raise LabError(f"{source}: is empty; a kernel image or module was expected")
    forms: list[str] = []
    machine = bits = 0
    order = "<"
    for _ in range(DEEP):
        inner = _unwrap(data, source, limit)
        if inner is None:
            return _elf(data, source, forms)
        forms.append(inner.form)
        data, machine, bits, order = inner.data, inner.machine or machine, inner.bits or bits, inner.order
        if inner.bare and not _wrapped(data):
            return KernelImage(data, ", ".join(forms), False, machine, bits, order)
    raise LabError(f"{source}: is wrapped more than {DEEP} times; unpack it first and try again")


def elf_of_image(data: bytes, source: str, limit: int = LIMIT) -> KernelElf:
    """The ELF file inside a kernel image, or `data` itself if it is one.

    `source` names the input in errors, `limit` bounds the unpacked size in bytes. Raises `LabError` for
    an empty, truncated or damaged image, and for one that holds no ELF file.
    """
    found = open_image(data, source, limit)
    if not found.elf:
        raise LabError(
            f"{source}: is {_article(found.form)} and holds no ELF file, only the kernel's memory; "
            "its symbols are read by `kernel-lab symbols kallsyms`"
        )
    return KernelElf(found.data, found.form)


def _article(words: str) -> str:
    return f"{'an' if words[:1].lower() in 'aeiou' or words.startswith('s390') else 'a'} {words}"


def _wrapped(data: bytes) -> bool:
    return any(matches(data) for matches, _ in FORMATS.values()) and not _bare_header(data)


def _bare_header(data: bytes) -> bool:
    return any(FORMATS[name][0](data) for name in ("arm64 Image", "RISC-V Image"))


def _unwrap(data: bytes, source: str, limit: int) -> Inner | None:
    """One wrapping less; None for an ELF file that wraps nothing."""
    for matches, unwrap in FORMATS.values():
        if matches(data):
            return unwrap(data, source, limit)
    if data.startswith(b"\x7fELF"):
        return None
    for offset, magic, what, advice in OTHERS:
        if data[offset : offset + len(magic)] == magic:
            raise LabError(f"{source}: is {what}, which is not read; {advice}")
    name = compression(data)
    if not name:
        raise LabError(
            f"{source}: is neither a kernel image nor a module ({_looks_like(data)}); "
            "give a bzImage (vmlinuz), a vmlinux or a .ko file"
        )
    inner = unpack(data, source, limit)
    if compression(inner):
        raise LabError(f"{source}: is compressed twice; unpack it once and try again")
    return Inner(inner, name)


def _elf(data: bytes, source: str, forms: list[str]) -> KernelImage:
    bits = {1: 32, 2: 64}.get(data[4] if len(data) > 4 else 0, 0)
    order = {1: "<", 2: ">"}.get(data[5] if len(data) > 5 else 0, "")
    machine = struct.unpack_from(order + "H", data, 18)[0] if order and len(data) >= 20 else 0
    return KernelImage(data, ", ".join(forms), True, machine, bits, order or "<")


def _looks_like(data: bytes) -> str:
    head = data[:64]
    if all(32 <= b < 127 or b in b"\t\n\r" for b in head):
        return "it is a text file"
    return f"it begins with {head[:4].hex(' ')}"
