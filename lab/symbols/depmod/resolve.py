"""Which modules a module needs: the owners of the symbols it does not define."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["dependencies", "owners"]


def owners(exports: Sequence[bytes]) -> dict[bytes, int]:
    """Each exported name and the index of its module; of two modules the later one has it, as in kmod.

    `exports`: the names of each module, each ended by NUL.
    """
    table: dict[bytes, int] = {}
    for i, ended in enumerate(exports):
        if ended:
            table.update(dict.fromkeys(ended.split(b"\0"), i))
    table.pop(b"", None)  # what stands after the last NUL
    return table


def dependencies(wants: Sequence[bytes], table: dict[bytes, int]) -> list[list[int]]:
    """For each module the modules it needs, each once, in the order of first use.

    `wants`: the undefined names of each module, each ended by NUL; `table`: what `owners` answers.

    A leading dot does not count: on 64-bit PowerPC `.foo` is the entry of the function `foo` (kmod,
    `depmod_symbol_find`).
    """
    result = []
    for ended in wants:
        names = ended.split(b"\0")
        if b"\0." in ended or ended.startswith(b"."):
            names = [name[1:] if name.startswith(b".") else name for name in names]
        needed = dict.fromkeys(map(table.get, names))
        needed.pop(None, None)
        result.append(list(needed))
    return result  # type: ignore[return-value]  # None was taken out
