"""Random machines on every bus that systemd's net_id knows, and on some that it does not.

Most values are such that a kernel writes them, odd ones first; one in ten or so no kernel writes. What a real
systemd answers by chance is left out: two slots, devicetree aliases or `virtfn` links that fit one device.
"""

import random
from collections.abc import Callable

from tests.naming.random_pci import NUMBERS_ODD, draw_slots, pci_functions, value, virtual_function
from tests.naming.synthetic import Board

__all__ = ["BUSES", "draw"]

PORT_NAMES = (
    "p0", "p1", "p0s1", "pf0", "pf1", "pf0vf0", "pf0vf3", "pf1vf127", "c1pf0vf2", "pf0sf88", "np1", "s0", "1",
    "longport1234567",
)  # fmt: skip
PORT_NAMES_ODD = ("", "a b", "pf0vf", "pf0vf-1", "pf 0vf 4", "pfvf1", "pf0vf2x", "Ü1", "a\tb", "x" * 110, "y" * 130)
ADDRESSES_ODD = (
    "", "00:00:00:00:00:00", "52:54:00:00:00", "01:02:03:04:05:06:07:08", "52:54:0A:BC:DE:0F", "10.0.0.1",
    "52-54-00-00-00-01", "5254.0000.0001", "0:1:2:3:4:5", "52:54:00:00:00:01:", "5254:0000:0001", "ff:ff:ff:ff:ff:ff",
)  # fmt: skip
NET_ALLOWED = (
    "ALLOW", "ALLOW_PHYS_PORT_NAME", "ALLOW_DEV_PORT", "ALLOW_DEV_ID", "ALLOW_TYPE", "ALLOW_IFLINK", "ALLOW_ADDRESS",
    "ALLOW_ADDR_ASSIGN_TYPE", "INCLUDE_DOMAIN",
)  # fmt: skip
PCI_ALLOWED = (
    "ALLOW", "ALLOW_ACPI_INDEX", "ALLOW_INDEX", "ALLOW_ARI_ENABLED", "ALLOW_MODALIAS", "ALLOW_FUNCTION_ID",
    "ALLOW_FIRMWARE_NODE/SUN", "INCLUDE_DOMAIN", "INCLUDE_DOMAIN",
)  # fmt: skip


def draw(dice: random.Random) -> Board:
    """A machine with a few cards; the same dice give the same machine."""
    board = Board()
    for _ in range(dice.randint(1, 4)):
        dice.choices(list(BUSES), [5, 2] + [1] * (len(BUSES) - 2))[0](board, dice)
    draw_slots(board, dice)
    _devicetree(board, dice)
    _properties(board, dice)
    return board


def pci_card(board: Board, dice: random.Random) -> None:
    """Interfaces of one or several functions of a PCI card, with all that may lie between."""
    for device in pci_functions(board, dice):
        between = dice.choice([_nothing] * 6 + [_virtio, _virtio, _subfunction, _bcma, _wwan, _child])
        for _ in range(dice.choice([1, 1, 1, 2])):
            net(board, dice, between(board, dice, device))
        if dice.random() < 0.2:
            net(board, dice, _nothing(board, dice, virtual_function(board, dice, device)))


def usb_on_pci(board: Board, dice: random.Random) -> None:
    """A USB device at a host controller on PCI."""
    for device in pci_functions(board, dice)[:2]:
        net(board, dice, usb_interface(board, dice, device))


def usb_on_chip(board: Board, dice: random.Random) -> None:
    """A USB device at a host controller of the board itself."""
    net(board, dice, usb_interface(board, dice, board.device(board.fresh("/devices/platform/{:x}.usb"), "platform")))


def ccw(board: Board, dice: random.Random) -> None:
    """A channel device of s390: a group of qeth, a plain one, or virtio on one."""
    bus_id = dice.choice(["0.0.f5{:02x}", "0.1.06{:02x}", "1.3.ff{:02x}", "0.0.00{:02x}", "fe.0.00{:02x}", "0.0.f{:x}"])
    if dice.random() < 0.5:
        device = board.device(board.fresh(f"/devices/qeth/{bus_id}"), "ccwgroup")
    else:
        device = board.device(board.fresh(f"/devices/css0/0.0.0000/{bus_id}"), "ccw")
        device = _virtio(board, dice, device) if dice.random() < 0.6 else device
    net(board, dice, device)


def vio(board: Board, dice: random.Random) -> None:
    """A virtual adapter of POWER."""
    name = dice.choice(["300000{:02x}", "7100ff{:02X}", "3000{:04d}", "30000{:x}", "300000{:02x}0", "zz0000{:02x}"])
    device = board.device(board.fresh(f"/devices/vio/{name}"), "vio")
    net(board, dice, _child(board, dice, device) if dice.random() < 0.2 else device)


def platform(board: Board, dice: random.Random) -> None:
    """A device of the board: named by ACPI, or by its address in the devicetree."""
    names = [
        "HISI00C2:{:02x}",
        "APM0D05:{:02x}",
        "QCOM8070:{:02x}",
        "XGE0005:{:02X}",
        "AMDI8001:0{:x}",
        "1c3{:02x}.eth",
    ]
    names += ["soc/1c3{:02x}.ethernet", "acme00C2:{:02x}", "HI5I0XYZ:{:02x}", "HI50A51:{:02x}", "HISI00C2:{:02x}0"]
    path = board.fresh(f"/devices/platform/{dice.choice(names)}")
    device = board.device(path, dice.choice(["platform"] * 5 + ["amba"]))
    inner = dice.choice([None] * 4 + ["platform", "spi", "virtio"])
    net(board, dice, device if inner is None else board.device(f"{device}/{inner}0", inner))


def netdevsim(board: Board, dice: random.Random) -> None:
    """The kernel's simulated device, whose ports have names."""
    device = board.device(board.fresh(dice.choice(["/devices/netdevsim{:d}", "/devices/netdevsim1{:d}"])), "netdevsim")
    device = _child(board, dice, device) if dice.random() < 0.2 else device
    net(board, dice, device, phys_port_name=value(dice, ("p0", "p1", "pf0vf1"), PORT_NAMES_ODD))


def xen(board: Board, dice: random.Random) -> None:
    """A virtual interface of Xen."""
    name = dice.choice(
        ["vif-{:d}"] * 4 + ["vif-1{:d}", "vif-0{:d}", "vif-+{:d}", "vif-0x{:d}", "vfb-{:d}", "vif-{:d}a"]
    )
    device = board.device(board.fresh(f"/devices/{name}"), "xen")
    net(board, dice, _child(board, dice, device) if dice.random() < 0.1 else device)


def elsewhere(board: Board, dice: random.Random) -> None:
    """On a bus that gives no name but that of the address, or on none."""
    bus = dice.choice(["vmbus", "mmc", "ssb", "i2c", "virtual", "virtio", "ieee1394", "iucv", "bcma"])
    if bus == "virtual":
        net(board, dice, "/devices/virtual")
    else:
        net(board, dice, board.device(board.fresh(f"/devices/{bus}-root/{bus}{{:d}}"), bus))


BUSES: tuple[Callable[[Board, random.Random], None], ...] = (
    pci_card, usb_on_pci, usb_on_chip, ccw, vio, platform, netdevsim, xen, elsewhere,
)  # fmt: skip


def net(board: Board, dice: random.Random, device: str, **given: str) -> None:
    """An interface on `device` with the attributes that names are made of, `given` ones first."""
    values = dict(given)
    if dice.random() < 0.25:
        values.setdefault("phys_port_name", value(dice, PORT_NAMES, PORT_NAMES_ODD))
    if dice.random() < 0.25:
        values["dev_port"] = value(dice, ("0", "1", "2", "13"), NUMBERS_ODD)
    if dice.random() < 0.15:
        values["addr_assign_type"] = value(dice, ("1", "2", "3"), ("", "0x0", "abc"))
    if dice.random() < 0.2:
        values["type"] = value(dice, ("1", "32", "32", "32", "256", "290", "512", "772", "65534"), ("0x1", "abc"))
    if values.get("type") == "32":
        values["address"] = ":".join(["80"] * 20)
        values["dev_id"] = value(dice, ("0x0", "0x1", "0xa"), ("3", "09", "abc", ""))
    elif dice.random() < 0.1:
        values["address"] = dice.choice(ADDRESSES_ODD)
    if dice.random() < 0.05:
        values["iflink"] = dice.choice(["99", "0"])
    ifname = f"{dice.choice(['ethernet', 'eth0x', 'lan', 'wlan', 'ib'])}{board.cards}" if dice.random() < 0.1 else ""
    path = board.net(device, ifname, **values)
    kind = dice.choice(["wlan", "wlan", "wwan", "bridge", "gadget", "dsa"]) if dice.random() < 0.2 else None
    if kind:
        board.files[f"{path}/uevent"] = f"DEVTYPE={kind}\n".encode() + board.files[f"{path}/uevent"]
    if dice.random() < 0.03:
        del board.files[f"{path}/{dice.choice(['dev_port', 'address', 'addr_assign_type', 'type'])}"]


def usb_interface(board: Board, dice: random.Random, above: str) -> str:
    """An interface of a device at the controller `above`, over up to six hubs."""
    ports = ".".join(str(dice.randint(1, 15)) for _ in range(dice.choice([1, 1, 2, 3, 7])))
    device = board.usb(above, dice.randint(1, 12), ports, dice.choice("1112"), dice.choice(["0", "0", "1", "12"]))
    return board.device(f"{device}/0-0", dice.choice(["mdio_bus", "virtio"])) if dice.random() < 0.1 else device


def _devicetree(board: Board, dice: random.Random) -> None:
    if dice.random() < 0.6:
        return
    cards = [p.removesuffix("/iflink") for p in board.files if p.endswith("/iflink")]
    names = dice.sample(
        ["ethernet", "ethernet0", "ethernet1", "ethernet12", "ethernet07", "ethernetx", "wifi", "wifi0"], 4
    )
    names += dice.sample(["wifi3", "serial0", "ethernet4294967296", "ethernet 5"], 2)
    named: set[str] = set()  # two aliases of one node: the order in a hash table would count
    for number, card in enumerate(dice.sample(cards, min(len(cards), 4))):
        place = f"/soc/ethernet@{number - (number > 0 and dice.random() < 0.1)}"
        holder = card if dice.random() < 0.3 else card.rpartition("/net/")[0]
        if f"{holder}/of_node" in board.links:
            continue
        if holder == card and dice.random() < 0.5:
            board.node(card.rpartition("/net/")[0], "/soc/elsewhere@0")
        board.node(holder, place)
        if dice.random() < 0.85 and place not in named:
            named.add(place)
            board.alias(names[number], place if dice.random() < 0.95 else place.removeprefix("/"))
    if dice.random() < 0.3:
        board.alias(names[4], "/soc/elsewhere@0")


def _properties(board: Board, dice: random.Random) -> None:
    """What the hardware database may say of an interface, or of its card (read by systemd 256 and later)."""
    cards = [p.removesuffix("/iflink") for p in board.files if p.endswith("/iflink")]
    for paths, attributes in ((cards, NET_ALLOWED), (board.functions(), PCI_ALLOWED)):
        if paths and dice.random() < 0.12:
            values = {f"ID_NET_NAME_{word}": dice.choice("0001") for word in dice.sample(attributes, 2)}
            board.properties[dice.choice(paths)] = values


def _nothing(board: Board, dice: random.Random, device: str) -> str:
    return device


def _virtio(board: Board, dice: random.Random, device: str) -> str:
    return board.device(board.fresh(f"{device}/virtio{{:d}}"), "virtio")


def _subfunction(board: Board, dice: random.Random, device: str) -> str:
    above = virtual_function(board, dice, device) if dice.random() < 0.2 else device
    number = value(dice, ("0", "1", "88"), NUMBERS_ODD)
    path = board.device(board.fresh(f"{above}/mlx5_core.sf.{{:d}}"), "auxiliary", sfnum=number)
    return _child(board, dice, path) if dice.random() < 0.1 else path


def _bcma(board: Board, dice: random.Random, device: str) -> str:
    return board.device(board.fresh(f"{device}/{dice.choice(['bcma0:{:d}', 'bcma1:{:d}', 'bcma2:1{:d}'])}"), "bcma")


def _wwan(board: Board, dice: random.Random, device: str) -> str:
    return board.device(board.fresh(f"{device}/wwan/wwan{{:d}}"), "wwan", uevent="DEVTYPE=wwan_dev")


def _child(board: Board, dice: random.Random, device: str) -> str:
    return board.device(board.fresh(f"{device}/child.{{:d}}"), dice.choice(["auxiliary", "mdio_bus", "platform"]))
