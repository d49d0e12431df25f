"""The words of one value, as systemd splits it (extract_first_word, src/basic/extract-word.c)."""

from __future__ import annotations

__all__ = ["BLANK", "words"]

BLANK = " \t\n\r"
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " "}


def words(value: str, quotes: bool = False, escapes: bool = False) -> tuple[list[str], bool]:
    """The words of `value`, and whether all of it could be read; what stands before a mistake counts.

    `quotes`: single and double quotes hold a word together and are taken away. `escapes`: backslashes are C's;
    without it they stay as they are.
    """
    found: list[str] = []
    word, quote, place = None, "", 0
    while place < len(value):
        letter = value[place]
        place += 1
        if letter == "\\" and escapes:
            read = _escape(value, place)
            if read is None:
                return found, False
            letter, place = read
            word = (word or "") + letter
        elif quote:
            if letter == quote:
                quote = ""
            else:
                word = (word or "") + letter
        elif quotes and letter in "'\"":
            quote, word = letter, word or ""
        elif letter in BLANK:
            if word is not None:
                found.append(word)
            word = None
        else:
            word = (word or "") + letter
    if quote:
        return found, False
    return found if word is None else [*found, word], True


def _escape(value: str, place: int) -> tuple[str, int] | None:
    """What the backslash before `place` stands for, and where it ends; None if it stands for nothing."""
    letter = value[place : place + 1]
    if letter in ("\\", '"', "'"):
        return letter, place + 1
    if letter in _ESCAPES:
        return _ESCAPES[letter], place + 1
    for mark, length, base in (("x", 2, 16), ("", 3, 8)):
        digits = value[place + len(mark) : place + len(mark) + length]
        if letter.startswith(mark) and len(digits) == length and digits.isascii() and digits.isalnum():
            try:
                code = int(digits, base)
            except ValueError:
                continue
            return (chr(code), place + len(mark) + length) if 0 < code < 128 else None
    return None
