"""The tables of an open index, row by row; every number is checked before it leads anywhere."""

from __future__ import annotations

import os

from lab.symbols.store.format import (
    FLAG_GPL,
    FLAG_HAS_CRC,
    FLAG_HAS_VALUE,
    FLAG_HIDDEN,
    FLAG_SIGNED,
    class_parts,
)
from lab.symbols.store.mapped import Mapped
from lab.symbols.store.rows import KERNEL, Module, Row
from lab.symbols.store.scan import name_of

__all__ = ["Tables", "raw", "shown"]

PARTS = ("name", "value", "section", "crc", "space", "flags")
FACTS = ("size", "mtime", "licence", "vermagic", "machine", "class", "flags")


class Tables:
    """What the questions of `lab.symbols.store.index` are made of."""

    def __init__(self, mapped: Mapped) -> None:
        self._mapped = mapped

    def number(self, name: str | bytes) -> int | None:
        """The number of a name that is exported or asked for; None for others."""
        wanted = raw(name)
        number = self._first_not_below(wanted)
        return number if number < self._names() and self._name_bytes(number) == wanted else None

    def provider(self, number: int) -> int | None:
        """Who answers for the name `number`: None nobody, -1 the kernel, else a module's row.

        The kernel goes first, as in find_symbol() (kernel/module/main.c); of several modules one that is not
        hidden, the first by name.
        """
        best: int | None = None
        for row in self._exports_of(number):
            owner = self._owner_of(row)
            if owner == 0:
                return -1
            shown = not self._mapped.column("owner_flags")[owner] & FLAG_HIDDEN
            if shown:
                return owner - 1
            best = owner - 1 if best is None else best
        return best

    def need_numbers(self, row: int) -> list[int]:
        """The numbers of the names that module `row` asks for."""
        first, last = self._cut("need_start", row + 1, "need_name")
        return self._mapped.column("need_name")[first:last].tolist()

    def export_numbers(self, row: int) -> list[int]:
        """The numbers of the names that module `row` (-1: the kernel) exports."""
        first, last = self._cut("export_start", row + 1, "export_name")
        return self._mapped.column("export_name")[first:last].tolist()

    def importer_rows(self, number: int) -> list[int]:
        """Rows of the modules that ask for the name `number`."""
        first, last = self._cut("importer_start", number, "importer")
        return [owner - 1 for owner in self._mapped.column("importer")[first:last]]

    def name(self, number: int) -> str:
        """The name that a number stands for."""
        return self._name(number)

    def _first_not_below(self, wanted: bytes) -> int:
        low, high = 0, self._names()
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._name_bytes(middle) < wanted else (low, middle)
        return low

    def _names(self) -> int:
        return len(self._mapped.column("name_at")) - 1

    def _owners(self) -> int:
        return len(self._mapped.column("path_at")) - 1

    def _name_bytes(self, number: int) -> bytes:
        return self._text("name", number)

    def _name(self, number: int) -> str:
        return shown(self._text("name", number))

    def _string(self, number: int) -> str:
        return shown(self._text("string", number))

    def _path(self, owner: int) -> bytes:
        return self._text("path", owner)

    def _text(self, kind: str, number: int) -> bytes:
        first, last = self._cut(f"{kind}_at", number, f"{kind}s")
        return bytes(self._mapped.content(f"{kind}s")[first : last - 1])

    def _cut(self, starts: str, row: int, table: str) -> tuple[int, int]:
        """The rows of `table` that belong to `row`, which are there."""
        column = self._mapped.column(starts)
        if not 0 <= row < len(column) - 1:
            raise self._mapped.damaged(starts)
        first, last = column[row], column[row + 1]
        if not first <= last <= len(self._mapped.column(table)):
            raise self._mapped.damaged(starts)
        return first, last

    def _exports_of(self, number: int) -> list[int]:
        first, last = self._cut("sorted_start", number, "sorted_export")
        return self._mapped.column("sorted_export")[first:last].tolist()

    def _owner_of(self, export: int) -> int:
        """The owner of a row of the export table: the last one that begins at or before it."""
        starts = self._mapped.column("export_start")
        low, high = 0, self._owners()
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if starts[middle] <= export else (low, middle)
        return low

    def _export(self, row: int) -> Row:
        owner = self._owner_of(row)
        try:
            name, value, section, crc, space, flags = (self._mapped.column(f"export_{part}")[row] for part in PARTS)
        except IndexError:
            raise self._mapped.damaged("sorted_export") from None
        return Row(
            name=self._name(name),
            owner=shown(name_of(self._path(owner))) if owner else KERNEL,
            address=value if flags & FLAG_HAS_VALUE else None,
            section=self._string(section),
            crc=crc if flags & FLAG_HAS_CRC else None,
            namespace=self._string(space) or None,
            gpl=bool(flags & FLAG_GPL),
            module=owner - 1 if owner else None,
        )

    def _module(self, owner: int) -> Module:
        column, path = self._mapped.column, self._path(owner)
        try:
            size, mtime, licence, vermagic, machine, kind, flags = (column(f"owner_{part}")[owner] for part in FACTS)
        except IndexError:
            raise self._mapped.damaged("owner_size") from None
        first, last = self._cut("space_start", owner, "space")
        bits, order = class_parts(kind)
        return Module(
            row=owner - 1,
            name=shown(name_of(path)),
            path=os.fsdecode(path),
            licence=self._string(licence),
            vermagic=self._string(vermagic),
            imports=tuple(map(self._string, column("space")[first:last])),
            signed=bool(flags & FLAG_SIGNED),
            machine=machine,
            bits=bits,
            order=order,
            size=size,
            mtime_ns=mtime,
            hidden=bool(flags & FLAG_HIDDEN),
        )


def raw(name: str | bytes) -> bytes:
    """A name as the files hold it."""
    return name.encode("utf-8", "surrogateescape") if isinstance(name, str) else name


def shown(text: bytes) -> str:
    """A text of the files as a person reads it."""
    return text.decode("utf-8", "backslashreplace")
