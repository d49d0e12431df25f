"""What an interface may be called at all (ifname_valid_full, src/basic/socket-util.c, systemd 014819493639)."""

from __future__ import annotations

__all__ = ["IFNAME_MAX", "refusal"]

IFNAME_MAX = 15  # IFNAMSIZ - 1
SPECIAL = (".", "..", "all", "default")
FORBIDDEN = ":/%"


def refusal(name: str) -> str:
    """Why systemd gives no interface this `name`: "too long" or "no valid name"; "" if it may.

    At most 15 bytes of printable ASCII, without blank, colon, slash and percent, not digits alone, none of
    `SPECIAL`. A policy whose name is refused is passed over (src/udev/net/link-config.c). Releases differ at the
    edge: "%" and the words "all" and "default" were not always refused.
    """
    if len(name.encode()) > IFNAME_MAX:
        return "too long"
    plain = all("!" <= letter <= "~" and letter not in FORBIDDEN for letter in name)
    return "" if name and plain and not name.isdecimal() and name not in SPECIAL else "no valid name"
