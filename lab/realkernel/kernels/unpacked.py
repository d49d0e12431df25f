"""The kernel without its packing: unpacking takes longer, emulated, than all the rest of a boot."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

from lab.core.errors import LabError
from lab.core.files import read_bytes, write_atomic
from lab.realkernel.kernel import Kernel
from lab.realkernel.kernels.cache import cache_folder
from lab.symbols.elf import read_elf
from lab.symbols.images import bzimage

__all__ = ["boot_image", "has_pvh_entry"]

FOLDER = "unpacked"
HEAD = 1024  # bytes of an image, in which its setup header is
IMAGE_LIMIT, LIMIT = 1 << 27, 1 << 29  # bytes of an image, packed and unpacked; Debian's have 8 and 66 million
NOTES, OWNER, PHYS32_ENTRY = ".notes", b"Xen\0", 18  # include/xen/interface/elfnote.h: where PVH enters the kernel


def boot_image(kernel: Kernel) -> Path:
    """The file to give QEMU: the unpacked kernel, made once and kept in the cache, if it can be started directly.

    What is kept has its checksum beside it and is made anew if it is damaged; there is one for each release.

    That is so if it has a PVH entry (CONFIG_PVH; QEMU's hw/i386/x86.c, x86_load_linux). Any other kernel is returned as
    it is, and so is one that cannot be unpacked or kept here: then it unpacks itself. Raises `LabError` if the image
    cannot be read.
    """
    if not bzimage.matches(_head(kernel.image)):
        return kernel.image
    data = read_bytes(kernel.image, IMAGE_LIMIT)
    place = cache_folder() / FOLDER / kernel.release / f"vmlinux-{hashlib.sha256(data).hexdigest()[:24]}"
    if _whole(place):
        return place
    try:
        vmlinux = bzimage.unwrap(data, str(kernel.image), LIMIT).data
        if not has_pvh_entry(vmlinux, str(kernel.image)):
            return kernel.image
        place.parent.mkdir(parents=True, exist_ok=True)
        for old in place.parent.iterdir():  # of an image that this release no longer has
            old.unlink()
        write_atomic(place, vmlinux)
        write_atomic(_sum(place), _checksum(vmlinux))
    except (LabError, OSError):
        return kernel.image
    return place


def _sum(place: Path) -> Path:
    return place.with_name(f"{place.name}.sha256")


def _checksum(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


def _whole(place: Path) -> bool:
    """Whether what was unpacked is there as it was written."""
    try:
        return _sum(place).read_bytes() == _checksum(read_bytes(place, LIMIT))
    except (LabError, OSError):
        return False


def _head(image: Path) -> bytes:
    try:
        with image.open("rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise LabError(f"{image}: cannot be read ({error.strerror})") from None


def has_pvh_entry(vmlinux: bytes, source: str) -> bool:
    """Whether the ELF file `vmlinux` says where PVH enters it; raises `LabError` for a damaged one."""
    elf = read_elf(vmlinux, source)
    content = elf.content(elf.section(NOTES))
    place = 0
    while place + 12 <= len(content):
        owner_size, size, kind = struct.unpack_from("<III", content, place)
        start = place + 12
        if kind == PHYS32_ENTRY and content[start : start + owner_size] == OWNER:
            return True
        place = start + -(-owner_size // 4) * 4 + -(-size // 4) * 4
    return False
