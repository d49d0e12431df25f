"""The RISC-V Image: memory of the kernel from `_start` on (Documentation/arch/riscv/boot-image-header.rst)."""

from __future__ import annotations

from lab.core.errors import LabError
from lab.symbols.images.inner import Inner

__all__ = ["matches", "unwrap"]

HEADER = 0x40
EM_RISCV = 243


def matches(data: bytes) -> bool:
    """Whether `data` has the header of a RISC-V Image."""
    return data[0x38:0x3C] == b"RSC\x05" or (data[0x30:0x36] == b"RISCV\0" and data[0x38:0x3C] in (b"", bytes(4)))


def unwrap(data: bytes, source: str, limit: int) -> Inner:
    """The kernel's memory; raises `LabError` if the header is cut off."""
    if len(data) < HEADER:
        raise LabError(f"{source}: the RISC-V Image ends inside its header; fetch it again")
    return Inner(data, "RISC-V Image", True, EM_RISCV)
