"""ID_PATH: where a device sits, as udev writes it, `pci-0000:00:14.0-usb-0:2:1.0` (path_id, src/udev, systemd 252)."""

from __future__ import annotations

import re

from lab.naming.model import uevent_value
from lab.naming.tree import Tree, parent_device, subsystem

__all__ = ["path_id", "path_tag"]

# subsystem -> word before the device's own name; "" adds nothing but is passed over
_NAMED = {
    "pci": "pci-",
    "platform": "platform-",
    "acpi": "acpi-",
    "xen": "xen-",
    "virtio": "",
    "ccw": "ccw-",
    "ccwgroup": "ccwgroup-",
    "iucv": "iucv-",
}
_NO_PLACE = {"virtio"}  # alone these say nothing about the place
_BCMA = re.compile(r"bcma[0-9]+:([0-9]+)", re.ASCII)


def path_id(tree: Tree, devpath: str) -> str | None:
    """The path of the device or interface at `devpath`; None for one on no bus that says where it is.

    Two ports of one device have the same path.
    """
    parts: list[str] = []
    placed = False
    device = parent_device(tree, devpath)
    while device is not None:
        bus = subsystem(tree, device)
        sysname = device.rpartition("/")[2]
        if bus == "usb":
            port = _usb_port(tree, device, sysname)
            if port is not None:
                parts.append(port)
                device = _top_of(tree, device, bus)
        elif bus == "bcma":
            core = _BCMA.match(sysname)
            if core is None:
                break
            parts.append(f"bcma-{int(core[1])}")
        elif bus in _NAMED:
            if _NAMED[bus]:
                parts.append(f"{_NAMED[bus]}{sysname}")
            placed = placed or bus not in _NO_PLACE
            device = _top_of(tree, device, bus)
        device = parent_device(tree, device)
    return "-".join(reversed(parts)) if parts and placed else None


def path_tag(path: str) -> str:
    """`path` in letters, digits, "-" and single "_" between them, as ID_PATH_TAG: `pci-0000_00_03_0`."""
    return re.sub(r"[^0-9A-Za-z-]+", "_", path).strip("_")


def _usb_port(tree: Tree, device: str, sysname: str) -> str | None:
    """`usb-0:2:1.0` of the interface 1-2:1.0."""
    _, dash, port = sysname.partition("-")
    kind = uevent_value(tree, device, "DEVTYPE")
    return f"usb-0:{port}" if dash and kind in ("usb_interface", "usb_device") else None


def _top_of(tree: Tree, device: str, bus: str) -> str:
    """The highest device of the same bus that is reached without leaving it."""
    above = parent_device(tree, device)
    while above is not None and subsystem(tree, above) == bus:
        device, above = above, parent_device(tree, above)
    return device
