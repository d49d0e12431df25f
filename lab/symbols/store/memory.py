"""An index in memory, of parts at hand: the same answers as from a file, and nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.symbols.store.about import About
from lab.symbols.store.columns import Part
from lab.symbols.store.format import SECTIONS, Numbers, numbers
from lab.symbols.store.index import Index
from lab.symbols.store.mapped import Mapped
from lab.symbols.store.merge import Pick, merge

__all__ = ["Held", "index_of"]


class Held(Mapped):
    """The sections of an index as values; `source` names them in errors."""

    def __init__(self, sections: Mapping[str, bytes | Numbers], source: str) -> None:
        self.source = source
        self.written_ns = 0
        self._contents = {name: memoryview(sections[name]).cast("B") for name in SECTIONS}
        self._numbers = {}

    def close(self) -> None:
        """Nothing to unmap; the tables stay."""

    def content(self, name: str) -> memoryview:
        """The bytes of a section."""
        return self._contents[name]

    def column(self, name: str) -> Numbers:
        """A section as numbers."""
        found = self._numbers.get(name)
        if found is None:
            found = self._numbers[name] = _native(self._contents[name], name)
        return found


def index_of(
    parts: Sequence[Part], picks: Sequence[Pick], about: About, builtin: Sequence[bytes], source: str
) -> Index:
    """The index of the owners `picks` of `parts` (see `lab.symbols.store.merge`): the kernel, then modules.

    Modules are sorted by (name, path), `builtin` names are sorted; `source` is what the index is called.
    """
    sections = merge(parts, picks)
    stored = {**sections, "about": about.stored(), "builtin": b"".join(name + b"\0" for name in builtin)}
    return Index(Held(stored, source))


def _native(content: memoryview, name: str) -> Numbers:
    """Columns of `merge` are in the machine's own byte order, those of a file little-endian."""
    code = SECTIONS[name]
    return content.cast(code) if code else numbers(content, code)
