"""Shell patterns as fnmatch(3) reads them with no flags: `*` takes `/` and a leading dot as well."""

from __future__ import annotations

import functools
import re

__all__ = ["matches"]

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \t",
    "cntrl": "\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": " \t\n\v\f\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


def matches(pattern: str, text: str, ignore_case: bool = False) -> bool:
    """True if the whole of `text` fits `pattern`; a pattern that cannot be read fits nothing."""
    compiled = _compiled(pattern, ignore_case)
    return compiled is not None and compiled.fullmatch(text) is not None


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str] | None:
    parts: list[str] = []
    place = 0
    while place < len(pattern):
        letter = pattern[place]
        place += 1
        if letter == "*":
            if not parts or parts[-1] != ".*":  # two in a row are one, and cost no more
                parts.append(".*")
        elif letter == "?":
            parts.append(".")
        elif letter == "\\":
            if place == len(pattern):
                return None
            parts.append(re.escape(pattern[place]))
            place += 1
        elif letter == "[":
            read = _bracket(pattern, place)
            if read is None:
                parts.append(r"\[")  # no end: an ordinary letter
            else:
                place, group = read
                parts.append(group)
        else:
            parts.append(re.escape(letter))
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _bracket(pattern: str, place: int) -> tuple[int, str] | None:
    """What follows "[" at `place`: where it ends and what it is as a regular expression; None if it has no end."""
    negated = place < len(pattern) and pattern[place] in "!^"
    place += negated
    items: list[str] = []
    first = True
    while place < len(pattern):
        letter = pattern[place]
        if letter == "]" and not first:
            inner = "".join(items)
            if not inner:
                return place + 1, "." if negated else "(?!)"
            return place + 1, f"[{'^' if negated else ''}{inner}]"
        first = False
        if letter == "[" and pattern[place + 1 : place + 2] == ":":
            name, end, _ = pattern[place + 2 :].partition(":]")
            if not end or name not in _CLASSES:
                return None
            items.append(_CLASSES[name])
            place += len(name) + 4
            continue
        low, place = _letter(pattern, place)
        if low is None:
            return None
        if pattern[place : place + 1] == "-" and pattern[place + 1 : place + 2] not in ("", "]"):
            high, place = _letter(pattern, place + 1)
            if high is None:
                return None
            if low <= high:
                items.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            items.append(re.escape(low))
    return None


def _letter(pattern: str, place: int) -> tuple[str | None, int]:
    if pattern[place] == "\\":
        place += 1
        if place == len(pattern):
            return None, place
    return pattern[place], place + 1
