"""Numbers of the ELF format, and bounds, that both ways of reading need."""

from __future__ import annotations

__all__ = ["MAX_SECTIONS", "SHF_COMPRESSED", "SHN_ABS", "SHN_LORESERVE", "SHN_XINDEX"]

MAX_SECTIONS = 100_000
SHN_LORESERVE = 0xFF00  # section numbers from here on mean something else ...
SHN_ABS = 0xFFF1 - 0x10000  # ... and are kept as negative ones, because sections can have these numbers too
SHN_XINDEX = 0xFFFF - 0x10000
SHF_COMPRESSED = 1 << 11
