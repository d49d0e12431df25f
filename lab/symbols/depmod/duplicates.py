"""Which of two modules of one name counts (depmod.d(5); kmod 30, `depmod_module_is_higher_priority`)."""

from __future__ import annotations

from lab.symbols.depmod.config import BUILT_IN, EXTERNAL, Config

__all__ = ["replaces"]


def replaces(new: str, old: str, folder: str, config: Config) -> bool:
    """Whether the module found at `new` takes the place of the one found before it at `old`.

    Both are absolute paths cut off behind the module's name ("/lib/modules/6.1/updates/dm-mod"); `folder` is
    the modules folder, "/lib/modules/6.1". An override wins. Else the one does that stands in the stronger
    place of `search`. Without a difference the first one found stays, except, as in kmod, where both are below
    the same folder of `search` ("updates"): then only the new one is given its rank, and the last one found counts.
    """
    new_below, old_below = _below(new, folder), _below(old, folder)
    for path in config.overrides:
        if path == new_below:
            return True
        if path == old_below:
            return False
    new_rank, old_rank, built_in = -1, -1, -1
    rank = 0
    for place in config.searches:
        if place == BUILT_IN:
            built_in = rank
        elif place == EXTERNAL:
            for external in config.externals:
                if new.startswith(external + "/"):
                    new_rank = rank
                if old.startswith(external + "/"):
                    old_rank = rank
                rank += 1
        elif new_below.startswith(place + "/"):
            new_rank = rank
        elif old_below.startswith(place + "/"):
            old_rank = rank
        rank += 1
    return (built_in if new_rank < 0 else new_rank) > (built_in if old_rank < 0 else old_rank)


def _below(path: str, folder: str) -> str:
    """`path` as seen from `folder`, "" if it lies elsewhere; as kmod, without asking for a slash between them."""
    return path[len(folder) + 1 :] if path.startswith(folder) else ""
