"""modules.dep and modules.dep.bin."""

from __future__ import annotations

from collections.abc import Sequence

from lab.symbols.depmod import trie

__all__ = ["files"]


def files(
    paths: Sequence[bytes], names: Sequence[bytes], everything: Sequence[Sequence[int]], forward: bool
) -> dict[str, bytes]:
    """Both files; `everything`: what each module needs, in order; `forward`: see `trie.build`."""
    after = [b" " + path for path in paths]
    lines = [path + b":" + b"".join([after[i] for i in needed]) for path, needed in zip(paths, everything, strict=True)]
    index = {name: trie.one_value(line, i) for i, (name, line) in enumerate(zip(names, lines, strict=True))}
    return {"modules.dep": b"\n".join([*lines, b""]), "modules.dep.bin": trie.build(index, forward)}
