"""Hardware addresses as they stand in text: with a separator or none, with a prefix or bare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

__all__ = ["addresses", "anywhere", "respelled"]

_SEPARATOR = "[:_. -]"
_DIGITS = r"[0-9a-f]"
# aa:bb:cc:dd:ee:ff with any one separator, and longer addresses: of InfiniBand, FireWire
_SPELLED = re.compile(
    rf"(?<![0-9a-z]){_DIGITS}{{2}}({_SEPARATOR}){_DIGITS}{{2}}(?:\1{_DIGITS}{{2}}){{4,18}}(?![0-9a-z])", re.IGNORECASE
)
_DOTTED = re.compile(rf"(?<![0-9a-z]){_DIGITS}{{4}}\.{_DIGITS}{{4}}\.{_DIGITS}{{4}}(?![0-9a-z])", re.IGNORECASE)
# enx525400000001, 0x525400000001, 525400000001
_BARE = re.compile(rf"(?<![a-z0-9])(?:[a-z]{{2}}x|0x)?({_DIGITS}{{12}})(?![0-9a-z])", re.IGNORECASE)
_NAMED = re.compile(rf"(?<![a-z0-9])[a-z]{{2}}x({_DIGITS}{{12}})(?!{_DIGITS})", re.IGNORECASE)  # enx525400000001np0


def addresses(text: str) -> Iterator[bytes]:
    """Every address that `text` spells."""
    for match in _SPELLED.finditer(text):
        yield bytes.fromhex(match[0].replace(match[1], ""))
    for match in _DOTTED.finditer(text):
        yield bytes.fromhex(match[0].replace(".", ""))
    for pattern in (_BARE, _NAMED):
        for match in pattern.finditer(text):
            yield bytes.fromhex(match[1])


def anywhere(known: Iterable[str]) -> list[str]:
    """For each address (its digits), the pattern of it with any separators or none, wherever it stands."""
    return [f"{_SEPARATOR}?".join(old[i : i + 2] for i in range(0, len(old), 2)) for old in known]


def respelled(found: str, replaced: Mapping[str, str]) -> str:
    """The address `found` digit by digit as `replaced` has it, so that its separators and capitals stay."""
    digits = re.sub(_SEPARATOR, "", found)
    new = iter(replaced[digits.lower()])
    upper = digits.isupper()
    return "".join(c if c in ":_. -" else next(new).upper() if upper else next(new) for c in found)
