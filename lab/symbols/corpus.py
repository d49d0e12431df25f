"""All exports of a kernel and its modules, and what every module asks for, in columns."""

from __future__ import annotations

import dataclasses
import functools
from array import array
from collections.abc import Iterator, Sequence

from lab.core import dataset
from lab.core.errors import LabError
from lab.symbols.exports import Export
from lab.symbols.ksymtab import Ksymtab, ksymtab

__all__ = ["BUNDLED", "Corpus", "Exports", "References", "Stated", "bundled"]

BUNDLED = "symbols/debian-6.1.0-56-amd64"
GPL, HAS_CRC = 1, 2  # bits of a flag byte of an export
WEAK = 1  # of a reference, beside HAS_CRC


@dataclasses.dataclass(frozen=True, slots=True)
class Exports:
    """Exported symbols, the kernel's own (`kernel` of them) first, then each module's.

    Within an owner the ones for every module come before the GPL-only ones, each sorted by name, as the
    linker lays them out. `owner` and `namespace` are indices into `owners` and `namespaces` (0 is none).
    """

    names: tuple[bytes, ...]
    kernel: int
    owners: tuple[str, ...]
    namespaces: tuple[str, ...]
    owner: array[int]
    namespace: array[int]
    crc: array[int]
    flags: bytes

    def __len__(self) -> int:
        """How many exports there are."""
        return len(self.names)

    def export(self, row: int) -> Export:
        """Export number `row` as an object."""
        return Export(
            name=self.names[row].decode("utf-8", "backslashreplace"),
            owner=self.owners[self.owner[row]],
            address=None,
            section="",
            crc=self.crc[row] if self.flags[row] & HAS_CRC else None,
            namespace=self.namespaces[self.namespace[row]] or None,
            gpl=bool(self.flags[row] & GPL),
        )

    def table(self, rows: Sequence[int], layout: str) -> Ksymtab:
        """The lookup table of the exports `rows`."""
        names, flags = self.names, self.flags
        plain = [(names[r], r) for r in rows if not flags[r] & GPL]
        return ksymtab(plain, [(names[r], r) for r in rows if flags[r] & GPL], layout)


@dataclasses.dataclass(frozen=True, slots=True)
class References:
    """Undefined symbols of each module in the order of its symbol table, and the order of its `__versions`.

    Module m asks for `symbols[starts[m]:starts[m + 1]]`: rows of the exports; numbers from there on are
    `unresolved` names. `versions`: position, within its module, of the reference that each record of
    `__versions` is about. `trailing`: records behind those (`module_layout`), per module; there from Linux 5.19
    on, before it stood first (then it is counted here too, but each scan passes it once).
    """

    modules: tuple[str, ...]
    starts: array[int]
    symbols: array[int]
    versions: array[int]
    trailing: array[int]
    unresolved: tuple[bytes, ...]

    def __len__(self) -> int:
        """How many references there are."""
        return len(self.symbols)

    def each(self) -> Iterator[tuple[str, int, int]]:
        """Each module with the first and the end of its references."""
        for m, name in enumerate(self.modules):
            yield name, self.starts[m], self.starts[m + 1]


@dataclasses.dataclass(frozen=True, slots=True)
class Stated:
    """What a kernel and its modules say of themselves, beside names.

    The kernel: `banner` ("Linux version ..." or ""), `form` of its image, `machine` (ELF e_machine), `bits`, `order`,
    `vermagic` and `force_load` as in `lab.symbols.kernel.Kernel`; `builtin` names the modules that are part of it.

    By module, in the order of `References.modules`: `paths` relative to the folder; `licences` and `vermagics`, numbers
    of `texts` (0 is none; several licences are joined by " / "); `machines`, `classes` and `flags` as in
    `lab.symbols.store.format`. Module m imports the namespaces `imports[import_starts[m]:import_starts[m + 1]]`
    (numbers of `texts`), and in its `__versions` there is, beside what it asks for, `checked[checked_starts[m]:...]`
    (numbers as in `References.symbols`) with `checked_crcs`.

    By reference: `asked` (bits `WEAK` and `HAS_CRC`) and `crc_off`, the CRC that the module was built against xor
    that of the export (0 where there is none).
    """

    banner: str
    form: str
    machine: int
    bits: int
    order: str
    vermagic: str
    force_load: bool | None
    builtin: tuple[str, ...]
    texts: tuple[str, ...]
    paths: tuple[str, ...]
    licences: array[int]
    vermagics: array[int]
    machines: array[int]
    classes: bytes
    flags: bytes
    import_starts: array[int]
    imports: array[int]
    checked_starts: array[int]
    checked: array[int]
    checked_crcs: array[int]
    asked: bytes
    crc_off: array[int]


@dataclasses.dataclass(frozen=True, slots=True)
class Corpus:
    """One kernel with all its modules; `origin` says which."""

    origin: str
    exports: Exports
    references: References
    stated: Stated

    def asked_for(self, symbol: int) -> bytes:
        """The name that an entry of `references.symbols` stands for."""
        known = len(self.exports)
        return self.exports.names[symbol] if symbol < known else self.references.unresolved[symbol - known]


@functools.lru_cache(maxsize=1)
def bundled() -> Corpus:
    """The data set that comes with the lab; raises `LabError` if it was damaged."""
    from lab.symbols.pack import load

    found = dataset.find(BUNDLED)
    try:
        return load(found.path)
    except LabError as error:
        raise LabError(f"{error}; install the lab again") from None
