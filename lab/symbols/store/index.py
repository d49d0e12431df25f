"""The open index: questions answered straight from the mapped file, O(log n) for a name."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import overload

from lab.symbols.store.about import read_about
from lab.symbols.store.format import (
    FLAG_GPL,
    FLAG_HAS_CRC,
    FLAG_WEAK,
)
from lab.symbols.store.mapped import Mapped
from lab.symbols.store.near import near
from lab.symbols.store.rows import KERNEL, KernelFacts, Module, Need, Row
from lab.symbols.store.scan import name_of
from lab.symbols.store.tables import Tables, raw, shown

__all__ = ["Index", "Modules", "open_index"]


def open_index(path: Path | str) -> Index:
    """Map the index file at `path`.

    Only its header is read and checked here; each table is checked (bounds, CRC-32) when it is first asked for.
    Raises `LabError` for another kind of file, a version not known here, truncation or damage; so do all questions.
    """
    mapped = Mapped(path)
    try:
        return Index(mapped)
    except BaseException:
        mapped.close()
        raise


class Index(Tables):
    """A kernel with all its modules. Names may be given as text or as the bytes that the files hold."""

    def __init__(self, mapped: Mapped) -> None:
        about = read_about(mapped)
        super().__init__(mapped)
        self._image = about.kernel
        self.path = mapped.source
        self.folder = about.folder  # of the modules that were indexed, absolute; "" for none

    def __enter__(self) -> Index:
        """The index itself; the file is unmapped on leaving."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Unmap the file."""
        self.close()

    def close(self) -> None:
        """Unmap the file; what was answered stays valid, nothing more can be asked."""
        self._mapped.close()

    @functools.cached_property
    def kernel(self) -> KernelFacts:
        """The image that was indexed."""
        i = self._image
        words = i.banner.split() if i.banner.startswith("Linux version ") else []
        vermagic = next((v for v in self.vermagics() if v), "") if len(words) < 3 else ""
        release = words[2] if len(words) > 2 else vermagic.partition(" ")[0]
        return KernelFacts(
            i.path, i.form, i.size, i.mtime_ns, i.banner, release, i.machine, i.bits, i.order, i.vermagic, i.force_load
        )

    @property
    def modules(self) -> Modules:
        """Every module file, sorted by (name, path); an item is decoded when it is taken."""
        return Modules(self)

    @functools.cached_property
    def builtin(self) -> tuple[str, ...]:
        """Names of the modules that are built into the kernel (modules.builtin beside the tree), sorted."""
        return tuple(map(shown, self._mapped.texts("builtin")))

    @functools.cached_property
    def has_crc(self) -> bool:
        """Whether the kernel's exports carry CRCs (CONFIG_MODVERSIONS)."""
        first, last = self._cut("export_start", 0, "export_flags")
        return any(flags & FLAG_HAS_CRC for flags in self._mapped.column("export_flags")[first:last])

    def vermagics(self) -> dict[str, int]:
        """Each vermagic that modules state ("" for none) -> how many state it, most frequent first."""
        counts = Counter(self._mapped.column("owner_vermagic")[1:])
        return {self._string(number): count for number, count in sorted(counts.items(), key=lambda c: (-c[1], c[0]))}

    def namespaces(self) -> dict[str, int]:
        """Each namespace -> how many exports are in it, by name."""
        counts = Counter(self._mapped.column("export_space"))
        return {text: counts[number] for number in sorted(counts) if (text := self._string(number))}

    def counts(self) -> dict[str, int]:
        """Sizes of the tables: modules, names, exports, those of the kernel, needs, built-in modules."""
        return {
            "modules": len(self.modules),
            "names": len(self._mapped.column("name_at")) - 1,
            "exports": len(self._mapped.column("export_name")),
            "kernel": self._cut("export_start", 0, "export_name")[1],
            "needs": len(self._mapped.column("need_name")),
            "builtin": len(self.builtin),
        }

    def find(self, name: str | bytes) -> tuple[Row, ...]:
        """The exports called `name`: the kernel's first, then modules by row; () if nobody exports it."""
        number = self.number(name)
        return () if number is None else tuple(map(self._export, self._exports_of(number)))

    def prefixed(self, prefix: str | bytes, limit: int) -> tuple[Row, ...]:
        """The first `limit` exports whose names begin with `prefix`, by name."""
        wanted = raw(prefix)
        return tuple(islice(self._prefixed(wanted), limit))

    def near(self, name: str | bytes, limit: int = 5) -> tuple[str, ...]:
        """Exported names that look like `name`, likeliest first."""
        starts = self._mapped.column("sorted_start")
        names = self._mapped.texts("names")
        exported = [n for n, a, b in zip(names, starts, starts[1:], strict=False) if a != b]
        return tuple(map(shown, near(raw(name), exported, limit)))

    def importers(self, name: str | bytes) -> tuple[Module, ...]:
        """The modules with an undefined symbol `name`, by row (also those for which it is weak)."""
        number = self.number(name)
        return () if number is None else tuple(self.modules[row] for row in self.importer_rows(number))

    def files(self, name: str) -> tuple[Module, ...]:
        """Every module file of that name (`-` and `_` are the same), the one that is loaded first."""
        wanted = name_of(os.fsencode(name))
        low, high = 1, self._owners()
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if name_of(self._path(middle)) < wanted else (low, middle)
        found = []
        while low < self._owners() and name_of(self._path(low)) == wanted:
            found.append(self._module(low))
            low += 1
        return tuple(sorted(found, key=lambda m: m.hidden))

    def module(self, name: str) -> Module | None:
        """The module of that name that is loaded; None if there is none."""
        return next(iter(self.files(name)), None)

    def exports(self, module: Module | None) -> tuple[Row, ...]:
        """What a module (None: the kernel) exports, in the order of its tables."""
        first, last = self._cut("export_start", 0 if module is None else module.row + 1, "export_name")
        return tuple(map(self._export, range(first, last)))

    def undefined(self, module: Module) -> tuple[Need, ...]:
        """What a module asks for, in the order in which the loader resolves it; then the names only checked."""
        column = self._mapped.column
        first, last = self._cut("need_start", module.row + 1, "need_name")
        asked = zip(*(column(f"need_{part}")[first:last] for part in ("name", "crc", "flags")), strict=True)
        needs = [Need(self._name(n), c if f & FLAG_HAS_CRC else None, bool(f & FLAG_WEAK), False) for n, c, f in asked]
        first, last = self._cut("check_start", module.row + 1, "check_name")
        checked = zip(column("check_name")[first:last], column("check_crc")[first:last], strict=True)
        return (*needs, *(Need(self._name(n), c, False, True) for n, c in checked))

    def listing(self) -> list[tuple[str, str, int | None, str | None, bool]]:
        """(name, owner, CRC, namespace, GPL only) of every export, by owner; much faster than row by row."""
        column = self._mapped.column
        names, strings = ([shown(t) for t in self._mapped.texts(kind)] for kind in ("names", "strings"))
        owners = [shown(name_of(path)) or KERNEL for path in self._mapped.texts("paths")]
        of = [
            name for owner, name in enumerate(owners) for _ in range(*self._cut("export_start", owner, "export_name"))
        ]
        rows = (column(f"export_{part}") for part in ("name", "crc", "space", "flags"))
        try:
            return [
                (names[n], owner, crc if f & FLAG_HAS_CRC else None, strings[space] or None, bool(f & FLAG_GPL))
                for owner, n, crc, space, f in zip(of, *rows, strict=True)
            ]
        except (IndexError, ValueError):
            raise self._mapped.damaged("export_name") from None

    def _prefixed(self, wanted: bytes) -> Iterator[Row]:
        for number in range(self._first_not_below(wanted), self._names()):
            if not self._name_bytes(number).startswith(wanted):
                return
            yield from map(self._export, self._exports_of(number))


class Modules(Sequence[Module]):
    """The modules of an index as a sequence that decodes what is taken."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def __len__(self) -> int:
        """How many module files."""
        return max(0, self._index._owners() - 1)

    @overload
    def __getitem__(self, row: int) -> Module: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[Module, ...]: ...
    def __getitem__(self, row: int | slice) -> Module | tuple[Module, ...]:
        """A module, or several; raises `IndexError` where there is none."""
        if isinstance(row, slice):
            return tuple(self._index._module(r + 1) for r in range(len(self))[row])
        return self._index._module(range(len(self))[row] + 1)
