"""What is looked up by name, derived from the tables by owner: a name's exports, and the owners that need it."""

from __future__ import annotations

import operator
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate, chain
from typing import Any, NamedTuple

from lab.symbols.store.columns import Part
from lab.symbols.store.format import Numbers

__all__ = ["Edit", "edited_importers", "exports", "importers", "only_in"]

GONE = 0xFFFF  # no owner has this number


class Edit(NamedTuple):
    """From an older index to this one.

    `moved`: by owner there, its number here or -1 (both in the order of paths). `read`: owners here whose tables are
    not the older index's. `names`: all names here, sorted. `numbers`: by name there, its number here or -1; None if
    they are the same.
    """

    old: Part
    moved: Sequence[int]
    read: Sequence[int]
    names: Sequence[bytes]
    numbers: Sequence[int] | None


def exports(done: Mapping[str, Any], names: int) -> dict[str, Numbers]:
    """`sorted_start` and `sorted_export`."""
    exported = done["export_name"].tolist()
    counts = [0] * (names + 1)
    for name in exported:
        counts[name + 1] += 1
    return {
        "sorted_start": array("I", accumulate(counts)),
        "sorted_export": array("I", sorted(range(len(exported)), key=exported.__getitem__)),
    }


def importers(done: Mapping[str, Any], names: int) -> dict[str, Numbers]:
    """`importer_start` and `importer`, from scratch."""
    needed, starts = done["need_name"].tolist(), done["need_start"]
    found: list[list[int]] = [[] for _ in range(names)]
    for owner in range(len(starts) - 1):
        for name in needed[starts[owner] : starts[owner + 1]]:
            found[name].append(owner)
    return {
        "importer_start": array("I", accumulate(map(len, found), initial=0)),
        "importer": array("H", chain.from_iterable(found)),
    }


def edited_importers(done: Mapping[str, Any], edit: Edit) -> dict[str, Numbers]:
    """The same from the older index's, touching only the names that an owner needs that did not, or no longer."""
    old = edit.old
    starts, had = old.derived["importer_start"], _renumbered(old.derived["importer"], edit.moved)
    taken, added = _edges(done, edit)
    pieces: list[array[int]] = []
    counts: dict[bytes, int] = {}
    at = 0
    for name in sorted(taken.keys() | added.keys()):
        number = bisect_left(old.names, name)
        there = number < len(old.names) and old.names[number] == name
        first, last = starts[number], starts[number + there]
        now = sorted({*had[first:last], *added.get(name, ())} - taken.get(name, set()))
        pieces += [had[at:first], array("H", now)]
        counts[name] = len(now)
        at = last
    lengths = _placed(list(map(operator.sub, starts[1:], starts)), edit)
    for name, count in counts.items():
        number = bisect_left(edit.names, name)
        if number < len(edit.names) and edit.names[number] == name:
            lengths[number] = count
    importer = array("H")
    for piece in (*pieces, had[at:]):
        importer += piece
    return {"importer_start": array("I", accumulate(lengths, initial=0)), "importer": importer}


def _edges(done: Mapping[str, Any], edit: Edit) -> tuple[dict[bytes, set[int]], dict[bytes, set[int]]]:
    """By name, the owners that need it no longer, and those that need it now and did not."""
    old = edit.old
    row_of = {now: row for row, now in enumerate(edit.moved) if now >= 0}
    changed = [(row_of.get(now, -1), now) for now in edit.read]
    changed += [(row, GONE) for row, now in enumerate(edit.moved) if now < 0]
    taken: dict[bytes, set[int]] = {}
    added: dict[bytes, set[int]] = {}
    for row, now in changed:
        before = {old.names[n] for n in _of(old.columns, "need", row)} if row >= 0 else set()
        after = {edit.names[n] for n in _of(done, "need", now)} if now != GONE else set()
        for name in before - after:
            taken.setdefault(name, set()).add(now)
        for name in after - before:
            added.setdefault(name, set()).add(now)
    return taken, added


def only_in(old: Part, rows: Sequence[int]) -> set[int]:
    """The names that no other owner of the index exports, needs or checks but `rows`."""
    among = set(rows)
    names = {n for row in rows for kind in ("export", "need", "check") for n in _of(old.columns, kind, row)}
    if not names:
        return names
    checked = {n for row in range(len(old.paths)) if row not in among for n in _of(old.columns, "check", row)}
    return {n for n in names if n not in checked and not _used(old, n, among)}


def _used(old: Part, number: int, but: set[int]) -> bool:
    """Whether an owner that is not among `but` needs or exports a name."""
    derived, starts = old.derived, old.columns["export_start"]
    first, last = derived["importer_start"][number : number + 2]
    if any(owner not in but for owner in derived["importer"][first:last]):
        return True
    first, last = derived["sorted_start"][number : number + 2]
    return any(bisect_right(starts, row) - 1 not in but for row in derived["sorted_export"][first:last])


def _of(columns: Mapping[str, Any], kind: str, row: int) -> Numbers:
    """The names of one owner's rows."""
    starts = columns[f"{kind}_start"]
    found: Numbers = columns[f"{kind}_name"][starts[row] : starts[row + 1]]
    return found


def _renumbered(importer: Numbers, moved: Sequence[int]) -> array[int]:
    if list(moved) == list(range(len(moved))):
        return array("H", importer.tobytes())
    table = [GONE if now < 0 else now for now in moved]
    return array("H", map(table.__getitem__, importer))


def _placed(lengths: list[int], edit: Edit) -> list[int]:
    """How many importers each name had, by the names there are now."""
    if edit.numbers is None:
        return lengths
    placed = [0] * len(edit.names)
    for number, length in zip(edit.numbers, lengths, strict=True):
        if number >= 0:
            placed[number] = length
    return placed
