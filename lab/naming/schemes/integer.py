"""How systemd 255 and later read an integer out of an attribute (safe_atou_full, base 0, src/basic/parse-util.c).

Earlier releases read dev_port in base 10, and a few odd spellings otherwise. The kernel writes dev_port, the indexes
and the type in plain decimal; vendor, device, function_id and dev_id with 0x.
"""

from __future__ import annotations

import re

__all__ = ["unsigned"]

_NUMBER = re.compile(r"[ \t\n\v\f\r]*\+?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)", re.ASCII)


def unsigned(text: str | None, limit: int = 2**32 - 1) -> int | None:
    """The number from 0 to `limit` that `text` writes in base 10, 16 (0x), 8 (0, 0o) or 2 (0b); else None."""
    match = None if text is None or len(text) > 64 else _NUMBER.fullmatch(text)
    if match is None:
        return None
    digits = match[1].lower()
    octal = digits.startswith("0") and digits.isdecimal()
    value = int(digits, 8 if octal else 0)
    return value if value <= limit else None
