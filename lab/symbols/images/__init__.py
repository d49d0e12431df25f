"""Forms of kernel images: a file for each, found through this table.

To add one: write its file with `matches(data) -> bool` and `unwrap(data, source, limit) -> Inner`, add a line.
"""

from __future__ import annotations

from collections.abc import Callable

from lab.symbols.images import arm64, bzimage, riscv, s390, selfextract, uimage, uki, zboot, zimage
from lab.symbols.images.inner import Inner

__all__ = ["FORMATS", "Inner"]

# name -> (does the image begin like it, take off this wrapping); asked in this order
FORMATS: dict[str, tuple[Callable[[bytes], bool], Callable[[bytes, str, int], Inner]]] = {
    "bzImage": (bzimage.matches, bzimage.unwrap),
    "EFI zboot": (zboot.matches, zboot.unwrap),
    "arm64 Image": (arm64.matches, arm64.unwrap),
    "RISC-V Image": (riscv.matches, riscv.unwrap),
    "ARM zImage": (zimage.matches, zimage.unwrap),
    "s390 boot image": (s390.matches, s390.unwrap),
    "U-Boot uImage": (uimage.matches, uimage.unwrap),
    "unified kernel image": (uki.matches, uki.unwrap),
    "self-extracting ELF": (selfextract.matches, selfextract.unwrap),
}
