"""modules.builtin.bin and modules.builtin.alias.bin: what the kernel has without a module file."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from lab.symbols.depmod import trie
from lab.symbols.depmod.alias import PATH_MAX, normal, not_ascii

__all__ = ["alias_index", "name_index"]


def name_index(listed: bytes | None, forward: bool, warn: Callable[[str], None], compat: bool = False) -> bytes:
    """modules.builtin.bin from modules.builtin; an empty file where there is none, as kmod writes it.

    `compat`: with the names that kmod makes of lines that are no path of a module, see `_name`.
    """
    if listed is None:
        return b""
    counts: dict[bytes, int] = {}
    for line in _lines(listed):
        name = _name(line, compat)
        if name is None:
            shown = line[:200].removesuffix(b"\n").decode("utf-8", "backslashreplace")
            warn(f"Invalid modules.builtin line: {shown}")
        elif not name.isascii():
            warn(not_ascii("line", line.removesuffix(b"\n"), b"modules.builtin"))
        else:
            counts[name] = counts.get(name, 0) + 1
    records = {name: trie.values_record([(0, b"")] * count) for name, count in counts.items()}
    return trie.build(records, forward)


def _lines(listed: bytes) -> Iterator[bytes]:
    """What kmod takes for lines: with their newline, of 4,095 bytes at most, up to a NUL."""
    for line in io.BytesIO(listed):
        for at in range(0, len(line), PATH_MAX - 1):
            yield line[at : at + PATH_MAX - 1].partition(b"\0")[0]


def _name(line: bytes, compat: bool) -> bytes | None:
    """The module's name in a line, None if it has none.

    kmod cuts at the first dot and nowhere else, so that a line without one has a name that ends with the newline, and
    a folder's name is that newline alone.
    """
    if not line[:1].isalpha():
        return None
    name = line.rpartition(b"/")[2].partition(b".")[0].replace(b"-", b"_")
    return name if compat else name.removesuffix(b"\n") or None


def alias_index(modinfo: bytes | None, forward: bool, warn: Callable[[str], None]) -> bytes:
    """modules.builtin.alias.bin from modules.builtin.modinfo; an empty file where there is none."""
    if modinfo is None:
        return b""
    values: dict[bytes, list[tuple[int, bytes]]] = {}
    for name, alias in _aliases(modinfo):
        key = normal(alias)
        if key is None:
            warn(f"Unmatched bracket in {alias.decode('utf-8', 'backslashreplace')}")
        elif not (key.isascii() and name.isascii()):
            warn(not_ascii("alias", alias, name))
        else:
            values.setdefault(key, []).append((0, name))
    return trie.build({key: trie.values_record(pairs) for key, pairs in values.items()}, forward)


def _aliases(modinfo: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(module, alias) of the records `module.alias=value` that a NUL ends, damaged ones as kmod takes them.

    kmod reads on from where a piece ended: a record without a dot is skipped, one that begins with a dot is read
    anew after it, and one without `=` takes the record after it with it.
    """
    records = iter(modinfo.split(b"\0")[:-1])
    for record in records:
        name, dot, rest = record.partition(b".")
        while dot and not name:
            name, dot, rest = rest.partition(b".")
        if not dot:
            continue
        key, equals, value = rest.partition(b"=")
        if not equals:
            next(records, None)
        elif key == b"alias" and value:
            yield name, value
