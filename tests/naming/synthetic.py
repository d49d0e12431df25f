"""Machines that nobody built: a sysfs of PCI devices put together in memory, and written to a folder.

Tests ask the real systemd about them; what it answers must be what the rules here answer.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

from lab.naming.tree import Tree, tree_of

__all__ = ["Board", "write_tree"]

CONFIG = 64  # bytes of configuration space that every user may read


@dataclasses.dataclass(slots=True)
class Board:
    """A machine under construction. Every method returns the path of what it added."""

    files: dict[str, bytes] = dataclasses.field(default_factory=dict)
    links: dict[str, str] = dataclasses.field(default_factory=dict)
    folders: list[str] = dataclasses.field(default_factory=lambda: ["/class/net", "/bus/pci/slots"])
    cards: int = 0

    def device(self, path: str, subsystem: str, **attributes: str) -> str:
        """A device at `path` below sysfs with these attributes."""
        self.files[f"{path}/uevent"] = b""
        self._link(f"{path}/subsystem", f"/bus/{subsystem}")
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

    def tree(self) -> Tree:
        """What has been built, as a value."""
        return tree_of(self.files, self.links, self.folders)

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
