"""A server put together in memory: PCI devices, bridges, slots and interfaces as sysfs shows them."""

from __future__ import annotations

import dataclasses
import os
import struct

from lab.naming.tree import Tree, tree_of

__all__ = ["Board"]

CONFIG = 64  # bytes of configuration space that every user may read
NIC, BRIDGE, OTHER = 0x020000, 0x060400, 0x030000  # PCI class codes


@dataclasses.dataclass(slots=True)
class Board:
    """A server under construction; buses are numbered in the order in which bridges are added, as firmware does it.

    Every method that adds a device returns its path.
    """

    files: dict[str, bytes] = dataclasses.field(default_factory=dict)
    links: dict[str, str] = dataclasses.field(default_factory=dict)
    folders: list[str] = dataclasses.field(default_factory=lambda: ["/class/net", "/bus/pci/slots"])
    buses: int = 0  # the highest bus number in use
    interfaces: int = 0
    firmware_nodes: int = 0

    def text(self, path: str, value: str) -> None:
        """An attribute with a newline, as the kernel writes them."""
        self.files[path] = value.encode() + b"\n"

    def pci(
        self, above: str, bus: int, device: int, function: int, ids: tuple[int, int], driver: str, *,
        code: int = NIC, functions: bool = False,
    ) -> str:  # fmt: skip
        """A PCI function on `bus`, below the device `above` ("": the root bus); `ids` are its vendor and device."""
        root = "/devices/pci0000:00"
        self.files.setdefault(f"{root}/uevent", b"")
        address = f"0000:{bus:02x}:{device:02x}.{function}"
        path = f"{above or root}/{address}"
        vendor, number = ids
        header = 0x80 * functions | (code == BRIDGE)
        config = struct.pack("<HHHHBBHBBBB", vendor, number, 6, 0x10, 0, 0, code >> 8, 0x10, 0, header, 0)
        self.files[f"{path}/config"] = config.ljust(CONFIG, b"\0")
        kind = f"bc{code >> 16:02X}sc{code >> 8 & 255:02X}i{code & 255:02X}"
        modalias = f"pci:v{vendor:08X}d{number:08X}sv00001028sd00000001{kind}"
        for name, value in {
            "vendor": f"0x{vendor:04x}",
            "device": f"0x{number:04x}",
            "class": f"0x{code:06x}",
            "modalias": modalias,
            "ari_enabled": "0",
            "uevent": f"DRIVER={driver}\nPCI_CLASS={code:X}\nPCI_ID={vendor:04X}:{number:04X}\n"
            f"PCI_SLOT_NAME={address}\nMODALIAS={modalias}",
        }.items():
            self.text(f"{path}/{name}", value)
        self._link(f"{path}/subsystem", "/bus/pci")
        self._link(f"{path}/driver", f"/bus/pci/drivers/{driver}")
        return path

    def bridge(self, above: str, bus: int, device: int, function: int = 0) -> tuple[str, int]:
        """A bridge, and the bus behind it: the next number that is free."""
        self.buses += 1
        path = self.pci(above, bus, device, function, (0x8086, 0x2030 + device), "pcieport", code=BRIDGE)
        return path, self.buses

    def net(self, device: str, mac: str, port: int = 0, port_name: str = "") -> str:
        """An interface on the PCI function `device`, as the kernel names it before udev does."""
        name, index = f"eth{self.interfaces}", str(self.interfaces + 2)
        self.interfaces += 1
        path = f"{device}/net/{name}"
        for key, value in {
            "addr_assign_type": "0",
            "address": mac,
            "dev_id": "0x0",
            "dev_port": str(port),
            "ifindex": index,
            "iflink": index,
            "name_assign_type": "1",
            "type": "1",
            "uevent": f"INTERFACE={name}\nIFINDEX={index}",
            **({"phys_port_name": port_name} if port_name else {}),
        }.items():
            self.text(f"{path}/{key}", value)
        self._link(f"{path}/subsystem", "/class/net")
        self._link(f"{path}/device", device)
        self._link(f"/class/net/{name}", path)
        return path

    def slot(self, name: str, bus: int) -> None:
        """A hot-plug slot called `name` that holds the card on `bus`."""
        self.text(f"/bus/pci/slots/{name}/address", f"0000:{bus:02x}:00")

    def firmware(self, device: str, sun: int | None) -> None:
        """The ACPI node of `device`, with a slot number where the firmware gives one (_SUN)."""
        self.firmware_nodes += 1
        path = f"/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0A08:00/device:{self.firmware_nodes:02x}"
        self._link(f"{device}/firmware_node", path)
        self.files[f"{path}/uevent"] = b""
        self.text(f"{path}/path", f"\\_SB_.PC00.D{self.firmware_nodes:03X}")
        if sun is not None:
            self.text(f"{path}/sun", str(sun))

    def virtual_function(self, physical: str, number: int, ids: tuple[int, int], driver: str) -> str:
        """Virtual function `number` of the function `physical`, from device 16 of its bus on."""
        sysname = physical.rpartition("/")[2]
        own = int(sysname[-1])
        bus, place = int(sysname[5:7], 16), 0x80 + 2 * number + own
        path = self.pci(physical.rpartition("/")[0], bus, place >> 3, place & 7, ids, driver)
        self._link(f"{path}/physfn", physical)
        self._link(f"{physical}/virtfn{number}", path)
        return path

    def dmi(self, **texts: str) -> None:
        """What the firmware says of the machine (SMBIOS type 1)."""
        for name, value in texts.items():
            self.text(f"/devices/virtual/dmi/id/{name}", value)

    def tree(self) -> Tree:
        """What has been built."""
        return tree_of(self.files, self.links, self.folders)

    def _link(self, path: str, target: str) -> None:
        self.links[path] = os.path.relpath(target, os.path.dirname(path))
