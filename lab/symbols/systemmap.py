"""`System.map` and `/proc/kallsyms`: address, type letter, name and, in the latter, the module in brackets.

The letters are those of nm(1); kernel/kallsyms.c prints zeros for addresses it hides (`kptr_restrict`).
"""

from __future__ import annotations

import dataclasses
import re
from array import array
from pathlib import Path

from lab.core.errors import LabError
from lab.core.snapshot import read_bytes

__all__ = ["SymbolMap", "parse_system_map", "read_system_map"]

LIMIT = 1 << 27  # bytes; a distribution's has 10 MB
LINE = re.compile(rb"(?:([0-9a-fA-F]{1,16})| +) ([A-Za-z?-]) ([^ \t\n]+)(?:[ \t]+\[([^\]\n]+)\])?[ \t]*")
ENTRY = b"__ksymtab_"


@dataclasses.dataclass(frozen=True, slots=True)
class SymbolMap:
    """Columns of equal length, in the order of the file: a kernel has 200,000 symbols.

    `addresses`: 0 where none is given. `types`: one letter each. `names`, as the file has them. `owners`: index
    into `modules`, whose first, "", is the kernel.
    """

    addresses: array[int]
    types: bytes
    names: tuple[bytes, ...]
    owners: array[int]
    modules: tuple[str, ...]

    def __len__(self) -> int:
        """Number of symbols."""
        return len(self.names)

    @property
    def hidden(self) -> bool:
        """Whether every address is 0: the kernel hides them from this user (`kptr_restrict`)."""
        return bool(self.names) and not any(self.addresses)

    def exports(self) -> tuple[bytes, ...]:
        """The names that the kernel exports: its symbols `__ksymtab_NAME` (what `depmod -F` reads), in order."""
        kept = (n for n, owner in zip(self.names, self.owners, strict=True) if not owner)
        return tuple(n[len(ENTRY) :] for n in kept if n.startswith(ENTRY))


def read_system_map(path: Path | str) -> SymbolMap:
    """The symbols of a file; raises `LabError` if it cannot be read, is empty or a line is none of a map."""
    return parse_system_map(read_bytes(path, LIMIT), str(path))


def parse_system_map(data: bytes, source: str) -> SymbolMap:
    """`read_system_map` for bytes at hand; `source` names them in errors, which give the number of the line."""
    addresses, owners = array("Q"), array("H")
    types, names = bytearray(), list[bytes]()
    known: dict[bytes, int] = {b"": 0}
    for number, line in enumerate(data.split(b"\n"), 1):
        match = LINE.fullmatch(line)
        if match is None:
            if not line.strip():
                continue
            raise LabError(
                f"{source}: line {number} is none of a System.map (address, type, name)"
                + ("; Debian keeps the real one in the -dbg package" if b"-dbg package" in data[:200] else "")
            )
        address, kind, name, module = match.groups(b"")
        addresses.append(int(address or b"0", 16))
        types += kind
        names.append(name)
        if module not in known and len(known) == 1 << 16:
            raise LabError(f"{source}: line {number} names more than 65,535 modules; it is no symbol map")
        owners.append(known.setdefault(module, len(known)))
    if not names:
        raise LabError(f"{source}: is empty; a System.map or /proc/kallsyms was expected")
    modules = tuple(m.decode("utf-8", "backslashreplace") for m in known)
    return SymbolMap(addresses, bytes(types), tuple(names), owners, modules)
