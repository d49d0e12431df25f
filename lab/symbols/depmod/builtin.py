"""modules.builtin.bin and modules.builtin.alias.bin: what the kernel has without a module file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lab.symbols.depmod import trie
from lab.symbols.depmod.alias import normal

__all__ = ["alias_index", "name_index"]


def name_index(listed: bytes | None, forward: bool, warn: Callable[[str], None]) -> bytes:
    """modules.builtin.bin from modules.builtin; an empty file where there is none, as kmod writes it."""
    if listed is None:
        return b""
    counts: dict[bytes, int] = {}
    for line in listed.split(b"\n"):
        if line[:1].isalpha():
            base = line.rpartition(b"/")[2]
            if base:
                name = base.partition(b".")[0].replace(b"-", b"_")
                counts[name] = counts.get(name, 0) + 1
        elif line:
            warn(f"Invalid modules.builtin line: {line[:200].decode('utf-8', 'backslashreplace')}")
    records = {name: trie.values_record([(0, b"")] * count) for name, count in counts.items()}
    return trie.build(records, forward)


def alias_index(modinfo: bytes | None, forward: bool, warn: Callable[[str], None]) -> bytes:
    """modules.builtin.alias.bin from modules.builtin.modinfo; an empty file where there is none."""
    if modinfo is None:
        return b""
    values: dict[bytes, list[tuple[int, bytes]]] = {}
    for name, alias in _aliases(modinfo):
        key = normal(alias)
        if key is None:
            warn(f"Unmatched bracket in {alias.decode('utf-8', 'backslashreplace')}")
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
