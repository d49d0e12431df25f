"""A kernel image of any form: what it exports, and what it says of itself."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from lab.core.errors import LabError
from lab.core.snapshot import read_bytes
from lab.symbols.exports import Export, read_exports
from lab.symbols.image import KernelImage, open_image
from lab.symbols.images.banner import banners
from lab.symbols.images.loader import force_load, vermagic
from lab.symbols.payload import LIMIT

__all__ = ["Kernel", "kernel_of", "parse_kernel", "read_kernel"]


@dataclasses.dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel.

    `form`: how the image is packed. `machine`: e_machine, 0 if nothing tells. `bits`: 32 or 64. `order`: "<"
    or ">". `exports`: in the order of their tables; an address is None where the image does not tell where it
    lies. `banner`: "Linux version ...", `release`: its word that `uname -r` prints; "" if there is none.
    `vermagic`: what the loader compares a module's with, without the space at its end, "" if it is not found.
    `force_load`: CONFIG_MODULE_FORCE_LOAD, None if the image does not tell.
    """

    path: str
    form: str
    machine: int
    bits: int
    order: str
    exports: list[Export]
    banner: str
    release: str
    vermagic: str = ""
    force_load: bool | None = None


def read_kernel(path: Path | str) -> Kernel:
    """Read a kernel image of any form (`lab.symbols.images`); raises `LabError` where it cannot."""
    return parse_kernel(read_bytes(path, LIMIT), str(path))


def parse_kernel(data: bytes, source: str) -> Kernel:
    """`read_kernel` for bytes at hand (an upload); `source` names them in errors.

    An ELF file has its tables of exports as sections. In bare memory (arm64, RISC-V, s390, ARM, MIPS) kallsyms
    tells where they are. Raises `LabError` for what is no kernel, damaged, or tells neither.
    """
    return kernel_of(open_image(data, source), source)


def kernel_of(image: KernelImage, source: str) -> Kernel:
    """`parse_kernel` for an image without its wrappings."""
    exports = _of_elf(image, source) if image.elf else None
    bits = image.bits
    if exports is None:
        exports, bits = _of_memory(image, source)
    _, banner, release = next(iter(banners(image.data)), (0, "", ""))
    magic = vermagic(image.data, release)
    return Kernel(
        source, image.form, image.machine, bits, image.order, exports, banner, release,
        magic, force_load(image.data, magic),
    )  # fmt: skip


def _of_elf(image: KernelImage, source: str) -> list[Export] | None:
    """The exports by the sections of an ELF file; None if it was stripped of its sections."""
    from lab.symbols.elf import read_elf

    elf = read_elf(image.data, source)
    if elf.kind not in ("EXEC", "DYN"):
        raise LabError(f"{source}: is an ELF file of kind {elf.kind}, no kernel; give a vmlinuz or a vmlinux")
    if not elf.sections:
        return None
    if elf.section("__ksymtab") is None and elf.section("__ksymtab_gpl") is None:
        raise LabError(f"{source}: is an ELF file, but no kernel: it exports nothing; give a vmlinuz or a vmlinux")
    return list(read_exports(elf, "vmlinux"))


def _of_memory(image: KernelImage, source: str) -> tuple[list[Export], int]:
    from lab.symbols.kallsyms.bare import bare_elf
    from lab.symbols.kallsyms.recover import recover

    found = recover(image, source)
    exports = read_exports(bare_elf(image, found, source), "vmlinux")
    if not exports:
        raise LabError(f"{source}: exports nothing; give the image of a kernel with modules")
    if not found.known:
        return [dataclasses.replace(e, address=None) for e in exports], found.kallsyms.bits
    return list(exports), found.kallsyms.bits
