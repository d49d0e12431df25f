"""Who comes before whom: the order in which modules.dep lists what a module needs."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["circular", "closures", "ranks"]


def ranks(needed: Sequence[Sequence[int]]) -> list[int] | None:
    """The rank of each module: users before what they use; None where modules need each other in a circle.

    The order among many possible ones is kmod's (tools/depmod.c, `depmod_calculate_dependencies`): the modules that
    nobody uses lie on a stack by index, the last is taken, and whoever lost its last user goes on top.
    """
    result = _sorted(needed)
    return None if -1 in result else result


def circular(needed: Sequence[Sequence[int]]) -> list[int]:
    """The modules that have no rank: those of a circle and all that one of these needs."""
    return [i for i, rank in enumerate(_sorted(needed)) if rank < 0]


def _sorted(needed: Sequence[Sequence[int]]) -> list[int]:
    """The rank of each module, -1 where it has none."""
    users = [0] * len(needed)
    for modules in needed:
        for module in modules:
            users[module] += 1
    ready = [i for i, count in enumerate(users) if not count]
    result = [-1] * len(needed)
    rank = 0
    while ready:
        taken = ready.pop()
        result[taken] = rank
        rank += 1
        for module in needed[taken]:
            users[module] -= 1
            if not users[module]:
                ready.append(module)
    return result


def closures(needed: Sequence[Sequence[int]], rank: Sequence[int]) -> list[list[int]]:
    """For each module all that it needs, directly or not, by rank: loading goes from the right to the left."""
    everything: list[list[int]] = [[]] * len(needed)
    for i in sorted(range(len(needed)), key=rank.__getitem__, reverse=True):  # what a module needs has a higher rank
        direct = needed[i]
        if not direct:
            continue
        if len(direct) == 1:
            only = direct[0]
            everything[i] = [only, *everything[only]]  # everything beneath has a higher rank than it
            continue
        together = set(direct)
        for module in direct:
            together.update(everything[module])
        everything[i] = sorted(together, key=rank.__getitem__)
    return everything
