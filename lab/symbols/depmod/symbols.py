"""modules.symbols and modules.symbols.bin: who has the symbol that `symbol_request()` asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lab.symbols.depmod import trie
from lab.symbols.depmod.alias import not_ascii
from lab.symbols.depmod.hash_order import bucket_order

__all__ = ["files"]

HEADER = b"# Aliases for symbols, used by symbol_request().\n"
BUCKETS = 2048  # of kmod's table of symbols, whose order the text has


def files(
    names: Sequence[bytes], owners: Mapping[bytes, int], forward: bool, warn: Callable[[str], None]
) -> dict[str, bytes]:
    """Both files; `owners`: each exported name and the index of its module; `forward`: see `trie.build`."""
    ends = [b" " + name + b"\n" for name in names]
    symbols = list(owners)
    lines = [HEADER]
    for i in bucket_order(symbols, BUCKETS):
        symbol = symbols[i]
        lines += (b"alias symbol:", symbol, ends[owners[symbol]])
    records = [trie.one_value(name, i) for i, name in enumerate(names)]
    index = {b"symbol:" + symbol: records[i] for symbol, i in owners.items()}
    if not b"".join(symbols).isascii():
        for symbol, i in owners.items():
            if not symbol.isascii():
                warn(not_ascii("symbol", symbol, names[i]))
                del index[b"symbol:" + symbol]
    return {"modules.symbols": b"".join(lines), "modules.symbols.bin": trie.build(index, forward)}
