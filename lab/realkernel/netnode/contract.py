"""The driver's promises, step by step, held against what a guest has seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lab.realkernel.netnode import contract_away, contract_here
from lab.realkernel.netnode.row import Row
from lab.realkernel.netnode.seen import NOTHING, Event, Seen, warnings

__all__ = ["STEPS", "judge"]

# step -> its promises, in the order in which story.sh lives through them; to add one: write its function, add a line
STEPS: dict[str, Callable[[Seen, tuple[Event, ...]], Iterator[Row]]] = {
    "refused": contract_here.refused,
    "appear": contract_here.appear,
    "udev": contract_here.udev,
    "rename": contract_here.rename,
    "poll": contract_here.poll,
    "read": contract_here.read,
    "namespace": contract_away.namespace,
    "death": contract_away.death,
    "remove": contract_away.remove,
    "replug": contract_away.replug,
    "eject": contract_away.eject,
    "unbind": contract_away.unbind,
    "unload": contract_away.unload,
}


def judge(seen: Seen, events: tuple[Event, ...], dmesg: str) -> tuple[Row, ...]:
    """A row for each promise; the last ones are about the kernel's log."""
    rows = [row for promises in STEPS.values() for row in promises(seen, events)]
    return (*rows, *log_rows(dmesg))


def log_rows(dmesg: str) -> Iterator[Row]:
    """What the kernel's log must say once the module is gone: all is given back, nothing went wrong."""
    said = contract_away.COUNTS.findall(dmesg)
    made, freed, opened, closed = map(int, said[-1]) if said else (0, 0, 0, 0)
    done = "rmmod netnode"
    yield Row(
        "log",
        done,
        "as many nodes were freed as made, as many files closed as opened",
        f"{made} made, {freed} freed; {opened} opened, {closed} closed" if said else NOTHING,
        made == freed > 0 and opened == closed > 0,
    )
    odd = warnings(dmesg)
    yield Row("log", done, "the kernel warned of nothing", "; ".join(odd) or "no warning", not odd and bool(said))
