"""Cards as they are sold, and what each puts on the PCI bus: the words that `add` knows."""

from __future__ import annotations

import dataclasses

__all__ = ["CARDS", "PORT", "TITLES", "Part"]

ETHERNET, BRIDGE = 0x020000, 0x060400  # class codes (include/linux/pci_ids.h)


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """One PCI device of a card: `vendor` and `device` number, class code, `driver`.

    `functions`: how often it is there, as functions of one device. `ports`: network interfaces on each function.
    `behind`: the parts on the bus behind it, by device number; then it is a bridge. `virtio`: the interface sits
    on a virtio level.
    """

    vendor: int
    device: int
    kind: int = ETHERNET
    driver: str = ""
    functions: int = 1
    ports: int = 0
    behind: tuple[Part, ...] | None = None
    virtio: bool = False

    @property
    def is_bridge(self) -> bool:
        """True if there is a bus behind it."""
        return self.behind is not None


_I350 = Part(0x8086, 0x1521, driver="igb", functions=2, ports=1)


def _switch(vendor: int, up: int, down: int, *parts: Part) -> Part:
    """A PCI Express switch with one part behind each of its ports."""
    ports = tuple(Part(vendor, down, BRIDGE, "pcieport", behind=(part,)) for part in parts)
    return Part(vendor, up, BRIDGE, "pcieport", behind=ports)


PORT = Part(0x1B36, 0x000C, BRIDGE, "pcieport", behind=())  # the root port of QEMU, as in the recordings

# word -> the card
CARDS: dict[str, Part] = {
    "nic": Part(0x8086, 0x10D3, driver="e1000e", ports=1),
    "e1000e": Part(0x8086, 0x10D3, driver="e1000e", ports=1),
    "igb": Part(0x8086, 0x1521, driver="igb", ports=1),
    "ixgbe": Part(0x8086, 0x10FB, driver="ixgbe", ports=1),
    "i40e": Part(0x8086, 0x1572, driver="i40e", ports=1),
    "mlx5": Part(0x15B3, 0x1017, driver="mlx5_core", ports=1),
    "virtio": Part(0x1AF4, 0x1041, driver="virtio-pci", ports=1, virtio=True),
    "dual": Part(0x15B3, 0x1003, driver="mlx4_core", ports=2),  # one function, two ports told apart by dev_port
    "quad": _switch(0x10B5, 0x8624, 0x8624, _I350, _I350),  # two cards of two functions; brings three buses
    "nvme": Part(0x144D, 0xA808, 0x010802, "nvme"),
    "gpu": Part(0x10DE, 0x1B80, 0x030000, "nouveau"),
    "gpu-switch": _switch(0x1002, 0x1478, 0x1479, Part(0x1002, 0x73BF, 0x030000, "amdgpu")),  # brings two buses
}

# word -> what the card is, for people
TITLES: dict[str, str] = {
    "nic": "network card",
    "e1000e": "network card (e1000e)",
    "igb": "network card (igb)",
    "ixgbe": "network card (ixgbe)",
    "i40e": "network card (i40e)",
    "mlx5": "network card (mlx5)",
    "virtio": "network card (virtio)",
    "dual": "network card, two ports on one function",
    "quad": "network card, four ports behind a switch",
    "nvme": "disk (NVMe)",
    "gpu": "graphics card",
    "gpu-switch": "graphics card with a switch of its own",
}
