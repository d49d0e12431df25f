"""What the naming rules read of a machine: the one list of attributes, whatever the source.

Some attributes of a live sysfs are slow, have side effects or hold serial numbers, so nothing else is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from lab.core.errors import LabError
from lab.naming.schemes.slot import SLOTS
from lab.naming.sources.firmware import slots_and_ports, vpd_ports
from lab.naming.tree import Tree, tree_of

__all__ = ["ALIASES", "DEVICETREE", "DMI", "DMI_ID", "DMI_TABLES", "PCI_DEVICES", "Place", "keep", "padding", "wanted"]

NET = (
    "addr_assign_type", "address", "dev_id", "dev_port", "ifindex", "iflink", "name_assign_type",
    "phys_port_name", "type", "uevent",
)  # fmt: skip
DEVICE = (
    "acpi_index", "ari_enabled", "class", "device", "function_id", "index", "label", "modalias", "sfnum", "uevent",
    "vendor",
)  # fmt: skip
LINKS = ("device", "driver", "firmware_node", "of_node", "physfn", "subsystem")
FIRMWARE = ("adr", "path", "sun", "uevent")
BOARD = ("bios_vendor", "bios_version", "board_name", "board_vendor", "product_name", "sys_vendor")  # no serials here
BRIDGE = b"0x0604"
WHOLE = (b"0x02", BRIDGE)  # PCI classes of which all is copied: network, bridge to another bus
PCI_DEVICES = "/bus/pci/devices"
DEVICETREE = "/firmware/devicetree/base"
ALIASES = f"{DEVICETREE}/aliases"
DMI_ID = "/devices/virtual/dmi/id"
DMI_TABLES = "/firmware/dmi/tables"
DMI = f"{DMI_TABLES}/DMI"
HYPERVISOR = "/hypervisor/type"
ENTRY_POINT = f"{DMI_TABLES}/smbios_entry_point"  # its version says which structures may be trusted

BINARY = re.compile(r"/(config|vpd)$|^/firmware/")  # attributes that are no text: zeros may be meant
ATTRIBUTE_MAX = 1 << 16  # bytes; the kernel's own limit for most is a page
CONFIG_MAX = 256  # bytes of configuration space: the capabilities that a rule reads lie in there
VPD_MAX = 1 << 15  # PCI Local Bus Specification 2.2, appendix I: the address has 15 bits
DMI_MAX = 1 << 20
INTERFACES_MAX = 100_000
VENDORS_WITHOUT_VPD = {b"0x1969", b"0x168c"}  # reading theirs may hang; biosdevname passes them over too
VENDORS_WITH_PORTS = {b"Dell Inc."}  # whose cards tell their port in the vital product data (biosdevname, pci.c)


class Place(Protocol):
    """Something that looks like sysfs. `needed=False`: what may not be read is as good as absent."""

    name: str

    def entries(self, path: str, needed: bool = True) -> Sequence[str]:
        """What the folder at `path` holds, in the order of the source; nothing if it is not there."""

    def real(self, path: str) -> str | None:
        """The canonical path of what is at `path`; None if it leads nowhere or out of the place."""

    def is_folder(self, path: str) -> bool:
        """True if there is a folder at the canonical path."""

    def link(self, path: str) -> str | None:
        """The target of the link at `path`; None if it is none."""

    def file(self, path: str, limit: int, needed: bool = True) -> bytes | None:
        """At most `limit` bytes of the regular file at `path`; None if there is none or it gives nothing."""


def wanted(place: Place) -> Tree:
    """Everything in `place` that belongs to the network interfaces, the slots and the firmware's tables.

    Raises `LabError` for too many interfaces, for what may not be read though a rule needs it, and for a place that
    contradicts itself.
    """
    return _Copy(place).tree()


def keep(tree: Tree, name: str) -> Tree:
    """The part of `tree` that a naming rule reads; `name` is what errors call it."""
    return wanted(_TreePlace(tree, name))


class _TreePlace:
    """A tree, a whole archive for example, as a place."""

    def __init__(self, tree: Tree, name: str) -> None:
        self.tree = tree
        self.name = name

    def entries(self, path: str, needed: bool = True) -> Sequence[str]:
        return self.tree.entries(path)

    def real(self, path: str) -> str | None:
        return self.tree.resolve(path)

    def is_folder(self, path: str) -> bool:
        return path in self.tree.folders

    def link(self, path: str) -> str | None:
        return self.tree.links.get(path)

    def file(self, path: str, limit: int, needed: bool = True) -> bytes | None:
        data = self.tree.files.get(path)
        return None if data is None else data[:limit]


class _Copy:
    """Copies attribute by attribute; a link that leads out of the place is kept, never followed."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.files: dict[str, bytes] = {}
        self.links: dict[str, str] = {}
        self.folders: dict[str, None] = {"/class/net": None}

    def tree(self) -> Tree:
        vendor = self._board()
        self.with_vpd = vendor is not None and vendor.strip() in VENDORS_WITH_PORTS
        for count, entry in enumerate(self.place.entries("/class/net")):
            if count >= INTERFACES_MAX:
                raise LabError(f"{self.place.name}: has more than {INTERFACES_MAX:,} interfaces")
            self._link(f"/class/net/{entry}")
            real = self._folder_at(f"/class/net/{entry}")
            if real is not None and f"/class/net/{entry}" in self.links:
                self._device(real, NET)
                self._all_above(real)
        self._functions()
        self._slots()
        self._aliases()
        try:
            return tree_of(self.files, self.links, self.folders)
        except ValueError as error:
            raise LabError(f"{self.place.name}: contradicts itself ({error}); this is no copy of sysfs") from None

    def _board(self) -> bytes | None:
        """The maker's names and the firmware's tables, cut down to what tells slots and ports."""
        for attribute in BOARD if self.place.is_folder(DMI_ID) else ():
            self._file(f"{DMI_ID}/{attribute}", needed=False)
        if self.place.is_folder(DMI_TABLES):
            self.folders[DMI_TABLES] = None
            self._file(ENTRY_POINT, needed=False)
            data = self.place.file(DMI, DMI_MAX, needed=False)
            if data is not None:
                self.files[DMI] = slots_and_ports(data)
        self._file(HYPERVISOR, needed=False)
        return self.files.get(f"{DMI_ID}/sys_vendor")

    def _functions(self) -> None:
        """Every PCI function with its class; all of network cards, with a driver or without, and of bridges.

        biosdevname counts cards without a driver; where a card could be put depends on the bridges and on what is
        taken.
        """
        if not self.place.is_folder(PCI_DEVICES):
            return
        self.folders[PCI_DEVICES] = None
        functions = []
        for entry in self.place.entries(PCI_DEVICES, needed=False):
            self._link(f"{PCI_DEVICES}/{entry}")
            real = self._folder_at(f"{PCI_DEVICES}/{entry}") if f"{PCI_DEVICES}/{entry}" in self.links else None
            if real is not None:
                functions.append((real, self.place.file(f"{real}/class", 16) or b""))
        whole = {real.rpartition(".")[0] for real, kind in functions if kind.startswith(WHOLE)}
        for real, _ in functions:
            if real.rpartition(".")[0] in whole:  # a function beside them says what their device is
                self._device(real, DEVICE)
                self._all_above(real)
            elif real not in self.folders:
                self._file(f"{real}/class")
                self._link(f"{real}/subsystem")

    def _firmware_below(self, node: str) -> None:
        """ACPI's nodes for the places behind a bridge: `adr` is device and function, `sun` the slot's number."""
        for entry in self.place.entries(node, needed=False):
            below = f"{node}/{entry}"
            if below not in self.folders and self.place.is_folder(below) and self.place.file(f"{below}/adr", 16):
                self.folders[below] = None
                for attribute in FIRMWARE:
                    self._file(f"{below}/{attribute}", needed=False)

    def _slots(self) -> None:
        """The slots; a folder that may not be listed is left out, and the rule for SLOT says that it is lacking."""
        entries = self.place.entries(SLOTS, needed=False)
        if not entries and not self._listed(SLOTS):
            return
        self.folders[SLOTS] = None
        for entry in entries:
            self.folders[f"{SLOTS}/{entry}"] = None
            self._file(f"{SLOTS}/{entry}/address")

    def _listed(self, path: str) -> bool:
        try:
            self.place.entries(path)
        except LabError:
            return False
        return self.place.is_folder(path)

    def _aliases(self) -> None:
        if self.place.is_folder(DEVICETREE):
            self.folders[DEVICETREE] = None
        if self.place.is_folder(ALIASES):
            self.folders[ALIASES] = None
            for entry in self.place.entries(ALIASES, needed=False):
                self._file(f"{ALIASES}/{entry}", needed=False)

    def _device(self, path: str, attributes: tuple[str, ...]) -> None:
        if path in self.folders:
            return
        self.folders[path] = None
        for attribute in attributes:
            self._file(f"{path}/{attribute}")
        if attributes is DEVICE:
            self._file(f"{path}/config", CONFIG_MAX)
            self._vpd(path)
        for link in (*LINKS, *(e for e in self.place.entries(path) if e.startswith("virtfn"))):
            self._link(f"{path}/{link}")
        for link, inside in (("firmware_node", FIRMWARE), ("of_node", ())):
            node = self._folder_at(f"{path}/{link}")
            if node is not None and node not in self.folders and f"{path}/{link}" in self.links:
                self.folders[node] = None
                for attribute in inside:
                    self._file(f"{node}/{attribute}")
            if node is not None and inside and self._holds_cards(path):
                self._firmware_below(node)
        physical = self._folder_at(f"{path}/physfn")
        if physical is not None and f"{path}/physfn" in self.links:
            self._device(physical, DEVICE)
            self._all_above(physical)

    def _holds_cards(self, device: str) -> bool:
        """True for a PCI bridge and for the root of a bus."""
        return self.files.get(f"{device}/class", b"").startswith(BRIDGE) or device.rpartition("/")[2].startswith("pci")

    def _vpd(self, device: str) -> None:
        network = self.files.get(f"{device}/class", b"").startswith(b"0x02")
        if not self.with_vpd or not network or self.files.get(f"{device}/vendor", b"").strip() in VENDORS_WITHOUT_VPD:
            return
        data = self.place.file(f"{device}/vpd", VPD_MAX, needed=False)
        if data is not None:
            self.files[f"{device}/vpd"] = vpd_ports(data)

    def _all_above(self, path: str) -> None:
        for above in _above(path):
            self._device(above, DEVICE)

    def _folder_at(self, path: str) -> str | None:
        real = self.place.real(path)
        return real if real is not None and self.place.is_folder(real) else None

    def _link(self, path: str) -> None:
        target = self.place.link(path)
        if target is not None:
            self.links[path] = target

    def _file(self, path: str, limit: int = ATTRIBUTE_MAX, needed: bool = True) -> None:
        data = self.place.file(path, limit, needed)
        if data is not None and not padding(path, data):
            self.files[path] = data if BINARY.search(path) else data.rstrip(b"\0")


def padding(path: str, data: bytes) -> bool:
    """True for an attribute that GNU tar could not read: it writes as many zeros as sysfs states for its size."""
    if path.endswith("/uevent"):  # a bus may have nothing to say there: it is read, and empty
        return False
    return bool(data) and not BINARY.search(path) and not data.strip(b"\0")


def _above(path: str) -> Iterator[str]:
    place = path.rpartition("/")[0]
    while place and place != "/devices":
        yield place
        place = place.rpartition("/")[0]
