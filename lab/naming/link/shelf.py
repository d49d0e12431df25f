"""The `.link` files of a system in their order, found by the address or the place that they ask for first."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from lab.naming.link.environment import Environment
from lab.naming.link.facts import Facts
from lab.naming.link.file import LinkFile, hardware_address
from lab.naming.link.match import match

__all__ = ["Earlier", "Shelf"]

_LITERAL = re.compile(r"[^!*?\[\\][^*?\[\\]*")  # a pattern that fits one text only


class Shelf:
    """`files` as they are asked; `asked` leaves out those that cannot be for an interface and change nothing for it.

    Of a file without conditions whose first key lists addresses or one place, an interface that has none of these
    learns nothing: the first key that does not fit ends the question (see `match`).
    """

    def __init__(self, files: Sequence[LinkFile]) -> None:
        self.files = tuple(files)
        self._all: list[int] = []  # those that every interface is asked about
        self._held: dict[tuple[str, bytes | str | None], list[int]] = {}
        self._by_key: dict[str, list[int]] = {}
        for place, link in enumerate(self.files):
            key, values = _first_key(link)
            if not values:
                self._all.append(place)
                continue
            self._by_key.setdefault(key, []).append(place)
            for value in values:
                self._held.setdefault((key, value), []).append(place)

    def asked(self, facts: Facts) -> list[int]:
        """The places in `files` of those to be asked about the interface of `facts`, in order."""
        places = set(self._all)
        own = {"MACAddress": facts.mac, "PermanentMACAddress": facts.permanent, "Path": facts.path}
        for key, value in own.items():
            if key in facts.unknown:  # then even a file that does not fit makes the answer uncertain
                places.update(self._by_key.get(key, ()))
            elif value is not None:
                places.update(self._held.get((key, value), ()))
        return sorted(places)


def _first_key(link: LinkFile) -> tuple[str, set[bytes | str | None]]:
    """The key of [Match] that is asked first, and the values it may have; none if it is no list of such values."""
    key, patterns = next(((k, p) for k, p in link.match.items() if p), ("", ()))
    if link.conditions:
        return key, set()
    if key in ("MACAddress", "PermanentMACAddress"):
        return key, {hardware_address(pattern) for pattern in patterns}
    if key == "Path" and all(_LITERAL.fullmatch(pattern) for pattern in patterns):
        return key, set(patterns)
    return key, set()


@dataclasses.dataclass(frozen=True, slots=True)
class Earlier:
    """The first `count` of `files`, asked before the one that applies; why each does not is told on demand."""

    files: tuple[LinkFile, ...]
    count: int
    facts: Facts
    environment: Environment
    first_name_known: bool

    def told(self) -> tuple[tuple[str, str], ...]:
        """Path and reason of each."""
        return tuple(
            (link.path, match(link, self.facts, self.environment, self.first_name_known).why)
            for link in self.files[: self.count]
        )
