"""What two kernels export differently."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["Change", "Difference", "Exported", "Listing", "compare"]


class Exported(NamedTuple):
    """One export, as far as kernels are compared: `crc` and `namespace` None for none."""

    name: str
    owner: str
    crc: int | None
    namespace: str | None
    gpl: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Listing:
    """All exports of a kernel with its modules; `modules`: names of all of them, None where that is not known."""

    source: str
    exports: Sequence[Exported]
    modules: frozenset[str] | None


class Change(NamedTuple):
    """An export before and after."""

    before: Exported
    after: Exported


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """Exports that differ, by name.

    `added`, `removed`: in one alone. `moved`: to another owner. `crc`, `namespace`, `gpl`: those changed; one export
    may be among several of these.

    `crc_compared`: False if the exports of a side carry no CRCs at all. `modules_added`, `modules_removed`: None where
    a side does not list its modules.
    """

    added: tuple[Exported, ...]
    removed: tuple[Exported, ...]
    moved: tuple[Change, ...]
    crc: tuple[Change, ...]
    namespace: tuple[Change, ...]
    gpl: tuple[Change, ...]
    crc_compared: bool
    modules_added: tuple[str, ...] | None
    modules_removed: tuple[str, ...] | None

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        exports = (self.added, self.removed, self.moved, self.crc, self.namespace, self.gpl)
        return not any((*exports, self.modules_added, self.modules_removed))


def compare(before: Listing, after: Listing) -> Difference:
    """How `after` differs from `before`.

    A name may have several owners; exports of the same owner are compared, one that is left on either side has moved.
    """
    old, new = _by_name(before.exports), _by_name(after.exports)
    added, removed, both = [], [], []
    for name in sorted(old.keys() | new.keys()):
        had, has = old.get(name, {}), new.get(name, {})
        both += [Change(had[owner], has[owner]) for owner in had.keys() & has.keys()]
        gone = [had[owner] for owner in sorted(had.keys() - has.keys())]
        come = [has[owner] for owner in sorted(has.keys() - had.keys())]
        pairs = min(len(gone), len(come))
        both += [Change(a, b) for a, b in zip(gone, come, strict=False)]
        removed += gone[pairs:]
        added += come[pairs:]
    both.sort(key=lambda c: (c.before.name, c.before.owner))
    crc_compared = all(any(e.crc is not None for e in side.exports) for side in (before, after))
    come_modules, gone_modules = _modules(before, after), _modules(after, before)
    return Difference(
        added=tuple(added),
        removed=tuple(removed),
        moved=tuple(c for c in both if c.before.owner != c.after.owner),
        crc=tuple(c for c in both if crc_compared and c.before.crc != c.after.crc),
        namespace=tuple(c for c in both if c.before.namespace != c.after.namespace),
        gpl=tuple(c for c in both if c.before.gpl != c.after.gpl),
        crc_compared=crc_compared,
        modules_added=come_modules,
        modules_removed=gone_modules,
    )


def _by_name(exports: Iterable[Exported]) -> dict[str, dict[str, Exported]]:
    """Name -> owner -> export; of equal ones (two files of one module) the first."""
    found: dict[str, dict[str, Exported]] = {}
    for export in exports:
        found.setdefault(export.name, {}).setdefault(export.owner, export)
    return found


def _modules(without: Listing, having: Listing) -> tuple[str, ...] | None:
    if without.modules is None or having.modules is None:
        return None
    return tuple(sorted(having.modules - without.modules))
