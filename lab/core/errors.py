"""The one error a user can cause."""

from __future__ import annotations

__all__ = ["LabError", "printable"]


def printable(text: str) -> str:
    """`text` as one line that a terminal cannot misread: what is not printable becomes a visible escape."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


class LabError(Exception):
    """One line that says what is wrong with which input, and what to do about it.

    The command line prints it to stderr and exits with 2; a widget shows it where the
    input stands. Everything else that is raised is a bug and may show a traceback.
    """

    def __init__(self, message: str) -> None:
        """Keep `message` as one printable line: control characters become visible escapes."""
        super().__init__(printable(message.replace("\n", " ")))
