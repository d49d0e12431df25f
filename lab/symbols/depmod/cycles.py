"""Modules that need each other in a circle: no order of loading exists, and depmod refuses the tree."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["find_cycles", "lines"]

MAX_STEPS = 200_000  # of the search for all circles; a dense knot has more of them than anyone can read
Graph = Sequence[Sequence[int]]


def find_cycles(names: Sequence[str], dependencies: Graph) -> list[list[int]]:
    """The circles among modules, each closed (`[0, 2, 0]`), in the order in which kmod 30 and 34 report them.

    `names`: the modules left over by the topological sort, in the order of their numbers. `dependencies`: indexes
    of those each one needs, in order of first use.

    As kmod (`depmod_report_cycles_from_root`): from each module that no circle so far went through, all ways back to
    it, the last dependency first. Other than kmod: a way that closes without its start is left (kmod follows it for
    ever), and a module that was met before but lies on no circle is not called one. After 200,000 steps each module
    in a circle that was not yet shown is shown by one shortest circle.
    """
    knots = _knots(dependencies)
    waiting = _Ring(len(names))
    found: list[list[int]] = []
    met: set[int] = set()
    steps = MAX_STEPS
    while (root := waiting.head) is not None:
        waiting.remove(root)
        if root in met and knots[root] < 0:
            continue
        circles, used = _from(root, dependencies, knots, waiting, met, steps)
        steps = max(steps - used, 0)
        if not circles and knots[root] >= 0:
            circles = [_shortest(root, dependencies)]
            for module in circles[0]:
                waiting.remove(module)
        found += circles
    return found


def lines(names: Sequence[str], cycles: Sequence[Sequence[int]]) -> list[str]:
    """What kmod prints for `cycles`: a line each, and how many modules are in them."""
    count = len({i for cycle in cycles for i in cycle})
    return [
        *(f"depmod: ERROR: Cycle detected: {' -> '.join(names[i] for i in cycle)}" for cycle in cycles),
        f"depmod: ERROR: Found {count} modules in dependency cycles!",
    ]


class _Ring:
    """The modules not yet looked at, in a circle as kmod's list has them: what follows a removed one is next."""

    def __init__(self, count: int) -> None:
        self.head: int | None = 0 if count else None
        self._next = [*range(1, count), 0]
        self._before = [count - 1, *range(count - 1)]
        self._in = [True] * count

    def remove(self, module: int) -> None:
        """Take `module` out, if it is in, and go on behind it."""
        if not self._in[module]:
            return
        self._in[module] = False
        after, before = self._next[module], self._before[module]
        self._next[before], self._before[after] = after, before
        self.head = None if after == module else after


def _from(
    root: int, dependencies: Graph, knots: Sequence[int], waiting: _Ring, met: set[int], limit: int
) -> tuple[list[list[int]], int]:
    """All circles through `root` and the steps taken, at most `limit`; what kmod would take out of `waiting` is."""
    found: list[list[int]] = []
    path, stack = [root], [list(dependencies[root])]
    on_path = {root}
    outside: set[int] = set()  # modules from which no way leads back: once each is enough
    met.add(root)
    steps = 0
    while stack and steps < limit:
        steps += 1
        if not stack[-1]:
            stack.pop()
            on_path.discard(path.pop())
            continue
        module = stack[-1].pop()
        if module == root:
            found.append([*path, root])
            for member in path:
                waiting.remove(member)
            continue
        if module in on_path or module in outside:
            continue
        met.add(module)
        if knots[module] < 0 or knots[module] != knots[root]:
            outside.add(module)
        if dependencies[module]:
            path.append(module)
            on_path.add(module)
            stack.append(list(dependencies[module]))
        else:
            waiting.remove(module)
    return found, steps


def _shortest(root: int, dependencies: Graph) -> list[int]:
    """A shortest circle through `root`, which lies on one."""
    before = dict.fromkeys(dependencies[root], root)
    reached = list(before)
    for module in reached:
        if module == root:
            break
        for j in dependencies[module]:
            if j not in before:
                before[j] = module
                reached.append(j)
    circle = [root, before[root]]
    while circle[-1] != root:
        circle.append(before[circle[-1]])
    return circle[::-1]


def _knots(dependencies: Graph) -> list[int]:
    """The strongly connected component of each module, -1 where it is on no circle (Tarjan 1972, without recursion)."""
    count = len(dependencies)
    index, low, knots = [-1] * count, [0] * count, [-1] * count
    open_: list[int] = []
    is_open = [False] * count
    number = 0
    for start in range(count):
        if index[start] >= 0:
            continue
        calls: list[tuple[int, int]] = [(start, 0)]
        while calls:
            module, at = calls.pop()
            if at == 0:
                index[module] = low[module] = number
                number += 1
                open_.append(module)
                is_open[module] = True
            elif is_open[child := dependencies[module][at - 1]]:
                low[module] = min(low[module], low[child])
            while at < len(dependencies[module]):
                child = dependencies[module][at]
                at += 1
                if index[child] < 0:
                    calls += [(module, at), (child, 0)]
                    break
                if is_open[child]:
                    low[module] = min(low[module], index[child])
            else:
                if low[module] == index[module]:
                    _close(module, open_, is_open, knots, dependencies)
    return knots


def _close(first: int, open_: list[int], is_open: list[bool], knots: list[int], dependencies: Graph) -> None:
    """Take the component that began with `first` off the stack; number it if there is a circle in it."""
    members: list[int] = []
    while not members or members[-1] != first:
        members.append(open_.pop())
        is_open[members[-1]] = False
    if len(members) > 1 or first in dependencies[first]:
        for member in members:
            knots[member] = first
