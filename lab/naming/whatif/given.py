"""What-if steps on what firmware and kernel say of a card: `index`, `label`, `sun`, `slot`, `port`, `devport`."""

from __future__ import annotations

import posixpath
import re

from lab.core.errors import LabError
from lab.naming.model import Machine
from lab.naming.schemes.slot import SLOTS
from lab.naming.tree import Tree, tree_of
from lab.naming.whatif.argument import assignment, interface, number, pci_function
from lab.naming.whatif.change import Change
from lab.naming.whatif.rename import link_text

__all__ = ["set_devport", "set_index", "set_label", "set_port", "set_slot", "set_sun"]

U32 = 2**32 - 1
LABEL_MAX = 127  # bytes: a string of SMBIOS is short, and so is ALTIFNAMSIZ - 1
PORT_MAX = 15  # IFNAMSIZ - 1 (ndo_get_phys_port_name fills a buffer of IFNAMSIZ)
FIRMWARE = "/devices/LNXSYSTM:00"  # ACPI devices (drivers/acpi/scan.c)
_SLOT = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,30}", re.ASCII)


def set_index(machine: Machine, argument: str) -> Change:
    """`CARD = N`: the firmware's index, where the card has one (acpi_index, index), else as acpi_index; `none`."""
    who, value = assignment("index", argument, "enp1s0 = 3")
    folder = pci_function(machine, who, "index")
    here = [name for name in ("acpi_index", "index") if f"{folder}/{name}" in machine.tree.files]
    if value is not None:
        text = str(number("index", value, 0, U32))
        return Change(_with(machine.tree, f"{folder}/{here[0] if here else 'acpi_index'}", text))
    tree = machine.tree
    for name in here:
        tree = tree.without(f"{folder}/{name}")
    return Change(tree)


def set_label(machine: Machine, argument: str) -> Change:
    """`CARD = TEXT`: the firmware's label; `none`."""
    who, value = assignment("label", argument, "enp1s0 = Onboard LAN 1")
    folder = pci_function(machine, who, "label")
    if value is not None and (not value.isprintable() or len(value.encode()) > LABEL_MAX):
        raise LabError(f"--step label: {value[:60]!r} is no label; write at most {LABEL_MAX} printable bytes")
    return Change(_with(machine.tree, f"{folder}/label", value))


def set_sun(machine: Machine, argument: str) -> Change:
    """`CARD = N`: the slot number in the card's ACPI node (firmware_node/sun); `none`."""
    who, value = assignment("sun", argument, "enp1s0 = 3")
    folder = pci_function(machine, who, "sun")
    tree = machine.tree
    link = f"{folder}/firmware_node"
    if value is None:
        node = tree.resolve(link)
        return Change(tree if node is None else _with(tree, f"{node}/sun", None))
    text = str(number("sun", value, 0, U32))
    if link not in tree.links:
        node = _new_node(tree)
        tree = tree_of(tree.files, {**tree.links, link: link_text(folder, node)}, (*tree.folders, node))
    node = tree.resolve(link) or posixpath.normpath(posixpath.join(folder, tree.links[link]))
    if not node.startswith("/devices/"):
        raise LabError(f"--step sun: firmware_node of {who} leads out of the devices; write slot {who} = {text}")
    return Change(_with(tree, f"{node}/sun", text))


def set_slot(machine: Machine, argument: str) -> Change:
    """`CARD = N`: the hot-plug slot that holds the card is called N (or is there, if it was not); `none`."""
    who, value = assignment("slot", argument, "enp1s0 = 3")
    device = pci_function(machine, who, "slot")
    address = device.rpartition("/")[2].rpartition(".")[0]
    tree = machine.tree
    if value is not None and not _SLOT.fullmatch(value):
        raise LabError(f"--step slot: {value[:60]!r} is no slot; write slot {who} = 3")
    there = tree.text(f"{SLOTS}/{value}/address")
    if value is not None and there not in (None, address):
        raise LabError(f"--step slot: slot {value} of {machine.name} is at {there}; choose another number")
    for name in tree.entries(SLOTS):
        if name != value and tree.text(f"{SLOTS}/{name}/address") == address:
            tree = tree.without(f"{SLOTS}/{name}")
    after = tree if value is None else _with(tree, f"{SLOTS}/{value}/address", address)
    return Change(after, settled=device)


def set_port(machine: Machine, argument: str) -> Change:
    """`CARD = NAME`: the kernel names the port (phys_port_name), as it does after some upgrades; `none`."""
    who, value = assignment("port", argument, "enp1s0 = p0")
    card = interface(machine, who, "port")
    if value is not None and (not value.isprintable() or " " in value or len(value.encode()) > PORT_MAX):
        raise LabError(
            f"--step port: {value[:60]!r} is no name of a port; write at most {PORT_MAX} letters, such as p0"
        )
    return Change(_with(machine.tree, f"{card.devpath}/phys_port_name", value))


def set_devport(machine: Machine, argument: str) -> Change:
    """`CARD = N`: the number of the port on its PCI function (dev_port); `none`."""
    who, value = assignment("devport", argument, "enp1s0 = 1")
    card = interface(machine, who, "devport")
    text = None if value is None else str(number("devport", value, 0, U32))
    return Change(_with(machine.tree, f"{card.devpath}/dev_port", text))


def _with(tree: Tree, path: str, value: str | None) -> Tree:
    """`tree` with the attribute at `path` set to `value`, or without it."""
    if value is not None:
        return tree.with_file(path, f"{value}\n".encode())
    return tree.without(path) if path in tree.files else tree


def _new_node(tree: Tree) -> str:
    """A path for an ACPI device that is not there yet, with a number as the kernel writes it."""
    names = {path.rpartition("/")[2] for path in tree.folders if path.startswith(FIRMWARE)}
    return next(f"{FIRMWARE}/device:{n:02x}" for n in range(len(names) + 1) if f"device:{n:02x}" not in names)
