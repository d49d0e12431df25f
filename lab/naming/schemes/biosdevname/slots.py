"""Which physical slot each PCI function sits in, and how the network functions of a slot are counted.

After biosdevname 495ab76 (src/pci.c, src/dmidecode/dmidecode.c). Its $PIR table is in no file of sysfs and is left
out, as the distributions' `--nopirq` does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lab.naming import smbios
from lab.naming.schemes.biosdevname.functions import Function, functions
from lab.naming.schemes.biosdevname.vpd import partitions
from lab.naming.schemes.integer import unsigned
from lab.naming.schemes.pci import Address
from lab.naming.trace import Gap
from lab.naming.tree import Tree

__all__ = ["OLDEST_SMBIOS", "placed", "vendor_and_product"]

OLDEST_SMBIOS = (2, 6)  # the distributions' `--smbios 2.6`: older tables hold no addresses
DISABLED = ((0, 0, 0), (0xFF, 0x1F, 7))  # bus, device, function that stand for nothing
NO_DOMAIN = 0xFFFF
HP_PORTS = 209  # HP's own structure: the ports on the mainboard, 8 bytes each
DELL = "Dell Inc."
NO_VPD = (0x1969, 0x168C)  # Atheros: reading hangs (Red Hat bugs 801885, 789635, 781572)
IDENTITY = "/devices/virtual/dmi/id"
_VIRTUAL = re.compile(r"virtfn([0-9]{1,9})", re.ASCII)


def placed(tree: Tree) -> dict[str, Function]:
    """Every PCI function by path, in the order of addresses, with its slot and what counts in it."""
    found = functions(tree)
    data = tree.read(smbios.TABLE)
    valid = _is_valid(tree, found)
    if valid and data is not None:
        _from_table(found, smbios.parse_table(data))
    elif data is None:
        for function in found.values():
            function.gaps.append(Gap(smbios.TABLE, "it may say which slot the card sits in; only root can read it"))
    _virtual_functions(tree, found)
    if vendor_and_product(tree)[0].startswith(DELL):
        _dell(tree, found)
    for function in found.values():
        _slot(found, function, valid)
    _count(found)
    return found


def vendor_and_product(tree: Tree) -> tuple[str, str]:
    """Who made the machine and what it is called; "" where the source does not say.

    The kernel's files say what type 1 of the table says, so the table stands in for files that are missing.
    """
    table = smbios.parse_table(tree.read(smbios.TABLE) or b"")
    vendor, product = tree.text(f"{IDENTITY}/sys_vendor"), tree.text(f"{IDENTITY}/product_name")
    return vendor or table.vendor or "", product or table.product or ""


def _is_valid(tree: Tree, found: dict[str, Function]) -> bool:
    """Is the table new enough? Without an entry point it is taken to be; every board since 2006 is."""
    entry = tree.read(smbios.ENTRY)
    stated = None if entry is None else smbios.version(entry)
    if stated is None or stated >= OLDEST_SMBIOS:
        return True
    for function in found.values():
        function.refused(smbios.ENTRY, f"{stated[0]}.{stated[1]}", "older than SMBIOS 2.6: neither it nor PCIe counts")
    return False


# -- SMBIOS ---------------------------------------------------------------------------------------


def _from_table(found: dict[str, Function], table: smbios.Table) -> None:
    """What the table says, structure by structure: a later one overwrites an earlier one."""
    slots = {s.structure.offset: s for s in smbios.slots(table)}
    onboards = {s.structure.offset: s for s in smbios.onboards(table)}
    for structure in table.structures:
        slot, onboard = slots.get(structure.offset), onboards.get(structure.offset)
        if slot is not None:
            _system_slot(found, slot)
        elif onboard is not None and onboard.enabled and onboard.kind == smbios.ETHERNET:
            rule = f"on the mainboard, port {onboard.instance}"
            value = f"`{onboard.label or ''}`, instance {onboard.instance}"
            _set(found, onboard.place, (0, onboard.kind, onboard.instance), structure, value, rule)
        elif structure.type == HP_PORTS and table.bios_vendor == "HP":
            _hp_ports(found, structure)
    if table.damage:
        for function in found.values():
            function.gaps.append(Gap(smbios.TABLE, f"the table is damaged: {table.damage}"))


def _system_slot(found: dict[str, Function], slot: smbios.Slot) -> None:
    """A slot names all functions of its device, but only one of a device whose functions are root ports."""
    domain, bus, device, number = slot.place
    sits = _at(found, slot.place)
    alone = sits is not None and sits.ask(lambda c: c.is_root_port, "a root port is one of several on its device")
    where = (domain, bus, device, number if alone else None)
    value = f"`{slot.label or ''}`, slot {slot.number}"
    unsure = sits.gaps if sits is not None and alone is None else []
    _set(found, where, (slot.number, 0, 0), slot.structure, value, f"system slot {slot.number}", unsure)


def _hp_ports(found: dict[str, Function], structure: smbios.Structure) -> None:
    for port, place in enumerate(range(4, len(structure.data) - 7, 8), 1):
        where, bus = structure.data[place], structure.data[place + 1]
        rule = f"HP's list: on the mainboard, port {port}"
        _set(found, (0, bus, where >> 3, where & 7), (0, smbios.ETHERNET, port), structure, f"port {port}", rule)


def _set(
    found: dict[str, Function],
    where: tuple[int, int, int | None, int | None],
    what: tuple[int, int, int],
    structure: smbios.Structure,
    value: str,
    rule: str,
    gaps: Sequence[Gap] = (),
) -> None:
    """Put what stands at `where` (None matches all), and all behind it if it is a bridge, into slot, kind, instance."""
    todo: list[tuple[tuple[int, int, int | None, int | None], str]] = [(where, rule)]
    done: set[tuple[int, int, int | None, int | None]] = set()
    while todo:
        place, words = todo.pop()
        domain, bus, device, number = place
        if domain == NO_DOMAIN or (bus, device, number) in DISABLED or place in done:
            continue
        done.add(place)  # a bridge whose secondary bus is its own would go round for ever
        for function in found.values():
            a = function.address
            if (a.domain, a.bus) != (domain, bus) or device not in (None, a.device) or number not in (None, a.function):
                continue
            function.slot, function.kind, function.instance = what
            function.smbios = True
            function.used(structure.path, value, words)
            function.gaps += [gap for gap in gaps if gap not in function.gaps]
            behind = function.ask(lambda c: c.secondary_bus, "a bridge's slot is that of the cards behind it")
            if behind is not None:
                todo.append(((domain, behind, None, None), f"{words}, behind the bridge {function.sysname}"))


def _at(found: dict[str, Function], place: tuple[int, int, int, int]) -> Function | None:
    wanted = Address(*place)
    return next((f for f in found.values() if f.address == wanted), None)


# -- virtual functions and Dell's partitions ------------------------------------------------------


def _virtual_functions(tree: Tree, found: dict[str, Function]) -> None:
    """A virtual function is its card's; it inherits slot and number if the table names the card."""
    for physical in found.values():
        for entry in tree.entries(physical.path):
            match = _VIRTUAL.fullmatch(entry)
            virtual = found.get(tree.resolve(f"{physical.path}/{entry}") or "") if match else None
            if match is None or virtual is None:
                continue
            virtual.physical, virtual.virtual = physical, int(match[1])
            virtual.used(
                f"{physical.path}/{entry}", virtual.sysname, f"virtual function {match[1]} of {physical.sysname}"
            )
            if physical.smbios:
                virtual.slot, virtual.instance = physical.slot, physical.instance
                virtual.evidence += physical.evidence


def _dell(tree: Tree, found: dict[str, Function]) -> None:
    """Ports and partitions from the cards' product data; a port with a single function is dropped again."""
    network = [f for f in found.values() if f.network]
    if not any(tree.read(f"{f.path}/vpd") for f in network):
        for function in network:
            function.gaps.append(
                Gap(f"{function.path}/vpd", "a Dell machine: partitions of a card (NPAR) change names")
            )
    for function in network:
        vendor = unsigned(tree.text(f"{function.path}/vendor"))
        if vendor in NO_VPD or function.port is not None:
            continue
        path = f"{(function.physical or function).path}/vpd"
        for part in partitions(tree.read(path) or b""):
            a = function.address
            target = _at(found, (a.domain, a.bus, part.device, part.function))
            if target is not None and target.port is None:
                target.port, target.partition = part.port, part.number
                target.used(
                    path, f"port {part.port}, partition {part.number}", f"Dell's product data name {target.sysname}"
                )
    ported = [f for f in found.values() if f.port is not None]
    size: dict[str, int] = {}
    for function in ported:
        a = function.address
        master = next(
            f for f in ported if (f.address.domain, f.address.bus, f.port) == (a.domain, a.bus, function.port)
        )
        function.master = master
        size[master.path] = size.get(master.path, 0) + 1
        if master.slot == 0:
            function.slot = 0
    for function in ported:
        if size.get(function.path) == 1:
            function.refused(f"{function.path}/vpd", f"port {function.port}", "a single function: no partitions")
            function.port, function.partition, function.master = None, 0, None


# -- slots ----------------------------------------------------------------------------------------


def _slot(found: dict[str, Function], function: Function, valid: bool) -> None:
    """Its own slot; else a PCI Express slot above it; else the same asked of the device above."""
    place: Function | None = function
    while place is not None and function.slot is None:
        if place is not function and place.slot is not None:
            function.slot = place.slot
            function.evidence += place.evidence
            function.used(place.path, place.sysname, f"the device above is in slot {place.slot}")
        elif valid and place is function:
            _express(found, function, place)
        place = _above(found, place)
    if function.slot is None:
        function.refused(function.path, function.sysname, "no table and no PCI Express slot says where it is")


def _express(found: dict[str, Function], function: Function, place: Function | None) -> None:
    while place is not None:
        number = place.ask(lambda c: c.slot, "the PCI Express capability may hold the number of a slot")
        if number is not None:
            function.slot = number
            function.used(f"{place.path}/config", str(number), f"PCI Express slot number of {place.sysname}")
            return
        function.gaps += [gap for gap in place.gaps if gap.missing.endswith("/config") and gap not in function.gaps]
        place = _above(found, place)


def _above(found: dict[str, Function], function: Function) -> Function | None:
    """The device that holds it; None below the host bridge. A virtual function lies beside its card, not in it."""
    return found.get(function.path.rpartition("/")[0])


def _count(found: dict[str, Function]) -> None:
    """Number the network functions: those on the mainboard, and those of each slot.

    Within a slot the count begins again whenever the slot changes along the order of addresses.
    """
    on_board, previous, number = 0, -1, 0
    for function in found.values():
        if not function.network or function.physical is not None:
            continue
        if function.slot == 0:
            if function.port is None:
                on_board += 1
                function.on_board = on_board
            continue
        slot = -2 if function.slot is None else function.slot
        number = number + 1 if slot == previous else 1
        previous = slot
        function.in_slot = number
