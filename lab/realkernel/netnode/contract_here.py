"""What the driver promises while an interface stays (kernels/linux/netnode/README.md): names, reading, waiting."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from lab.realkernel.netnode.row import Row
from lab.realkernel.netnode.seen import Event, Node, Seen, parse_nodes

__all__ = ["appear", "poll", "read", "refused", "rename", "sequence", "udev"]

Events = tuple[Event, ...]


def refused(seen: Seen, events: Events) -> Iterator[Row]:
    """A load that fails leaves nothing."""
    row = functools.partial(Row, "refused", "insmod netnode.ko minors=2, with more interfaces than two")
    load = seen["refused.load"]
    yield row("the load fails: no space left on device", load, "No space left on device" in load)
    left = seen["refused.left"]
    yield row("no node, class or major number is left", _left(left), left == "0")


def appear(seen: Seen, events: Events) -> Iterator[Row]:
    """Nodes for all interfaces there are."""
    row = functools.partial(Row, "appear", "insmod netnode.ko")
    nodes = parse_nodes(seen.values.get("appear.node", ()))
    count = seen["appear.interfaces"]
    yield row("it loads", seen["appear.load"] or "no objection", seen["appear.load"] == "")
    yield row("a node for each interface", f"{len(nodes)} nodes, {count} interfaces", 0 < len(nodes) == _number(count))
    yield row(
        "read gives ifindex and name as class net has them",
        _said(nodes, "line"),
        bool(nodes) and all(n.line == n.interface and n.line for n in nodes),
    )
    cards = [n for n in nodes if n.parent]
    yield row(
        "in /sys it hangs on the same hardware as the interface",
        ", ".join(f"{n.minor}: {n.parent.rpartition('/')[2]}" for n in cards),
        bool(cards) and all(n.parent == n.interface_parent for n in nodes),
    )
    kinds = {(n.kind, n.mode) for n in nodes}
    yield row(
        "devtmpfs has it as a character device, with the number of /sys, for all to read",
        ", ".join(f"{n.devices[1]} {n.kind} {n.mode}" for n in nodes[:1]),
        kinds == {("character special file", "444")} and all(n.devices[0] == n.devices[1] for n in nodes),
    )
    yield row(
        "minors are given from 0 on", _said(nodes, "minor"), sorted(n.minor for n in nodes) == list(range(len(nodes)))
    )


def udev(seen: Seen, events: Events) -> Iterator[Row]:
    """Systemd-udevd renames the cards: the nodes stay."""
    row = functools.partial(Row, "udev", "systemd-udevd starts and renames the cards")
    before, after = (_lines(seen[f"udev.{when}"]) for when in ("before", "after"))
    renamed = {minor: name for minor, (_, name) in after.items() if name != before.get(minor, ("", name))[1]}
    yield row(
        "each node stays with its interface: same minor, same ifindex, new name",
        ", ".join(f"{minor}: {before[minor][1]}>{name}" for minor, name in renamed.items() if minor in before),
        bool(renamed) and {m: i for m, (i, _) in before.items()} == {m: i for m, (i, _) in after.items()},
    )
    first = next((e for e in events if e.action == "add"), None)
    wanted = ("INTERFACE", "IFINDEX", "NETNS_INODE", "MAJOR", "MINOR", "DEVNAME")
    told = {key: first.properties.get(key) for key in wanted} if first else {}
    yield row(
        "its uevents say INTERFACE, IFINDEX and NETNS_INODE",
        " ".join(f"{key}={value}" for key, value in told.items()),
        bool(told) and None not in told.values(),
    )
    links = dict(pair.rsplit(" ", 1) for pair in _parts(seen["udev.links"]) if " " in pair)
    names = {f"by-name/{name}": f"/dev/netnode/{minor}" for minor, (_, name) in after.items()}
    yield row(
        "rules make the tree of 2009: by-name, by-path and by-mac lead to the node",
        ", ".join(link for link in links if link.startswith(("by-path/", "by-mac/"))),
        bool(names)
        and names.items() <= links.items()
        and all(any(link.startswith(kind) for link in links) for kind in ("by-path/", "by-mac/")),
    )


def rename(seen: Seen, events: Events) -> Iterator[Row]:
    """A new name: the node and an open file stay valid."""
    row = functools.partial(Row, "rename", "ip link set CARD name lan0, while a file is open on the node")
    node, first = seen["rename.node"], seen["rename.first"]
    index = first.split(" ")[0]
    new = f"{index} lan0"
    yield row("it is allowed", seen["rename.rename"] or "no objection", seen["rename.rename"] == "")
    yield row(
        "the open file gives the new name", f"{first} > {seen['rename.open']}", first != new == seen["rename.open"]
    )
    yield row("so does the node opened again", f"{node}: {seen['rename.again']}", seen["rename.again"] == new)
    system = seen["rename.sys"]
    yield row("node and minor are the same", f"{node} {system}", _minor(node) == _minor(system) != "")
    links = (seen["rename.byname"], seen["rename.bypath"])
    yield row("by-name/lan0 and the old by-path lead to it", " ".join(links), links == (node, node))
    said = sequence(events, node)
    wanted = f"change {first.partition(' ')[2]}>lan0"
    yield row("udev hears of the change", wanted if wanted in said else " ".join(said), wanted in said)


def poll(seen: Seen, events: Events) -> Iterator[Row]:
    """Who waits for a new name is woken."""
    row = functools.partial(Row, "poll", "poll on the node, then ip link set lan0 name lan1")
    index = seen["rename.first"].split(" ")[0]
    fresh, quiet, done = (seen[f"poll.{key}"] for key in ("fresh", "quiet", "done"))
    yield row("a file that was never read is readable", fresh, _events(fresh) == "IN")
    yield row("one that was read is not", quiet, _events(quiet) == "nothing")
    woken = _parts(seen["poll.woken"])
    yield row(
        "a sleeping reader wakes with IN and PRI, and reads the new name",
        ", ".join(woken),
        [woken[0:1], [_events(w) for w in woken[1:2]], woken[2:]] == [[f"{index} lan0"], ["IN PRI"], [f"{index} lan1"]],
    )
    yield row(
        "so does every other open file",
        f"{seen['poll.open']}, {seen['poll.read']}",
        (_events(seen["poll.open"]), seen["poll.read"]) == ("IN PRI", f"{index} lan1"),
    )
    yield row("and once it has read, no more", done, _events(done) == "nothing")


def read(seen: Seen, events: Events) -> Iterator[Row]:
    """A line is whole, whatever happens while it is read."""
    row = functools.partial(Row, "read", "read 3 bytes, ip link set lan1 name lan2, read on")
    index = seen["rename.first"].split(" ")[0]
    part, rest = seen["read.part"], seen["read.rest"]
    yield row("the rest is of the line that was begun", f"{part!r} + {rest!r}", part + rest == f"{index} lan1")
    yield row("the next read gives the new line", seen["read.next"], seen["read.next"] == f"{index} lan2")
    end = (seen["read.end"], _events(seen["read.poll"]))
    yield row("then comes the end, and nothing to wait for", ", ".join(end), end == ("end", "nothing"))
    yield row("offset 0 begins anew", seen["read.again"], seen["read.again"] == f"{index} lan2")
    yield row("the shell can read it, byte by byte", seen["read.shell"], seen["read.shell"] == f"{index} lan2")


def sequence(events: Events, node: str) -> tuple[str, ...]:
    """What udev heard of one node, in order; an add that was asked for by hand counts once."""
    said = [e.said for e in events if e.properties.get("DEVNAME") == node]
    return tuple(s for i, s in enumerate(said) if i == 0 or s != said[i - 1])


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(";") if part.strip()]


def _lines(value: str) -> dict[str, tuple[str, str]]:
    """Minor -> ifindex and name, of "2 3 eth1; ..."."""
    words = [part.split(" ") for part in _parts(value)]
    return {w[0]: (w[1], w[2]) for w in words if len(w) == 3}


def _events(value: str) -> str:
    """The events of "IN PRI  after 3 ms", and nothing for what is no such line."""
    said, after, _ = value.partition(" after ")
    return said.strip() if after else ""


def _minor(path: str) -> str:
    digits = path.rpartition("netnode")[2].lstrip("/")
    return digits if digits.isdecimal() else ""


def _number(value: str) -> int:
    return int(value) if value.isdecimal() and len(value) < 10 else -1


def _said(nodes: tuple[Node, ...], field: str) -> str:
    return ", ".join(str(getattr(n, field)) for n in nodes)


def _left(value: str) -> str:
    return "nothing is left" if value == "0" else value
