"""Tables of several parts put together: for a build from scratch, and for one that keeps most of an older index.

Everything here is a few passes at the speed of bytes, arrays and dictionaries; what is kept is copied in runs. The
result does not depend on how the owners are spread over the parts.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from lab.symbols.store import by_name
from lab.symbols.store.columns import BLOCKS, NAME_COLUMNS, OWNER_COLUMNS, STRING_COLUMNS, Part, offsets
from lab.symbols.store.format import SECTIONS, WIDTH, Numbers

__all__ = ["Pick", "merge"]

Pick = tuple[int, int]  # number of the part, row in it
Piece = tuple[dict[str, Numbers], int, int]  # columns, first row, row after the last
FEW = 16  # a search costs about as much as this many entries of a dictionary


def merge(parts: Sequence[Part], picks: Sequence[Pick]) -> dict[str, bytes | Numbers]:
    """The sections (but for `about` and `builtin`) of the owners `picks`, in that order.

    Of parts that are an older index (`Part.derived`) there is one at most, the last; its owners are in the order of
    `picks` already. Rows of other parts are all picked.
    """
    runs = list(_runs(picks))
    old = next((part for part in parts if part.derived), None)
    kept = [(first, last) for i, first, last in runs if parts[i] is old]
    dropped = _outside(kept, len(old.paths)) if old is not None else []
    fresh = [part for part in parts if part is not old]
    names = _joined(_still_named(old, dropped), [part.names for part in fresh])
    strings = _joined(_still_used(old, kept, dropped), [part.strings for part in fresh])
    numbers = [(_numbers(part.names, names), _numbers(part.strings, strings)) for part in parts]
    columns = [_renumbered(part, *pair) for part, pair in zip(parts, numbers, strict=True)]
    pieces: list[Piece] = [(columns[i], first, last) for i, first, last in runs]
    paths = [path for i, first, last in runs for path in parts[i].paths[first:last]]
    done: dict[str, bytes | Numbers] = {
        "names": _text(names), "name_at": offsets(names), "strings": _text(strings), "string_at": offsets(strings),
        "paths": _text(paths), "path_at": offsets(paths),
    }  # fmt: skip
    for column in OWNER_COLUMNS:
        done[column] = _glued(column, ((c[column], first, last) for c, first, last in pieces))
    for start, block in BLOCKS.items():
        done[start] = _starts([(c[start], first, last) for c, first, last in pieces])
        for column in block:
            done[column] = _glued(column, ((c[column], c[start][first], c[start][last]) for c, first, last in pieces))
    if old is None or 4 * (len(paths) - sum(b - a for a, b in kept) + len(dropped)) > len(paths):
        return {**done, **by_name.exports(done, len(names)), **by_name.importers(done, len(names))}
    read = [row for row, (i, _) in enumerate(picks) if parts[i] is not old]
    edit = by_name.Edit(old, _moved(old, paths), read, names, numbers[-1][0])
    return {**done, **by_name.exports(done, len(names)), **by_name.edited_importers(done, edit)}


def _runs(picks: Sequence[Pick]) -> Iterator[tuple[int, int, int]]:
    """Neighbours that are neighbours in their part too: (part, first row, row after the last)."""
    part, first, last = -1, 0, 0
    for i, row in picks:
        if i == part and row == last:
            last += 1
            continue
        if part >= 0:
            yield part, first, last
        part, first, last = i, row, row + 1
    if part >= 0:
        yield part, first, last


def _outside(kept: Sequence[tuple[int, int]], count: int) -> list[int]:
    """Rows that are in no run."""
    cuts = [0, *(cut for run in kept for cut in run), count]
    return [row for a, b in zip(cuts[::2], cuts[1::2], strict=True) for row in range(a, b)]


def _moved(old: Part, paths: Sequence[bytes]) -> list[int]:
    """By row of the older index, the row that its path has now, or -1."""
    now = {path: row for row, path in enumerate(paths)}
    return [now.get(path, -1) for path in old.paths]


def _still_named(old: Part | None, dropped: Sequence[int]) -> Sequence[bytes]:
    """The older index's names but for those that only dropped owners used."""
    if old is None:
        return ()
    gone = by_name.only_in(old, dropped)
    return [name for number, name in enumerate(old.names) if number not in gone] if gone else old.names


def _still_used(old: Part | None, kept: Sequence[tuple[int, int]], dropped: Sequence[int]) -> Sequence[bytes]:
    """The strings of the older index that its kept rows use."""
    if old is None or not dropped:
        return () if old is None else old.strings
    used: set[int] = set()
    for column in STRING_COLUMNS:
        start = next((s for s, block in BLOCKS.items() if column in block), None)
        for first, last in kept:
            a, b = (first, last) if start is None else (old.columns[start][first], old.columns[start][last])
            used.update(old.columns[column][a:b])
    return [text for number, text in enumerate(old.strings) if number in used]


def _joined(kept: Sequence[bytes], others: Iterable[Sequence[bytes]]) -> Sequence[bytes]:
    """All texts, sorted, each once; `kept` are sorted, and the answer if there are no more."""
    more = set().union(*others).difference(kept)
    return sorted([*kept, *more]) if more else kept


def _numbers(texts: Sequence[bytes], every: Sequence[bytes]) -> list[int] | None:
    """The place in `every` (sorted) of each of `texts`, -1 if it is not there; None if they are the same."""
    if texts is every or texts == every:
        return None
    if len(texts) * FEW < len(every):
        return [bisect_left(every, text) for text in texts]
    place = {text: number for number, text in enumerate(every)}
    return [place.get(text, -1) for text in texts]


def _renumbered(part: Part, names: list[int] | None, strings: list[int] | None) -> dict[str, Numbers]:
    """The part's columns in the numbers of the whole; what no picked row uses gets any number."""
    columns = dict(part.columns)
    for numbers, wanted in ((names, NAME_COLUMNS), (strings, STRING_COLUMNS)):
        if numbers is not None:
            table = [max(number, 0) for number in numbers]
            for column in wanted:
                columns[column] = array("I", map(table.__getitem__, part.columns[column]))
    return columns


def _glued(column: str, pieces: Iterable[tuple[Numbers, int, int]]) -> Numbers:
    """Rows of several columns one after the other."""
    code = SECTIONS[column]
    joined = b"".join([memoryview(numbers).cast("B")[a * WIDTH[code] : b * WIDTH[code]] for numbers, a, b in pieces])
    return memoryview(joined).cast(code or "B")


def _starts(pieces: Sequence[tuple[Numbers, int, int]]) -> array[int]:
    done, at = array("I"), 0
    for numbers, first, last in pieces:
        shift = at - numbers[first]
        done.extend([n + shift for n in numbers[first:last]])
        at = numbers[last] + shift
    done.append(at)
    return done


def _text(texts: Sequence[bytes]) -> bytes:
    return b"\0".join([*texts, b""])
