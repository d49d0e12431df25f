"""The tables of some owners (a kernel, modules) in memory: as read just now, or as an older index holds them."""

from __future__ import annotations

import dataclasses
import sys
from array import array
from collections.abc import Mapping, Sequence
from itertools import accumulate

from lab.symbols.store.format import SECTIONS, Numbers

__all__ = ["BLOCKS", "LIMIT_OWNERS", "NAME_COLUMNS", "OWNER_COLUMNS", "STRING_COLUMNS", "Part", "Recorder", "offsets"]

LIMIT_OWNERS = 0xFFFF  # kmod refuses as many modules; an owner's number has 16 bits

OWNER_COLUMNS = tuple(name for name in SECTIONS if name.startswith("owner_"))
# column of starts -> the columns that it cuts
BLOCKS: dict[str, tuple[str, ...]] = {
    "space_start": ("space",),
    "export_start": tuple(n for n in SECTIONS if n.startswith("export_") and n != "export_start"),
    "need_start": ("need_name", "need_crc", "need_flags"),
    "check_start": ("check_name", "check_crc"),
}
NAME_COLUMNS = ("export_name", "need_name", "check_name")
DERIVED_COLUMNS = ("sorted_start", "sorted_export", "importer_start", "importer")
STRING_COLUMNS = ("owner_licence", "owner_vermagic", "space", "export_section", "export_space")


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """Owners with their tables; `names` and `strings` are what the numbers in this part's columns stand for.

    `derived`: of an older index, its tables by name (`DERIVED_COLUMNS`); its names and strings are sorted.
    """

    paths: Sequence[bytes]
    names: Sequence[bytes]
    strings: Sequence[bytes]
    columns: Mapping[str, Numbers]
    derived: Mapping[str, Numbers]


class Recorder:
    """Fills a part, owner by owner: `open`, then exports, needs and checks, then the next `open`."""

    def __init__(self) -> None:
        self._paths: list[bytes] = []
        self._names: dict[bytes, int] = {}
        self._strings: dict[bytes, int] = {b"": 0}
        wanted = (*OWNER_COLUMNS, *BLOCKS, *(c for columns in BLOCKS.values() for c in columns))
        self._columns: dict[str, array[int]] = {name: array(SECTIONS[name]) for name in wanted}

    def open(self, path: bytes, **facts: int) -> None:
        """Begin the next owner; `facts` are its `OWNER_COLUMNS` without the prefix."""
        self._paths.append(path)
        for name in OWNER_COLUMNS:
            self._columns[name].append(facts[name.removeprefix("owner_")])
        for start, columns in BLOCKS.items():
            self._columns[start].append(len(self._columns[columns[0]]))

    def string(self, text: bytes) -> int:
        """The number of a string in this part."""
        return self._strings.setdefault(text, len(self._strings))

    def space(self, text: bytes) -> None:
        """A namespace that the owner imports."""
        self._columns["space"].append(self.string(text))

    def export(self, name: bytes, value: int, section: bytes, crc: int, space: bytes, flags: int) -> None:
        """An export of the owner."""
        row = (self._name(name), value, self.string(section), crc, self.string(space), flags)
        for column, number in zip(BLOCKS["export_start"], row, strict=True):
            self._columns[column].append(number)

    def needs(self, names: Sequence[bytes], crcs: Sequence[int], flags: bytes) -> None:
        """What the owner asks for, each name once."""
        self._columns["need_name"].extend(map(self._name, names))
        self._columns["need_crc"].extend(crcs)
        self._columns["need_flags"].frombytes(flags)

    def check(self, name: bytes, crc: int) -> None:
        """A name whose CRC is checked though the owner does not ask for it."""
        self._columns["check_name"].append(self._name(name))
        self._columns["check_crc"].append(crc)

    def _name(self, name: bytes) -> int:
        return self._names.setdefault(name, len(self._names))

    def part(self) -> Part:
        """What was recorded."""
        for start, columns in BLOCKS.items():
            self._columns[start].append(len(self._columns[columns[0]]))
        return Part(self._paths, list(self._names), list(self._strings), self._columns, {})


def offsets(texts: Sequence[bytes]) -> array[int]:
    """Where each of the NUL-terminated `texts` begins, and the end."""
    return array("I", accumulate([len(text) + 1 for text in texts], initial=0))


if array("I").itemsize != 4 or array("Q").itemsize != 8:  # pragma: no cover
    raise ImportError(f"arrays of {sys.platform} are of other sizes than the index file's columns")
