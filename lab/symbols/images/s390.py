"""The s390 boot image: a program that unpacks the kernel's memory (arch/s390/boot/vmlinux.lds.S).

It begins with the PSW and channel program of an IPL; "S390EP" at 0x10008 marks the entry point.
"""

from __future__ import annotations

from lab.symbols.images.inner import Inner, search

__all__ = ["matches", "unwrap"]

MARK = b"S390EP"
MARK_AT = 0x10008
IPL = b"\x00\x08\x00\x00\x80"
EM_S390 = 22


def matches(data: bytes) -> bool:
    """Whether `data` begins as an s390 boot image."""
    return data[MARK_AT : MARK_AT + len(MARK)] == MARK or data.startswith(IPL)


def unwrap(data: bytes, source: str, limit: int) -> Inner:
    """The kernel, an ELF file or bare memory; raises `LabError` if the image is truncated or damaged."""
    inner, name = search(data, source, limit, "the s390 boot image")
    return Inner(inner, f"s390 boot image, {name} payload", not inner.startswith(b"\x7fELF"), EM_S390, 64, ">")
