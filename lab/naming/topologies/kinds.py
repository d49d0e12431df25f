"""The kinds of devices that a declared machine can have: what each is on the PCI bus, and where it can sit.

The numbers of the parts are those of QEMU's devices (docs/specs/pci-ids.rst in its source, and what the bundled
recordings show); their drivers are those of Linux.
"""

from __future__ import annotations

import dataclasses

from lab.naming.whatif.parts import BRIDGE, ETHERNET, PORT, Part

__all__ = ["CARD_OF_STEP", "KINDS", "Kind"]

HOST, XHCI = 0x060000, 0x0C0330  # class codes (include/linux/pci_ids.h)
REDHAT = 0x1B36


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """One kind of device: `title` for people, its `part` on the bus, the kernel `modules` that make it work.

    `express`: it needs a bus of PCI Express. `on`: which kinds it can sit on, "root" among them. `holds`: the device
    numbers on the bus behind it (a bridge), or the ports of a USB controller; empty for a card.
    """

    title: str
    part: Part
    modules: tuple[str, ...] = ()
    express: bool = False
    on: tuple[str, ...] = ("root", "root-port", "pcie-pci-bridge", "pci-bridge")
    holds: range = range(0)

    @property
    def is_card(self) -> bool:
        """True for a network card: it has an interface with a hardware address."""
        return self.part.ports > 0


_BRIDGES = ("pcie-pci-bridge", "pci-bridge")
_PORTS = ("root", "root-port")


def _nic(title: str, vendor: int, device: int, driver: str, module: str = "", express: bool = False) -> Kind:
    part = Part(vendor, device, ETHERNET, driver, ports=1)
    return Kind(title, part, (module or driver,), express, _PORTS if express else (*_PORTS, *_BRIDGES))


# kind -> what it is; the words of a topology's file
KINDS: dict[str, Kind] = {
    "root-port": Kind("root port of PCI Express", PORT, (), True, ("root", "pxb-pcie"), range(1)),
    "pcie-pci-bridge": Kind(
        "bridge from PCI Express to PCI", Part(REDHAT, 0x000E, BRIDGE, behind=()), (), True,
        ("root", "root-port", "pxb-pcie"), range(32),
    ),
    "pci-bridge": Kind(
        "conventional PCI bridge", Part(REDHAT, 0x0001, BRIDGE, behind=()), (), False, ("root", *_BRIDGES), range(32)
    ),
    "pxb-pcie": Kind("second host bridge", Part(REDHAT, 0x000B, HOST), (), True, ("root",), range(32)),
    "xhci": Kind("USB controller", Part(REDHAT, 0x000D, XHCI, "xhci_hcd"), ("xhci_pci",), False, _PORTS, range(1, 5)),
    "usb-net": Kind(
        "USB network adapter", Part(0x0525, 0xA4A2, ETHERNET, "cdc_ether", ports=1), ("cdc_ether",), False, ("xhci",)
    ),
    "e1000e": _nic("network card (e1000e)", 0x8086, 0x10D3, "e1000e", express=True),
    "igb": _nic("network card (igb)", 0x8086, 0x10C9, "igb", express=True),
    "e1000": _nic("network card (e1000)", 0x8086, 0x100E, "e1000"),
    "virtio": Kind(
        "network card (virtio)", Part(0x1AF4, 0x1041, ETHERNET, "virtio-pci", ports=1, virtio=True),
        ("virtio_net", "virtio_pci"),
    ),
    "rtl8139": _nic("network card (rtl8139)", 0x10EC, 0x8139, "8139cp"),
    "pcnet": _nic("network card (pcnet)", 0x1022, 0x2000, "pcnet32"),
    "vmxnet3": _nic("network card (vmxnet3)", 0x15AD, 0x07B0, "vmxnet3"),
    "i82551": _nic("network card (e100)", 0x8086, 0x1209, "e100"),
}  # fmt: skip
TRANSITIONAL = Part(0x1AF4, 0x1000, ETHERNET, "virtio-pci", ports=1, virtio=True)  # virtio on a bus that is no port's

# Which kind the what-if step `add CARD` means; its other cards are none that QEMU has
CARD_OF_STEP = {"nic": "e1000e", "e1000e": "e1000e", "igb": "igb", "virtio": "virtio"}
