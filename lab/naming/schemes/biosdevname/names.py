"""The names that biosdevname gives: `em<port>`, `p<slot>p<port>`, or eth0, eth1 ... in the order of places.

After biosdevname 495ab76 (src/naming_policy.c, src/bios_device.c) and its udev rule, which asks for every Ethernet
interface on PCI without a DEVTYPE.
"""

from __future__ import annotations

import dataclasses
from collections import Counter

from lab.naming.model import Interface, Machine, uevent_value
from lab.naming.schemes.biosdevname.functions import Function
from lab.naming.schemes.biosdevname.hypervisor import hypervisor
from lab.naming.schemes.biosdevname.slots import placed
from lab.naming.schemes.integer import unsigned
from lab.naming.schemes.kernel import NAME_MAX
from lab.naming.trace import Candidate, Evidence, Gap
from lab.naming.tree import hardware

__all__ = ["all_ethn", "biosdevname"]

ETHER = 1  # ARPHRD_ETHER
SEVERAL_PORTS = ("mlx4", "cxgb", "exanic", "nfp")  # beginnings of drivers with several ports on one function
UNKNOWN = 1 << 31  # stands behind every slot


@dataclasses.dataclass(frozen=True, slots=True)
class Port:
    """A card beside its PCI function (None: it is on no PCI network function), and the `name` it is offered."""

    card: Interface
    function: Function | None
    name: str | None
    because: str
    evidence: tuple[Evidence, ...] = ()
    gaps: tuple[Gap, ...] = ()


def biosdevname(machine: Machine) -> dict[str, Candidate]:
    """The name of every card by devpath, under the policy "physical": by slot and port.

    Two cards that are offered one name both keep the kernel's. In a virtual machine biosdevname says nothing at
    all; that is told from what the machine calls itself.
    """
    silent = _silent(machine, "biosdevname")
    if silent:
        return silent
    ports = [_physical(machine, card, function) for card, function in _asked(machine)]
    counts = Counter(port.name or "" for port in ports)
    real = hypervisor(machine)
    found = {}
    for port in ports:
        name, because, several = port.name, port.because, counts[port.name or ""]
        if name and several > 1:
            name, because = None, f"`{name}` is offered to {several} cards: none of them is renamed"
        found[port.card.devpath] = Candidate(
            "biosdevname", name, because, (*real[1], *port.evidence), (*real[2], *port.gaps)
        )
    return found


def all_ethn(machine: Machine) -> dict[str, Candidate]:
    """The name of every card by devpath, under the policy "all_ethN": mainboard first, then slots, then the rest."""
    silent = _silent(machine, "all_ethN")
    if silent:
        return silent
    real = hypervisor(machine)
    found = {}
    line: list[tuple[Interface, Function | None]] = []
    for card, function in _asked(machine):
        kind = unsigned(machine.tree.text(f"{card.devpath}/type"))
        if kind == ETHER and not _fcoe(machine, card):
            line.append((card, function))
        else:
            found[card.devpath] = Candidate("all_ethN", None, "no Ethernet interface", real[1], real[2])
    for number, (card, function) in enumerate(_sorted(line)):
        place = "on no PCI network function" if function is None else _place(function)
        evidence, gaps = ((), ()) if function is None else (tuple(function.evidence), tuple(function.gaps))
        name = f"eth{number}"
        found[card.devpath] = Candidate(
            "all_ethN", name, f"number {number + 1}: {place}", (*real[1], *evidence), (*real[2], *gaps)
        )
    return found


def _asked(machine: Machine) -> list[tuple[Interface, Function | None]]:
    """Every card with its PCI function, in the order of addresses; cards on other buses last, by ifindex."""
    found = placed(machine.tree)
    rank = {path: number for number, path in enumerate(found)}
    pairs = []
    for card in machine.cards:
        function = found.get(hardware(machine.tree, card.devpath) or "") if card.bus == "pci" else None
        pairs.append((card, function if function is not None and function.network else None))
    pairs.sort(key=lambda p: (p[1] is None, rank[p[1].path] if p[1] else 0, p[0].ifindex or 0, p[0].devpath))
    return pairs


# -- who is asked nothing ------------------------------------------------------------------------


def _silent(machine: Machine, policy: str) -> dict[str, Candidate]:
    """The answer for a virtual machine or a source without sysfs: no names; {} for anything else."""
    if machine.recorded:
        gaps = (Gap("sysfs", "a udev database holds no PCI configuration and no SMBIOS table"),)
        return {c.devpath: Candidate(policy, None, "unknown from recorded names", (), gaps) for c in machine.cards}
    found, evidence, _ = hypervisor(machine)
    if not found:
        return {}
    because = f"a virtual machine ({found}): biosdevname says nothing there"
    return {c.devpath: Candidate(policy, None, because, evidence) for c in machine.cards}


# -- by slot and port -----------------------------------------------------------------------------


def _physical(machine: Machine, card: Interface, function: Function | None) -> Port:
    if function is None:
        where = "no network function of PCI" if card.bus == "pci" else f"on {card.bus}"
        return Port(card, None, None, f"{where}: biosdevname is asked for PCI network cards only")
    path = f"{card.devpath}/type"
    kind = unsigned(machine.tree.text(path))
    if kind is None:
        return Port(card, function, None, "the link type is unknown", (), (Gap(path, "only Ethernet is named"),))
    devtype = uevent_value(machine.tree, card.devpath, "DEVTYPE")
    if kind != ETHER or devtype:
        word = devtype or f"link type {kind}"
        return Port(card, function, None, f"{word}: the udev rule asks for plain Ethernet only")
    evidence, gaps = list(function.evidence), list(function.gaps)
    if function.slot is None:
        return Port(card, function, None, "in no known slot", tuple(evidence), tuple(gaps))
    several = _port_of_driver(machine, card, evidence, gaps)
    if function.slot == 0:
        port, because = _on_board(machine, function, several, evidence, gaps)
        start = "" if port is None else f"em{port}"
    else:
        port, because = _in_slot(machine, function, several, evidence, gaps)
        start = f"p{function.slot}p{port}"
    if not start:
        return Port(card, function, None, because, tuple(evidence), tuple(gaps))
    name = f"{start}{_suffix(function)}"[:NAME_MAX]
    return Port(card, function, name, because, tuple(evidence), tuple(gaps))


def _port_of_driver(machine: Machine, card: Interface, evidence: list[Evidence], gaps: list[Gap]) -> int | None:
    """The port, from 1 on, that drivers with several ports on one function count; None for other drivers."""
    driver = card.driver or ""
    if not driver.startswith(SEVERAL_PORTS):
        return None
    if driver == "nfp":
        path = f"{card.devpath}/phys_port_name"
        text = machine.tree.text(f"{card.devpath}/phys_port_name") or ""
        number = unsigned(text[1:]) if text[:1] == "p" and text[1:].isdecimal() else None
    else:
        name = "dev_port" if machine.tree.text(f"{card.devpath}/dev_port") is not None else "dev_id"
        path = f"{card.devpath}/{name}"
        text = machine.tree.text(path) or ""
        number = unsigned(text)
    if number is None:
        gaps.append(Gap(path, f"{driver} has several ports on one function; which one this is, is unknown"))
        return 0
    evidence.append(Evidence(path, text, f"{driver}: port {number + 1} of its function", "used"))
    return number + 1


def _on_board(
    machine: Machine, function: Function, several: int | None, evidence: list[Evidence], gaps: list[Gap]
) -> tuple[int | None, str]:
    """The number on the mainboard: the driver's, the kernel's `index`, that of the table, or counted."""
    owner = function.master or function
    owner = owner.physical or owner
    if several is not None:
        return several, f"on the mainboard, port {several} of the driver"
    path = f"{owner.path}/index"
    text = machine.tree.text(path)
    index = unsigned(text)
    if index is not None:
        evidence.append(Evidence(path, text, f"on the mainboard, index {index}", "used"))
        return index, f"on the mainboard, `index` = {index}"
    if owner.smbios and owner.instance and owner.kind:
        return owner.instance, f"on the mainboard, instance {owner.instance} of the SMBIOS table"
    if owner.on_board is not None:
        gaps += _counted(machine)
        return owner.on_board, f"on the mainboard, counted there as number {owner.on_board}"
    return None, "on the mainboard, but without a number"


def _in_slot(
    machine: Machine, function: Function, several: int | None, evidence: list[Evidence], gaps: list[Gap]
) -> tuple[int, str]:
    """The port of a card in a slot: the driver's, Dell's, or counted along the functions of the slot."""
    where = f"in slot {function.slot}"
    if several is not None:
        return several, f"{where}, port {several} of the driver"
    if function.port is not None:
        return function.port, f"{where}, port {function.port} of the card's product data"
    owner = function.physical or function
    gaps += _counted(machine)
    number = f"network function {owner.in_slot} there"
    evidence.append(Evidence(owner.path, owner.sysname, f"{where}: {number}", "used"))
    return owner.in_slot, f"{where}, {number}"


def _counted(machine: Machine) -> tuple[Gap, ...]:
    """Functions without a driver count as well: a source that lists only the cards' own devices may lack them."""
    if machine.tree.resolve("/bus/pci/devices") in machine.tree.folders:
        return ()
    return (Gap("/bus/pci/devices", "network functions without a driver count too; this source may lack some"),)


def _suffix(function: Function) -> str:
    """`_<virtual function>` or `_<partition>`."""
    if function.physical is not None:
        return f"_{function.virtual}"
    return "" if function.port is None else f"_{function.partition}"


# -- eth0, eth1 ... -------------------------------------------------------------------------------


def _fcoe(machine: Machine, card: Interface) -> bool:
    return (uevent_value(machine.tree, card.devpath, "DEVTYPE") or "").startswith("fcoe")


def _place(function: Function) -> str:
    slot = {None: "in no known slot", 0: "on the mainboard"}.get(function.slot, f"in slot {function.slot}")
    return f"{slot}, {function.sysname}"


def _sorted(line: list[tuple[Interface, Function | None]]) -> list[tuple[Interface, Function | None]]:
    """By slot (0 first, unknown last), on the mainboard by instance where both are of one kind, then by address.

    That is no order in the strict sense, so it is sorted as biosdevname does: by insertion, from the last address
    backwards, each before the first that it does not follow.
    """
    done: list[tuple[Interface, Function | None]] = []
    for item in reversed(line):
        place = next((n for n, other in enumerate(done) if not _follows(item, other)), len(done))
        done.insert(place, item)
    return done


def _follows(a: tuple[Interface, Function | None], b: tuple[Interface, Function | None]) -> bool:
    """True if `a` comes after `b`."""
    (card, one), (other, two) = a, b
    if one is None or two is None:
        return one is None and two is not None
    if one.slot == 0 == two.slot:
        if one.kind == two.kind and one.instance != two.instance:
            return one.instance > two.instance
    elif one.slot != two.slot:
        return _slot_rank(one) > _slot_rank(two)
    if one is two:
        return (card.ifindex or 0) > (other.ifindex or 0)
    return dataclasses.astuple(one.address) > dataclasses.astuple(two.address)


def _slot_rank(function: Function) -> int:
    return UNKNOWN if function.slot is None else function.slot
