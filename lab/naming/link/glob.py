"""Shell patterns as fnmatch(3) reads them with no flags: `*` takes `/` and a leading dot as well."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

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
_Letter = Callable[[str], object]  # whether one letter fits


def matches(pattern: str, text: str, ignore_case: bool = False) -> bool:
    """True if the whole of `text` fits `pattern`; a pattern that cannot be read fits nothing.

    Takes at most one step for each pair of a letter of `pattern` and a letter of `text`, whoever wrote them.
    """
    steps = _compiled(pattern, ignore_case)
    return steps is not None and _fits(steps, text)


def _fits(steps: tuple[_Letter | None, ...], text: str) -> bool:
    """Whether `steps` take all of `text`, None being `*`: only the last `*` met is ever tried again, one letter on."""
    step = place = 0
    star, taken = -1, 0  # the last `*`, and where what it takes ends
    while place < len(text):
        fits = steps[step] if step < len(steps) else None
        if step < len(steps) and fits is None:
            star, taken = step, place
            step += 1
        elif fits is not None and fits(text[place]):
            step += 1
            place += 1
        elif star >= 0:
            taken += 1
            step, place = star + 1, taken
        else:
            return False
    return all(left is None for left in steps[step:])


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str, ignore_case: bool) -> tuple[_Letter | None, ...] | None:
    steps: list[_Letter | None] = []
    place = 0
    while place < len(pattern):
        letter = pattern[place]
        place += 1
        if letter == "*":
            steps.append(None)
            continue
        group = re.escape(letter)
        if letter == "?":
            group = "."
        elif letter == "\\":
            if place == len(pattern):
                return None
            group = re.escape(pattern[place])
            place += 1
        elif letter == "[":
            read = _bracket(pattern, place)
            if read is not None:  # else it has no end and is an ordinary letter
                place, group = read
        steps.append(_letter_test(group, ignore_case))
    return tuple(steps)


@functools.lru_cache(maxsize=1024)
def _letter_test(group: str, ignore_case: bool) -> _Letter:
    return re.compile(group, re.DOTALL | (re.IGNORECASE if ignore_case else 0)).fullmatch


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
