"""Machines that nobody built: a sysfs put together in memory, and written to a folder.

Tests ask the real systemd about them; what it answers must be what the rules here answer.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

from lab.naming.model import Machine, machine_of
from lab.naming.tree import Tree, subsystem, tree_of

__all__ = ["Board", "write_machine", "write_tree"]

CONFIG = 64  # bytes of configuration space that every user may read
DEVICETREE = "/firmware/devicetree/base"


@dataclasses.dataclass(slots=True)
class Board:
    """A machine under construction. Every method returns the path of what it added."""

    files: dict[str, bytes] = dataclasses.field(default_factory=dict)
    links: dict[str, str] = dataclasses.field(default_factory=dict)
    folders: list[str] = dataclasses.field(default_factory=lambda: ["/class/net", "/bus/pci/slots"])
    cards: int = 0
    properties: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)

    def device(self, path: str, subsystem: str, **attributes: str) -> str:
        """A device at `path` below sysfs with these attributes."""
        self.files[f"{path}/uevent"] = b""
        self._link(f"{path}/subsystem", f"/bus/{subsystem}")
        self.folders.append(f"/bus/{subsystem}")
        for name, value in attributes.items():
            self.files[f"{path}/{name}"] = value.encode() + b"\n"
        return path

    def pci(
        self,
        address: str,
        above: str = "",
        attributes: Mapping[str, str] | None = None,
        *,
        bridge: bool = False,
        functions: bool = False,
    ) -> str:
        """A PCI device on the root bus or behind the bridge `above`; `functions`: its header says several."""
        domain_bus = address.rpartition(":")[0] if not above else ""
        root = f"/devices/pci{domain_bus}"
        if not above:
            self.files[f"{root}/uevent"] = b""
        header = 0x80 * functions | 0x01 * bridge
        path = self.device(f"{above or root}/{address}", "pci", **{"ari_enabled": "0", **(attributes or {})})
        self.files[f"{path}/config"] = bytes(0x0E) + bytes([header]) + bytes(CONFIG - 0x0F)
        self.files.setdefault(f"{path}/vendor", b"0x8086\n")
        self.files.setdefault(f"{path}/device", b"0x10d3\n")
        kind = "bc06sc04i00" if bridge else "bc02sc00i00"
        self.files[f"{path}/modalias"] = f"pci:v00008086d000010D3sv00008086sd00000000{kind}\n".encode()
        return path

    def net(self, device: str, ifname: str = "", **attributes: str) -> str:
        """An interface on `device`; addresses and indexes count upwards unless given."""
        self.cards += 1
        name, index = ifname or f"eth{self.cards - 1}", str(self.cards + 1)
        path = f"{device}/net/{name}"
        values = {
            "type": "1",
            "ifindex": index,
            "iflink": index,
            "address": f"52:54:00:00:00:{self.cards:02x}",
            "addr_assign_type": "0",
            "name_assign_type": "1",
            "dev_port": "0",
            "dev_id": "0x0",
            **attributes,
        }
        for key, value in values.items():
            self.files[f"{path}/{key}"] = value.encode() + b"\n"
        self.files.setdefault(f"{path}/uevent", f"INTERFACE={name}\nIFINDEX={values['ifindex']}\n".encode())
        self._link(f"{path}/subsystem", "/class/net")
        self._link(f"{path}/device", device)
        self._link(f"/class/net/{name}", path)
        return path

    def slot(self, name: str, address: str) -> str:
        """A hot-plug slot called `name` at `address` (without function)."""
        self.files[f"/bus/pci/slots/{name}/address"] = address.encode() + b"\n"
        return f"/bus/pci/slots/{name}"

    def firmware(self, device: str, sun: str | None, dangling: bool = False) -> str:
        """The ACPI node of `device`, with a slot number `sun` if it has one; `dangling`: it is not in the copy."""
        path = f"/devices/LNXSYSTM:00/device:{len(self.links):02x}"
        self._link(f"{device}/firmware_node", path)
        if not dangling:
            self.files[f"{path}/uevent"] = b""
            if sun is not None:
                self.files[f"{path}/sun"] = sun.encode() + b"\n"
        return path

    def virtual_function(self, physical: str, address: str, number: int) -> str:
        """Virtual function `number` of the card `physical`, at `address` on the same bus."""
        path = self.pci(address, physical.rpartition("/")[0])
        self._link(f"{path}/physfn", physical)
        self._link(f"{physical}/virtfn{number}", path)
        return path

    def root(self, path: str) -> str:
        """A host bridge at `path`: a device of no bus, such as "/devices/pci0000:00"."""
        self.files[f"{path}/uevent"] = b""
        return path

    def usb(self, above: str, bus: int, ports: str, configuration: str = "1", interface: str = "0") -> str:
        """An interface of a USB device: on root hub `bus` below `above`, over the hubs of `ports` ("1.4.2")."""
        path = self.device(f"{above}/usb{bus}", "usb", uevent="DEVTYPE=usb_device")
        chain = ports.split(".")
        for depth in range(1, len(chain) + 1):
            path = self.device(f"{path}/{bus}-{'.'.join(chain[:depth])}", "usb", uevent="DEVTYPE=usb_device")
        name = f"{path.rpartition('/')[2]}:{configuration}.{interface}"
        return self.device(f"{path}/{name}", "usb", uevent="DEVTYPE=usb_interface")

    def node(self, device: str, place: str) -> str:
        """The devicetree node at `place` ("/soc/ethernet@1"), which `device` (or its interface) was made from."""
        self.folders.append(f"{DEVICETREE}{place}")
        self._link(f"{device}/of_node", f"{DEVICETREE}{place}")
        return f"{DEVICETREE}{place}"

    def alias(self, name: str, place: str) -> str:
        """The devicetree's alias `name` ("ethernet0") for the node at `place`."""
        self.folders.append(DEVICETREE)
        self.files[f"{DEVICETREE}/aliases/{name}"] = place.encode() + b"\0"
        return f"{DEVICETREE}/aliases/{name}"

    def fresh(self, pattern: str) -> str:
        """The first path like `pattern` (with `{:d}` for a number) that the machine does not have yet."""
        return next(p for p in map(pattern.format, range(256)) if f"{p}/uevent" not in self.files)

    def functions(self) -> list[str]:
        """The paths of all PCI devices, in the order in which they were added."""
        return [path.removesuffix("/config") for path in self.files if path.endswith("/config")]

    def tree(self) -> Tree:
        """What has been built, as a value."""
        return tree_of(self.files, self.links, self.folders)

    def machine(self, name: str) -> Machine:
        """What has been built, as a machine; the properties of udev come with it."""
        return dataclasses.replace(machine_of(name, "synthetic", self.tree()), properties=self.properties)

    def _link(self, path: str, target: str) -> None:
        self.links[path] = os.path.relpath(target, os.path.dirname(path))


def write_tree(tree: Tree, folder: Path) -> None:
    """Write `tree` below the empty `folder`, as the real systemd can be given it for /sys."""
    for path in sorted(tree.folders):
        (folder / path.lstrip("/")).mkdir(parents=True, exist_ok=True)
    for path, data in tree.files.items():
        (folder / path.lstrip("/")).write_bytes(data)
    for path, target in tree.links.items():
        (folder / path.lstrip("/")).symlink_to(target)


def write_machine(machine: Machine, folder: Path) -> None:
    """Write the sysfs of `machine` to `folder`/sys and udev's database to `folder`/udev (it lies in /run/udev)."""
    write_tree(machine.tree, folder / "sys")
    data = folder / "udev" / "data"
    data.mkdir(parents=True)
    for devpath, properties in machine.properties.items():
        bus = subsystem(machine.tree, devpath)
        index = machine.tree.text(f"{devpath}/ifindex")
        name = f"n{index}" if bus == "net" else f"+{bus}:{devpath.rpartition('/')[2]}"
        (data / name).write_text("".join(f"E:{key}={value}\n" for key, value in properties.items()), "utf-8")
