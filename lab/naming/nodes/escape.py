r"""File names as udev writes them below /dev/disk/by-label: what is not plain becomes `\x20`."""

from __future__ import annotations

from lab.naming.trace import Refused

__all__ = ["NAME_MAX", "escape"]

NAME_MAX = 255  # bytes of one file name
_PLAIN = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#+-.:=@_")


def escape(text: str) -> str:
    r"""`text` as one file name: ASCII letters, digits, "#+-.:=@_" and other letters of UTF-8 stay, the rest is `\xNN`.

    So does udev with a label (encode_devnode_name, src/shared/device-nodes.c, systemd 252). Raises `Refused` for
    what is no file name even so: an empty text, ".", "..", or more than 255 bytes.
    """
    found = "".join(c if ord(c) in _PLAIN or _is_letter(c) else _hex(c) for c in text)
    if found in ("", ".", ".."):
        raise Refused(f"{text!r} is no name of a file")
    if len(found.encode()) > NAME_MAX:
        raise Refused(f"the name would have more than {NAME_MAX} bytes")
    return found


def _is_letter(letter: str) -> bool:
    """Every character beyond ASCII that UTF-8 can write (half a surrogate pair it cannot)."""
    return ord(letter) > 0x7F and not 0xD800 <= ord(letter) <= 0xDFFF


def _hex(letter: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogatepass"))
