"""What the driver promises when an interface goes: to another namespace, with its namespace, out of its slot."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from lab.realkernel.netnode.contract_here import sequence
from lab.realkernel.netnode.row import Row
from lab.realkernel.netnode.seen import Event, Seen

__all__ = ["COUNTS", "death", "eject", "namespace", "remove", "replug", "unbind", "unload"]

Events = tuple[Event, ...]
_NAME = re.compile(r"netnode[0-9]{1,7}")
GONE, FOREIGN = "ENODEV", "EACCES"
COUNTS = re.compile(
    r"netnode: ([0-9]{1,9}) nodes made, ([0-9]{1,9}) freed; ([0-9]{1,9}) files opened, ([0-9]{1,9}) closed"
)


def namespace(seen: Seen, events: Events) -> Iterator[Row]:
    """Each network namespace sees its own; the node follows the interface."""
    row = functools.partial(Row, "namespace", "move the card into another network namespace, a file open on its node")
    node, index = seen["rename.node"], seen["rename.first"].split(" ")[0]
    moves = (seen["namespace.move"], seen["namespace.moveveth"])
    yield row("it is allowed, for a veth too", " ".join(moves).strip() or "no objection", moves == ("", ""))
    moved = {f"netnode{path.rpartition('/')[2]}" for path in (node, seen["namespace.veth"])}
    here, before, there = (set(seen.words(f"namespace.{key}")) for key in ("here", "before", "there"))
    yield row(
        "/sys/class/netnode lists both there and no longer here",
        f"there {' '.join(sorted(there))}; here {' '.join(sorted(here))}",
        bool(before)
        and there == before | moved
        and not here & there
        and "netnode0" in here
        and all(_NAME.fullmatch(name) for name in here | there),
    )
    info = _info(seen["namespace.info"])
    yield row(
        "the same node, and the file that is open, tell of it there",
        f"{seen['namespace.open']}, namespace {info.get('netns_inode')}",
        seen["namespace.open"] == f"{index} lan2" and info.get("netns_inode") == seen["namespace.inode"],
    )
    yield row("so do the veth's", seen["namespace.veth9"], seen["namespace.veth9"].endswith(" v1"))
    yield row(
        "the namespace is another one", f"{seen['namespace.inode']}, {seen['namespace.home']} here",
        seen["namespace.inode"] != seen["namespace.home"],
    )  # fmt: skip
    yield row(
        f"who has no right there gets {FOREIGN} at open",
        seen["namespace.nobody"],
        seen["namespace.nobody"] == f"open: {FOREIGN}",
    )
    stranger = _lines(seen["namespace.stranger"])
    yield row(
        f"and if it had the node open it wakes with ERR and reads {FOREIGN}",
        ", ".join(stranger),
        _shape(stranger) == [f"{index} lan2", "ERR", f"read: {FOREIGN}"],
    )
    yield row(
        "anybody inside that namespace can read it", seen["namespace.inside"],
        seen["namespace.inside"] == f"{index} lan2",
    )  # fmt: skip
    renamed = seen["namespace.renamed"]
    yield row("renamed there, the open file here gives that name", renamed, renamed == f"{index} inner0")
    said = sequence(events, node)
    yield row(
        "udev here hears that it goes, and that it comes back",
        _about(said, "lan2", "inner0"),
        _in_order(said, ("remove lan2", "add inner0")),
    )


def death(seen: Seen, events: Events) -> Iterator[Row]:
    """The last process of a namespace ends: cards come home, virtual interfaces are deleted."""
    row = functools.partial(Row, "death", "the last process of that namespace ends")
    node, index = seen["rename.node"], seen["rename.first"].split(" ")[0]
    info = _info(seen["death.info"])
    home = seen["namespace.home"]
    yield row(
        "the card is back, at the same node and the same open file",
        f"{node}: {seen['death.open']}, namespace {info.get('netns_inode')}",
        seen["death.open"] == seen["death.node"] == f"{index} inner0" and info.get("netns_inode") == home,
    )
    yield row(
        "its entry in /sys is back", seen["death.sys"],
        seen["death.sys"] == f"/sys/class/netnode/netnode{node.rpartition('/')[2]}",
    )  # fmt: skip
    veth, left = seen["namespace.veth"].rpartition("/")[2], seen.words("death.nodes")
    yield row(
        f"a veth that was in it is deleted: its node is gone, a file open on it gives {GONE}",
        seen["death.veth"],
        seen["death.veth"] == f"read: {GONE}" and veth.isdecimal() and "0" in left and veth not in left,
    )


def remove(seen: Seen, events: Events) -> Iterator[Row]:
    """The card goes while readers sleep on it."""
    row = functools.partial(Row, "remove", "echo 1 > /sys/bus/pci/devices/CARD/remove, a reader asleep in poll")
    index = seen["rename.first"].split(" ")[0]
    watch = _lines(seen["remove.watch"])
    yield row(
        f"the reader wakes with ERR and HUP, and reads {GONE}",
        ", ".join(watch),
        _shape(watch) == [f"{index} inner0", "ERR HUP", f"read: {GONE}"] and seen["remove.remove"] == "",
    )
    others = (seen["remove.open"], seen["remove.info"], seen["remove.poll"].partition(" after ")[0])
    yield row(
        f"every open file gives {GONE}, and ERR and HUP at once",
        ", ".join(others),
        others == (f"read: {GONE}", f"ioctl: {GONE}", "ERR HUP"),
    )
    yield row("the node is gone", seen["remove.node"], seen["remove.node"] == "open: ENOENT")
    said = sequence(events, seen["rename.node"])
    yield row("udev hears of it", _about(said, "inner0"), "remove inner0" in said)


def replug(seen: Seen, events: Events) -> Iterator[Row]:
    """The same card again: a new interface, so a new node, and no old file sees it."""
    row = functools.partial(Row, "replug", "echo 1 > /sys/bus/pci/rescan, a file still open on the old node")
    old, new = seen["rename.node"], seen["replug.node"]
    line = seen["replug.line"]
    yield row(
        "the minor of the old node is not given again while a file is open on it",
        f"{old} > {new}",
        new.startswith("/dev/netnode/") and new != old,
    )
    yield row("the new node tells of the new interface", line, line.split(" ")[0] == seen["replug.ifindex"] != "")
    yield row(f"the old file still gives {GONE}", seen["replug.open"], seen["replug.open"] == f"read: {GONE}")
    yield row("by-path leads to the new node", seen["replug.bypath"], seen["replug.bypath"] == new)
    closed = seen["replug.closed"]
    yield row("when the file is closed, and the card plugged again, the minor is free", closed, closed == old)


def eject(seen: Seen, events: Events) -> Iterator[Row]:
    """The hardware itself is taken away."""
    row = functools.partial(Row, "eject", "power off slot 12: QEMU takes the second card out of the machine")
    first = seen["eject.first"]
    watch = _lines(seen["eject.watch"])
    yield row(
        f"the reader wakes with ERR and HUP, and reads {GONE}",
        ", ".join(watch),
        _shape(watch) == [first, "ERR HUP", f"read: {GONE}"] and seen["eject.power"] == "",
    )
    yield row(f"the open file gives {GONE}", seen["eject.open"], seen["eject.open"] == f"read: {GONE}")
    gone, empty = seen["eject.gone"], seen["eject.empty"]
    yield row(
        "node and card are gone, and power on brings none back",
        "neither is there" if gone.count("No such file") == 2 else gone,
        f"{seen['eject.node']}: No such file" in gone
        and gone.count("No such file") == 2
        and empty.count("No such file") == 1,
    )


def unbind(seen: Seen, events: Events) -> Iterator[Row]:
    """The driver of the card lets go of it, and takes it again."""
    row = functools.partial(Row, "unbind", "unbind the virtio card from its driver, bind it again")
    node, first, line = seen["unbind.node"], seen["unbind.first"], seen["unbind.line"]
    watch = _lines(seen["unbind.watch"])
    yield row(
        f"the reader wakes with ERR and HUP, and reads {GONE}",
        ", ".join(watch),
        _shape(watch) == [first, "ERR HUP", f"read: {GONE}"] and seen["unbind.unbind"] == seen["unbind.bind"] == "",
    )
    index = line.split(" ")[0]
    yield row(
        "bound again it has a node again, with the lowest minor that is free, for another interface",
        f"{seen['unbind.again']}: {line}",
        seen["unbind.again"] == node and index.isdecimal() and index != first.split(" ")[0],
    )


def unload(seen: Seen, events: Events) -> Iterator[Row]:
    """The module goes only when nobody has a node open, and takes everything along."""
    row = functools.partial(Row, "unload", "rmmod netnode, first with a file open")
    busy = seen["unload.busy"]
    count = seen["unload.refcount"]
    yield row(
        "refused while a file is open",
        f"{busy} (use count {count})",
        "temporarily unavailable" in busy and count.isdecimal() and count != "0",
    )
    yield row("and the file is none the worse", seen["unload.still"], seen["unload.still"] == "1 lo")
    yield row("then it goes", seen["unload.rmmod"] or "no objection", seen["unload.rmmod"] == "")
    left = seen["unload.left"]
    yield row("no node, class or major number is left", "nothing is left" if left == "0" else left, left == "0")


def _lines(value: str) -> list[str]:
    return [part.strip() for part in value.split(";")]


def _shape(watch: list[str]) -> list[str]:
    """Three lines of `netnode-tool watch` without the time that the wait took."""
    if len(watch) != 3 or " after " not in watch[1]:
        return watch
    return [watch[0], watch[1].partition(" after ")[0].strip(), watch[2]]


def _info(value: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in value.split(" ") if "=" in word)


def _about(said: tuple[str, ...], *names: str) -> str:
    """Those of the events that tell of an interface called so."""
    return ", ".join(one for one in said if one.endswith(tuple(f" {name}" for name in names)))


def _in_order(said: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    left = iter(said)
    return all(one in left for one in wanted)
