"""What an interface may be called at all (ifname_valid_full, src/basic/socket-util.c, systemd 014819493639)."""

from __future__ import annotations

import re

__all__ = ["ALTNAME_MAX", "IFNAME_MAX", "refusal"]

IFNAME_MAX = 15  # IFNAMSIZ - 1
ALTNAME_MAX = 127  # ALTIFNAMSIZ - 1
SPECIAL = (".", "..", "all", "default")
FORBIDDEN = ":/%"
# Read as an interface's index (safe_atoi, base 0): no name, lest one be taken for the other.
_NUMBER = re.compile(r"\+?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|[0-9]+)", re.ASCII)
INDEX_MAX = 2**31 - 1


def refusal(name: str, longest: int = IFNAME_MAX) -> str:
    """Why systemd gives no interface this `name`: "too long" or "no valid name"; "" if it may.

    At most 15 bytes (`longest`; an altname has up to 127) of printable ASCII, without blank, colon, slash and percent,
    no number, none of `SPECIAL`. A policy whose name is refused is passed over (src/udev/net/link-config.c). So it
    is in systemd 252 to 262; older releases did not always refuse "%" and the words "all" and "default".
    """
    if len(name.encode("utf-8", "replace")) > longest:
        return "too long"
    plain = all("!" <= letter <= "~" and letter not in FORBIDDEN for letter in name)
    return "" if name and plain and not _is_number(name) and name not in SPECIAL else "no valid name"


def _is_number(name: str) -> bool:
    if name.isdecimal():
        return True
    match = _NUMBER.fullmatch(name)
    if match is None:
        return False
    text = match[1].lower()
    base = {"0x": 16, "0b": 2, "0o": 8}.get(text[:2], 8 if text[0] == "0" else 10)
    digits = text[2:] if base in (16, 2) or text[:2] == "0o" else text
    return all(d in "0123456789abcdef"[:base] for d in digits) and 0 < int(digits, base) <= INDEX_MAX
