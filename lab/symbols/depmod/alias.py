"""modules.alias and modules.alias.bin: the patterns by which a device finds its driver."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from lab.symbols.depmod import trie

__all__ = ["files", "normal", "not_ascii"]

HEADER = b"# Aliases extracted from modules themselves.\n"
PATH_MAX = 4096  # of kmod's buffer: what is longer is cut
_PARTS = re.compile(rb"\[[^\]]*\]|[^\[\]]+|(.)", re.DOTALL)  # a range, text between ranges, or a bracket alone


def normal(alias: bytes) -> bytes | None:
    """`alias` with `_` for `-` outside of brackets; None for half a pair of brackets (kmod, `alias_normalize`)."""
    if b"[" not in alias and b"]" not in alias:
        return alias.replace(b"-", b"_")[: PATH_MAX - 1]
    parts = []
    for part in _PARTS.finditer(alias):
        if part[1] is not None:
            return None
        parts.append(part[0] if part[0].startswith(b"[") else part[0].replace(b"-", b"_"))
    return b"".join(parts)[: PATH_MAX - 1]


def not_ascii(what: str, text: bytes, owner: bytes) -> str:
    """The warning of a key that no index holds.

    kmod 34 gives up at one. kmod 30 writes it, or gives up, or writes beside its table of letters, as the processor's
    `char` has a sign and other keys branch there; so it is left out whatever kmod is asked for.
    """
    shown = text[:200].decode("ascii", "backslashreplace")
    return f"{owner.decode('ascii', 'backslashreplace')}: {what} {shown} is not ASCII; left out of the index"


def files(
    names: Sequence[bytes], aliases: Sequence[bytes], forward: bool, warn: Callable[[str], None]
) -> dict[str, bytes]:
    """Both files; `aliases`: those of each module, each ended by NUL; `forward`: see `trie.build`."""
    return {"modules.alias": _text(names, aliases), "modules.alias.bin": _index(names, aliases, forward, warn)}


def _text(names: Sequence[bytes], aliases: Sequence[bytes]) -> bytes:
    lines = [HEADER]
    for name, ended in zip(names, aliases, strict=True):
        if ended:
            lines += (b"alias ", ended[:-1].replace(b"\0", b" " + name + b"\nalias "), b" ", name, b"\n")
    return b"".join(lines)


def _index(names: Sequence[bytes], aliases: Sequence[bytes], forward: bool, warn: Callable[[str], None]) -> bytes:
    records: dict[bytes, bytes] = {}
    several: dict[bytes, list[tuple[int, bytes]]] = {}
    owner: dict[bytes, tuple[int, bytes]] = {}
    for i, (name, ended) in enumerate(zip(names, aliases, strict=True)):
        if not ended:
            continue
        keys = _keys(name, ended, warn)
        record = trie.one_value(name, i)
        owner[record] = i, name
        fresh = dict.fromkeys(keys, record)
        if len(fresh) == len(keys) and records.keys().isdisjoint(fresh):
            records.update(fresh)
            continue
        for key in keys:
            first = records.get(key)
            if first is None:
                records[key] = record
            else:
                several.setdefault(key, [owner[first]]).append((i, name))
    records.update((key, trie.values_record(values)) for key, values in several.items())
    return trie.build(records, forward)


def _keys(name: bytes, ended: bytes, warn: Callable[[str], None]) -> list[bytes]:
    """The keys of the aliases of module `name`; a line to `warn` for each that is none."""
    if b"[" not in ended and b"]" not in ended and len(ended) < PATH_MAX and ended.isascii():
        return ended.replace(b"-", b"_").split(b"\0")[:-1]
    keys = []
    for alias in ended.split(b"\0")[:-1]:
        key = normal(alias)
        if key is None:
            warn(f"Unmatched bracket in {alias.decode('utf-8', 'backslashreplace')}")
        elif not key.isascii():
            warn(not_ascii("alias", alias, name))
        else:
            keys.append(key)
    return keys
