"""How systemd reads a number or a yes out of an attribute (src/basic/parse-util.c), release by release.

What the kernel writes is read alike by all: dev_port, the indexes and the type in plain decimal; vendor, device,
function_id and dev_id with 0x. Only dev_id is an exception, and other spellings, which no kernel writes.
"""

from __future__ import annotations

import re

__all__ = ["boolean", "decimal", "hexadecimal", "leading", "unsigned"]

UINT, ULONG = 2**32 - 1, 2**64 - 1
_NUMBER = re.compile(r"[ \t\n\v\f\r]*\+?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(r"[ \t\n\v\f\r]*\+?([0-9]+)", re.ASCII)
_HEXADECIMAL = re.compile(r"(?:0[xX])?([0-9a-fA-F]+)", re.ASCII)
_LEADING = {
    0: re.compile(r"[ \t\n\v\f\r]*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)", re.ASCII),
    10: re.compile(r"[ \t\n\v\f\r]*([-+]?)([0-9]+)", re.ASCII),
    16: re.compile(r"[ \t\n\v\f\r]*([-+]?)(?:0[xX](?=[0-9a-fA-F]))?([0-9a-fA-F]+)", re.ASCII),
}
YES, NO = ("1", "yes", "y", "true", "t", "on"), ("0", "no", "n", "false", "f", "off")


def unsigned(text: str | None, limit: int = UINT) -> int | None:
    """The number from 0 to `limit` that `text` writes in base 10, 16 (0x), 8 (0, 0o) or 2 (0b); else None."""
    match = None if text is None or len(text) > 64 else _NUMBER.fullmatch(text)
    if match is None:
        return None
    digits = match[1].lower()
    octal = digits.startswith("0") and digits.isdecimal()
    value = int(digits, 8 if octal else 0)
    return value if value <= limit else None


def decimal(text: str | None, limit: int = ULONG) -> int | None:
    """The number from 0 to `limit` that `text` writes in base 10; else None."""
    match = None if text is None or len(text) > 64 else _DECIMAL.fullmatch(text)
    value = None if match is None else int(match[1])
    return None if value is None or value > limit else value


def hexadecimal(text: str) -> int | None:
    """The number that `text` writes in base 16, with 0x or without; else None."""
    match = _HEXADECIMAL.fullmatch(text)
    return None if match is None else int(match[1], 16)


def leading(text: str | None, base: int) -> int:
    """The number that `text` begins with, 0 if it begins with none: strtoul of C, up to systemd 248.

    `base` 0 knows 0x and the leading 0. What lies outside of 64 bits becomes the largest number; -1 wraps around.
    """
    match = None if text is None else _LEADING[base].match(text[:64])
    if match is None:
        return 0
    digits = match[2].lower()
    octal = base == 0 and digits.startswith("0") and digits.isdecimal()
    value = min(int(digits, 8 if octal else base), ULONG)
    return -value % (ULONG + 1) if match[1] == "-" else value


def boolean(text: str | None) -> bool | None:
    """True or False for a word that systemd takes as such, None for another (parse_boolean)."""
    word = (text or "").lower()
    return True if word in YES else False if word in NO else None
