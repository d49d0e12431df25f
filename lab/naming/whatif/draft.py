"""A machine under construction: PCI devices, buses and interfaces as the kernel shows them in sysfs."""

from __future__ import annotations

import dataclasses
import posixpath
import re
from collections.abc import Mapping

from lab.naming.model import Machine
from lab.naming.schemes.kernel import lowest_free
from lab.naming.tree import Tree, tree_of
from lab.naming.whatif.argument import new_macs
from lab.naming.whatif.buses import NEW
from lab.naming.whatif.firmware import firmware_of
from lab.naming.whatif.parts import Part
from lab.naming.whatif.rename import link_text

__all__ = ["Draft"]

SEVERAL, BRIDGE = 0x80, 0x01  # header type (include/uapi/linux/pci_regs.h)
CONFIG = 64  # bytes of configuration space that every user may read
_VIRTIO = re.compile(r"virtio([0-9]{1,9})", re.ASCII)


class Draft:
    """What is put on top of a machine's tree; it counts names, indexes, addresses and buses upwards."""

    def __init__(self, machine: Machine, mac: str = "") -> None:
        """Begin with the tree of `machine`; the first new interface has the address `mac`, if one is given."""
        self.tree = machine.tree
        self.files: dict[str, bytes] = {}
        self.links: dict[str, str] = {}
        self.folders: list[str] = []
        self._names = {i.ifname for i in machine.interfaces}
        self._index = max((i.ifindex or 0 for i in machine.interfaces), default=0)
        self._macs = new_macs({i.mac for i in machine.interfaces}, mac)
        self._bus = NEW
        numbers = [_VIRTIO.fullmatch(path.rpartition("/")[2]) for path in machine.tree.folders]
        self._virtio = max((int(m[1]) + 1 for m in numbers if m), default=0)

    def done(self) -> Tree:
        """The tree with everything that was put on top."""
        files, links = {**self.tree.files, **self.files}, {**self.tree.links, **self.links}
        return tree_of(files, links, (*self.tree.folders, *self.folders))

    def text(self, path: str, attributes: Mapping[str, object]) -> None:
        """Attributes of the folder `path`, each with its newline; one that is None is not there."""
        self.files |= {f"{path}/{name}": f"{v}\n".encode() for name, v in attributes.items() if v is not None}

    def link(self, path: str, target: str) -> None:
        """A link at `path` that leads to the canonical path `target`."""
        self.links[path] = link_text(posixpath.dirname(path), target)

    def function(self, part: Part, folder: str, several: bool = False) -> None:
        """One PCI function of `part` in `folder`; `several`: its header says that there are more."""
        above, _, address = folder.rpartition("/")
        ids = f"v{part.vendor:08X}d{part.device:08X}sv{part.vendor:08X}sd00000000"
        base, sub, interface = part.kind.to_bytes(3, "big")
        modalias = f"pci:{ids}bc{base:02X}sc{sub:02X}i{interface:02X}"
        uevent = [f"DRIVER={part.driver}"] if part.driver else []
        uevent += [f"PCI_CLASS={part.kind:X}", f"PCI_ID={part.vendor:04X}:{part.device:04X}"]
        uevent += [f"PCI_SUBSYS_ID={part.vendor:04X}:0000", f"PCI_SLOT_NAME={address}", f"MODALIAS={modalias}"]
        numbers = {"vendor": f"0x{part.vendor:04x}", "device": f"0x{part.device:04x}", "class": f"0x{part.kind:06x}"}
        self.text(folder, {"uevent": "\n".join(uevent), **numbers, "modalias": modalias, "ari_enabled": 0})
        config = part.vendor.to_bytes(2, "little") + part.device.to_bytes(2, "little") + bytes(5)
        config += bytes([interface, sub, base, 0, 0, SEVERAL * several | BRIDGE * part.is_bridge])
        self.files[f"{folder}/config"] = config.ljust(CONFIG, b"\0")
        self.link(f"{folder}/subsystem", "/bus/pci")
        self.folders.append("/bus/pci")
        if part.driver:
            self._driver(folder, f"/bus/pci/drivers/{part.driver}")
        if "/bus/pci/devices" in self.tree.folders:
            self.link(f"/bus/pci/devices/{address}", folder)
        node = firmware_of(dataclasses.replace(self.tree, links={**self.tree.links, **self.links}), above, address)
        if node is not None:
            self.link(f"{folder}/firmware_node", node)

    def bus(self, folder: str) -> str:
        """A bus behind the bridge in `folder`, with a number that no bus has; its name."""
        name = f"{folder.rpartition('/')[2].partition(':')[0]}:{self._bus:x}"
        self._bus += 1
        path = f"{folder}/pci_bus/{name}"
        self.files[f"{path}/uevent"] = b""
        self.link(f"{path}/device", folder)
        self.link(f"{path}/subsystem", "/class/pci_bus")
        self.folders.append("/class/pci_bus")
        return name

    def virtio(self, folder: str) -> str:
        """A virtio level below the function in `folder`; its path."""
        path = f"{folder}/virtio{self._virtio}"
        self._virtio += 1
        self.text(path, {"uevent": "DRIVER=virtio_net"})
        self.link(f"{path}/subsystem", "/bus/virtio")
        self._driver(path, "/bus/virtio/drivers/virtio_net")
        return path

    def interface(self, device: str, attributes: Mapping[str, object]) -> str:
        """A network interface of `device`, as udev leaves it; `attributes` are set last, None: not there. Its path."""
        name = lowest_free("eth", self._names)
        self._names.add(name)
        self._index += 1
        path = f"{device}/net/{name}"
        values: dict[str, object] = {
            "uevent": f"INTERFACE={name}\nIFINDEX={self._index}",
            "ifindex": self._index,
            "iflink": self._index,
            "type": 1,
            "address": next(self._macs),
            "addr_assign_type": 0,
            "name_assign_type": 4,  # NET_NAME_RENAMED: in which order cards are found is not known
            "dev_id": "0x0",
            "dev_port": 0,
        }
        self.text(path, {**values, **attributes})
        self.link(f"{path}/subsystem", "/class/net")
        self.link(f"{path}/device", device)
        self.link(f"/class/net/{name}", path)
        return path

    def _driver(self, folder: str, driver: str) -> None:
        self.folders.append(driver)
        self.link(f"{folder}/driver", driver)
