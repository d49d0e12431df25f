"""The one error a user can cause."""

from __future__ import annotations

__all__ = ["LabError", "printable", "visible"]

# what a terminal obeys: controls but newline and tab, marks and overrides of the writing direction
_CONTROLS = (*range(9), *range(11, 32), *range(127, 160))
_DIRECTION = (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))  # Unicode Standard Annex 9
_OBEYED = {code: f"\\x{code:02x}" for code in (*_CONTROLS, *_DIRECTION)}


def printable(text: str) -> str:
    """`text` as one line that a terminal cannot misread: what is not printable becomes a visible escape."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def visible(text: str) -> str:
    """The lines of `text` as they are, but for what a terminal would obey: that becomes a visible escape."""
    return text.translate(_OBEYED)


class LabError(Exception):
    """One line that says what is wrong with which input, and what to do about it.

    The command line prints it to stderr and exits with 2; a widget shows it where the
    input stands. Everything else that is raised is a bug and may show a traceback.
    """

    def __init__(self, message: str) -> None:
        """Keep `message` as one printable line: control characters become visible escapes."""
        super().__init__(printable(message.replace("\n", " ")))
