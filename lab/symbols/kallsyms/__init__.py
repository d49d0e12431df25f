"""kallsyms: every symbol of a kernel with its address, recovered from an image that has no symbol table."""

from __future__ import annotations

import dataclasses

__all__ = ["Kallsyms"]


@dataclasses.dataclass(frozen=True, slots=True)
class Kallsyms:
    """The symbols of a kernel in the order of their addresses.

    `symbols`: the type (as `nm` writes it) and the name, as one text. `addresses`: of each. `layout`: how
    the tables were laid out. `markers`: where every 256th compressed name begins. `places`: offsets in the
    image of `names`, `markers`, `tokens`, `index` and `seqs` (-1 where the kernel has none, before 6.2).
    """

    bits: int
    order: str
    layout: str
    addresses: list[int]
    symbols: list[bytes]
    markers: tuple[int, ...]
    places: dict[str, int]

    def __len__(self) -> int:
        """How many symbols there are."""
        return len(self.symbols)

    def find(self, name: str) -> int | None:
        """The lowest address of a symbol called `name`, None for none."""
        wanted = name.encode("utf-8", "surrogateescape")
        found = (a for a, s in zip(self.addresses, self.symbols, strict=True) if s.endswith(wanted) and s[1:] == wanted)
        return next(found, None)

    def texts(self) -> list[str]:
        """Type and name of each symbol, as one text; what is no UTF-8 is escaped."""
        return b"\n".join(self.symbols).decode("utf-8", "backslashreplace").split("\n")

    def text(self) -> str:
        """The lines of /proc/kallsyms, of the kernel itself (`s_show`, kernel/kallsyms.c)."""
        pairs = zip(self.addresses, self.texts(), strict=True)
        if self.bits == 64:
            return "\n".join([f"{a:016x} {s[0]} {s[1:]}" for a, s in pairs])
        return "\n".join([f"{a:08x} {s[0]} {s[1:]}" for a, s in pairs])
