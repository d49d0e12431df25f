"""What a source does not tell of a machine, and which names that leaves uncertain.

A live sysfs tells everything, a copy may have been made without a part of it or by a user who may not read all, a udev
database holds no attributes. Beside the gaps of each name (`Candidate.gaps`), this is the list for the machine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from lab.core.table import Table
from lab.naming.model import Interface, Machine
from lab.naming.schemes.pci import HEADER_TYPE
from lab.naming.schemes.slot import SLOTS
from lab.naming.sources.wanted import ALIASES, DEVICETREE, DMI, DMI_ID, DMI_TABLES, PCI_DEVICES
from lab.naming.tree import Tree, hardware, lacking_above, subsystem

__all__ = ["Lack", "lacks", "lacks_table"]

LIVE = "netlink and sysfs"  # such a machine was asked itself: what it does not show it has not
ORDINARY = 64  # bytes of configuration space that every user may read
STATUS, HAS_CAPABILITIES = 0x06, 0x10  # include/uapi/linux/pci_regs.h
DELL = "Dell Inc."

# attribute of every interface -> what it leaves open
NET = {
    "type": "all names: the link type decides their first letters",
    "uevent": "all names: it tells wireless cards, whose names begin otherwise",
    "iflink": "all names: a stacked interface has none",
    "addr_assign_type": "MAC: only a permanent address gives a name",
    "address": "MAC",
    "dev_port": "SLOT, PATH, ONBOARD: the port of a card that has several (d<N>)",
    "name_assign_type": "NamePolicy=kernel, keep; the kernel's first name",
}
# attribute of every PCI device below an interface -> what it leaves open
PCI = {
    "modalias": "SLOT: whether a bridge's slot counts",
    "vendor": "PATH, SLOT: the few cards whose names have no domain",
    "class": "biosdevname: which functions are counted",
}
NO_ATTRIBUTES = ("acpi_index, index, label, phys_port_name, firmware_node, physfn", "names under another scheme")


@dataclasses.dataclass(frozen=True, slots=True)
class Lack:
    """`missing`: the attribute or table; `of`: the interfaces it concerns, () for all; `leaves`: what is uncertain."""

    missing: str
    of: tuple[str, ...]
    leaves: str


def lacks(machine: Machine) -> tuple[Lack, ...]:
    """What the source of `machine` lacks of that which the rules read."""
    return (*_of_machine(machine), *_of_interfaces(machine))


def lacks_table(machine: Machine) -> Table:
    """`lacks` as rows."""
    rows = tuple((lack.missing, ", ".join(lack.of) or "all", lack.leaves) for lack in lacks(machine))
    return Table(("not in this source", "of", "what that leaves uncertain"), rows, f"{machine.name}: what is lacking")


def _of_machine(machine: Machine) -> Iterator[Lack]:
    tree, live = machine.tree, machine.source == LIVE
    if not live:
        yield Lack("altnames (netlink)", (), "whether a name is already some interface's second name")
    if not machine.properties:
        yield Lack("udev's properties", (), "systemd 256 and later: attributes that ID_NET_NAME_ALLOW hides")
    if not any(card.bus == "pci" for card in machine.cards):
        return
    if machine.recorded:
        yield Lack(NO_ATTRIBUTES[0], (), NO_ATTRIBUTES[1])
    if SLOTS not in tree.folders and not (live and PCI_DEVICES in tree.folders):
        yield Lack(SLOTS, (), "SLOT")
    if DMI not in tree.files and (not live or DMI_TABLES in tree.folders):
        why = " (only the superuser may read it)" if DMI_TABLES in tree.folders else ""
        yield Lack(f"{DMI}{why}", (), "biosdevname: slots and ports of the SMBIOS table")
    if not live and PCI_DEVICES not in tree.folders:
        yield Lack(PCI_DEVICES, (), "biosdevname: cards without a driver are counted too")
    if not live and f"{DMI_ID}/sys_vendor" not in tree.files:
        yield Lack(f"{DMI_ID}/sys_vendor", (), "biosdevname: some rules are for one vendor only")


def _of_interfaces(machine: Machine) -> Iterator[Lack]:
    found: dict[tuple[str, str], list[str]] = {}
    for interface in machine.interfaces:
        if interface.is_loopback:
            continue
        for missing, leaves in _of_interface(machine.tree, interface):
            found.setdefault((missing, leaves), []).append(interface.ifname)
    for (missing, leaves), names in found.items():
        yield Lack(missing, tuple(names), leaves)


def _of_interface(tree: Tree, interface: Interface) -> Iterator[tuple[str, str]]:
    path = interface.devpath
    if path not in tree.folders:
        yield path, "all names: this sysfs belongs to another network namespace"
        return
    for missing in lacking_above(tree, path):
        yield missing, "SLOT, PATH, ONBOARD: which device this is, and on which bus"
    device = hardware(tree, path)
    for attribute, leaves in NET.items():
        if f"{path}/{attribute}" not in tree.files and (interface.is_card or attribute != "name_assign_type"):
            yield attribute, leaves
    for place in (path, device or path):
        if f"{place}/of_node" in tree.links and ALIASES not in tree.folders and DEVICETREE not in tree.folders:
            yield ALIASES, "ONBOARD: the board's numbers for its cards"
            break
    if device is not None and subsystem(tree, device) == "pci":
        yield from _of_pci(tree, device)


def _of_pci(tree: Tree, device: str) -> Iterator[tuple[str, str]]:
    for attribute, leaves in PCI.items():
        if f"{device}/{attribute}" not in tree.files:
            yield attribute, leaves
    config = tree.files.get(f"{device}/config", b"")
    if len(config) <= HEADER_TYPE:
        yield "config", "SLOT, PATH: whether the card has several functions (f<N>)"
    elif config[STATUS] & HAS_CAPABILITIES and not any(config[ORDINARY:]):
        yield f"config beyond {ORDINARY} bytes (superuser)", "biosdevname: the slot number of PCI Express"
    for link in ("firmware_node", "physfn"):
        if f"{device}/{link}" in tree.links and tree.resolve(f"{device}/{link}") is None:
            leaves = "SLOT from v257 on" if link == "firmware_node" else "all names: the card is a virtual function"
            yield f"{link} (leads to nothing here)", leaves
    if tree.text(f"{DMI_ID}/sys_vendor") == DELL and f"{device}/vpd" not in tree.files:
        yield "vpd", "biosdevname: ports and partitions that the card's vital product data tells"
