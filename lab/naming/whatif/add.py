"""What-if step `add`: a card that was not there."""

from __future__ import annotations

import dataclasses
import re

from lab.core.errors import LabError
from lab.naming.model import Machine
from lab.naming.schemes.integer import unsigned
from lab.naming.schemes.slot import SLOTS
from lab.naming.whatif.argument import split, unused_mac
from lab.naming.whatif.buses import fitted, is_complete
from lab.naming.whatif.change import DEPTH_FIRST, PARTIAL, Change, Doubt
from lab.naming.whatif.draft import Draft
from lab.naming.whatif.parts import CARDS, PORT, Part
from lab.naming.whatif.place import Spot, free_functions, place_of_text

__all__ = ["add_card", "add_port", "slot_doubts"]

EXAMPLE = "nic at 0000:00:07, add nic:2 mac=52:54:00:00:00:09 at slot 3, or add virtio at port 0000:00:04"
INTERFACES = 1000  # interfaces of one machine, however many steps there are
LAST = "the new card counts as found last: a driver that loads earlier gives it another ethN"
NO_SLOT = "the new root port is taken for one without a numbered slot; the step slot CARD = N gives it one"
_KIND = re.compile(r"([a-z0-9-]+)(?::([1-8]))?", re.ASCII)
_DRIVER = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)


def add_card(machine: Machine, argument: str) -> Change:
    """The machine with `CARD[:FUNCTIONS] [mac=MAC] [driver=NAME] at PLACE`; raises `LabError` if it does not fit.

    A bridge that comes with it gets a bus number, and the buses behind later bridges are numbered again, as at the
    next boot. What the firmware (ACPI) says of the place is found by its address.
    """
    what, where = split("add", argument, " at ", EXAMPLE)
    part, mac = _card(machine, what)
    spot = place_of_text(machine, where)
    if not spot.port and part.functions > free_functions(machine.tree, spot):
        raise LabError(f"--step add: {spot.address()} has no room for {part.functions} functions; choose another place")
    if len(machine.interfaces) >= INTERFACES:
        raise LabError(f"--step add: {machine.name} has {len(machine.interfaces)} interfaces already; add no more")
    draft = Draft(machine, mac)
    behind = add_port(draft, spot) if spot.port else spot
    _put(draft, part, behind)
    tree, renaming = fitted(draft.done(), machine.tree)
    notes = [NO_SLOT] if spot.port else []
    notes += [DEPTH_FIRST] if spot.port or part.is_bridge or renaming.buses else []
    notes += [LAST] if tree.entries("/class/net") != machine.tree.entries("/class/net") else []
    notes += [] if is_complete(machine.tree) else [PARTIAL]
    doubts = slot_doubts(machine, renaming.path(f"{spot.folder}/{spot.address()}")) if spot.port else ()
    return Change(tree, tuple(notes), doubts, renaming.path)


def slot_doubts(machine: Machine, port: str) -> tuple[Doubt, ...]:
    """What a new root `port` leaves open: where the machine's slots have numbers, this one may have one too."""
    if any((unsigned(name) or 0) > 0 for name in machine.tree.entries(SLOTS)):
        return (Doubt(port, ("SLOT", "biosdevname"), "the new root port may have a slot with a number of its own"),)
    return ()


def add_port(draft: Draft, spot: Spot) -> Spot:
    """Put a root port at `spot`; the place behind it, on a bus that has no number yet."""
    folder = f"{spot.folder}/{spot.address()}"
    draft.function(PORT, folder, several=spot.function > 0)
    return Spot(folder, draft.bus(folder), 0)


def _put(draft: Draft, part: Part, spot: Spot) -> None:
    """Put the functions of `part`, what is behind them, and their interfaces."""
    for number in range(part.functions):
        folder = f"{spot.folder}/{spot.address(number)}"
        draft.function(part, folder, several=part.functions > 1 and number == 0)
        if part.behind is not None:
            bus = draft.bus(folder)
            for device, below in enumerate(part.behind):
                _put(draft, below, Spot(folder, bus, device))
        place = draft.virtio(folder) if part.virtio else folder
        for port in range(part.ports):
            draft.interface(place, {"dev_port": port})


def _card(machine: Machine, text: str) -> tuple[Part, str]:
    """The card that `CARD[:FUNCTIONS] [mac=MAC] [driver=NAME]` describes, and its first MAC ("" for any)."""
    word, *options = text.split()
    match = _KIND.fullmatch(word)
    part = CARDS.get(match[1]) if match else None
    if match is None or part is None:
        raise LabError(f"--step add: {word[:60]!r} is no kind of card; kinds are {', '.join(CARDS)}")
    if match[2] is not None:
        if not part.ports:
            raise LabError(f"--step add: {match[1]} takes no number of functions; write add {match[1]} at PLACE")
        part = dataclasses.replace(part, functions=int(match[2]))
    mac = ""
    for option in options:
        key, _, value = option.partition("=")
        if key == "mac":
            mac = unused_mac(machine, value, "add")
        elif key == "driver" and _DRIVER.fullmatch(value):
            part = dataclasses.replace(part, driver=value)
        else:
            raise LabError(f"--step add: {option[:60]!r} is no option of a card; write add {EXAMPLE}")
    return part, mac
