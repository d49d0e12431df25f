"""Random PCI devices: cards behind bridges, their slots and firmware indexes, virtual functions."""

import random
from collections.abc import Sequence

from tests.naming.synthetic import Board

__all__ = ["NUMBERS_ODD", "draw_slots", "pci_functions", "value", "virtual_function"]

DOMAINS = ["0000"] * 8 + ["0001", "00ff", "ffff", "10000", "10001", "7fffffff"]
SLOTS = ("0", "1", "2", "3", "9", "12", "012", "089", "8191", "0x1f", "2-1", "1-1", "abc", "4294967296", "777", "+4")
SUNS = (None, "0", "1", "3", "12", "4294967295")
INDEXES = ("0", "1", "2", "7", "127", "16383", "16384", "65535", "65536", "16777215")
NUMBERS_ODD = ("0x11", "010", "+3", " 4", "-1", "", "abc", "4294967296", "09", "0b11", "0o17")
FUNCTION_IDS = ("0x00000010", "0x00000089", "0x00000007", "0xdeadbeef", "0x00000000")


def pci_functions(board: Board, dice: random.Random) -> list[str]:
    """A PCI card of one or several functions, on the root bus or behind bridges."""
    domain = dice.choice(DOMAINS)
    above = ""
    if dice.random() < 0.2:  # a host bridge below a device of the board, or (VMD) below a PCI device
        outer = board.pci(_address(board, dice, "0000", 0)) if dice.random() < 0.5 else "/devices/platform/soc/fd5.pcie"
        above = board.root(f"{outer}/pci{domain}:{dice.randrange(256):02x}")
    for _ in range(dice.choice([0, 0, 1, 1, 2, 3])):
        above = _bridge(board, dice, above, domain)
    address = _address(board, dice, domain, None if above else 0)[:-1]
    several = dice.random() < 0.4
    numbers = sorted(dice.sample(range(8), 3)) if several else [0]
    return [_function(board, dice, f"{address}{number}", above, several) for number in numbers]


def virtual_function(board: Board, dice: random.Random, physical: str) -> str:
    """A virtual function of `physical`; now and then the link to it is missing (the other one: 247 reads rubbish)."""
    domain = physical.rpartition("/")[2].partition(":")[0]
    address = f"{_address(board, dice, domain)[:-1]}{dice.randrange(8)}"
    number = dice.choice([n for n in (0, 1, 7, 12, 255) if f"{physical}/virtfn{n}" not in board.links])
    path = board.virtual_function(physical, address, number)
    _firmware(board, dice, path)
    if dice.random() < 0.2:
        board.device(path, "pci", **{dice.choice(["acpi_index", "index", "ari_enabled", "label"]): "1"})
    if dice.random() < 0.1:
        del board.links[f"{path}/physfn"]
    return path


def _function(board: Board, dice: random.Random, address: str, above: str, several: bool) -> str:
    values = {}
    for name, share in (("acpi_index", 0.25), ("index", 0.25)):
        if dice.random() < share:
            values[name] = value(dice, INDEXES, NUMBERS_ODD)
    if dice.random() < 0.15:
        values["ari_enabled"] = value(dice, ("1",), ("yes", "2", "", "on"))
    if dice.random() < 0.1:
        values["label"] = dice.choice(["NIC1", "Onboard - Ethernet", "x" * 130])
    if dice.random() < 0.1:
        values["function_id"] = number = value(dice, FUNCTION_IDS, ("16", "", "abc", "-1", "0x100000000"))
        if number.startswith("0x") and dice.random() < 0.7:
            name = number[2:]
            board.folders.append(f"/bus/pci/slots/{name}")
            if dice.random() < 0.7 and not _held(board, address.rpartition(".")[0]):
                board.slot(name, address.rpartition(".")[0])
    device = board.pci(address, above, values, functions=several and dice.random() < 0.9)
    _firmware(board, dice, device)
    if dice.random() < 0.04:
        del board.files[f"{device}/{dice.choice(['modalias', 'ari_enabled'])}"]
    if dice.random() < 0.02:
        board.files[f"{device}/config"] = b"short"
    return device


def _bridge(board: Board, dice: random.Random, above: str, domain: str) -> str:
    address = _address(board, dice, domain, None if above else 0)
    device = board.pci(address, above, bridge=True, functions=dice.random() < 0.3)
    kind = dice.choice(["bc06sc04i00"] * 6 + ["bc06sc07i00", "bc01sc04i00", "bc02sc00i00", "bc06sc80i04"])
    board.files[f"{device}/modalias"] = f"pci:v00008086d00001533sv00008086sd00000000{kind}\n".encode()
    _firmware(board, dice, device)
    return device


def _firmware(board: Board, dice: random.Random, device: str) -> None:
    if dice.random() < 0.3:
        sun = dice.choice(NUMBERS_ODD) if dice.random() < 0.1 else dice.choice(SUNS)
        board.firmware(device, sun, dangling=dice.random() < 0.1)


def draw_slots(board: Board, dice: random.Random) -> None:
    """Hot-plug slots for some of the devices, or for a whole bus, under usual and odd names."""
    places = [path.rpartition("/")[2] for path in board.functions()]
    for name in dice.sample(SLOTS, 6) if places else ():
        address = dice.choice(places)
        address = address if dice.random() < 0.1 else address.rpartition(".")[0]
        address = address.rpartition(":")[0] if dice.random() < 0.1 else address  # the slot is the whole bus
        if not _held(board, address) and dice.random() < 0.6:
            board.slot(name, address)


def _held(board: Board, address: str) -> bool:
    """True if a slot's address and this one may both be that of one device: then the order of listing would count."""
    taken = [v.decode().strip() for p, v in board.files.items() if p.startswith("/bus/pci/slots/")]
    return any(t.startswith(address) or address.startswith(t) for t in taken)


def value(dice: random.Random, usual: Sequence[str], odd: Sequence[str]) -> str:
    """One of `usual`, now and then one of `odd`."""
    return dice.choice(odd if dice.random() < 0.1 else usual)


def _address(board: Board, dice: random.Random, domain: str, bus: int | None = None) -> str:
    """A PCI address with function 0 that no device of the machine shares bus and device with."""
    taken = {path.rpartition("/")[2].rpartition(".")[0] for path in board.functions()}
    while True:
        found = f"{domain}:{dice.randrange(1, 256) if bus is None else bus:02x}:{dice.randrange(32):02x}"
        if found not in taken:
            return f"{found}.0"
