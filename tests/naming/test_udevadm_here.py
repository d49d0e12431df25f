"""Random machines: what the systemd of this machine answers, the rules here must answer (fixed seeds, small sample)."""

import os
import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from lab.naming import SCHEMES, predict
from lab.naming.model import machine_of
from tests.naming.synthetic import Board, write_tree

MACHINES = 40
NAMES = ("0", "1", "2", "3", "9", "12", "012", "0x1f", "2-1", "abc", "4294967296", "777")
ASK = (
    'mount --bind "$0" /sys || exit 9; while read s i; do echo "== $s $i"; '
    "NET_NAMING_SCHEME=$s udevadm test-builtin net_id /sys/class/net/$i; done"
)


def answers(folder: Path, questions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, str]]:
    """What udevadm says for each (scheme, interface), with `folder` in the place of /sys."""
    done = subprocess.run(
        ["unshare", "-m" if os.geteuid() == 0 else "-Urm", "bash", "-c", ASK, str(folder)],
        input="".join(f"{scheme} {ifname}\n" for scheme, ifname in questions),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"PATH": os.environ["PATH"], "SYSTEMD_DEVICE_VERIFY_SYSFS": "0", "SYSTEMD_LOG_LEVEL": "err"},
    )
    found: dict[tuple[str, str], dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in done.stdout.splitlines():
        if line.startswith("== "):
            scheme, ifname = line.split()[1:]
            current = found[scheme, ifname] = {}
        elif "=" in line:
            key, _, value = line.partition("=")
            current[key] = value
    return found


def release() -> int:
    """The release of udevadm here, 0 if there is none."""
    if shutil.which("udevadm") is None or shutil.which("unshare") is None:
        return 0
    text = subprocess.run(["udevadm", "--version"], capture_output=True, text=True, check=False).stdout
    return int(text.split()[0]) if text.strip() else 0


def draw(dice: random.Random) -> Board:
    """A machine: a few cards on the root bus or behind bridges, with slots, firmware indexes, ports and VFs."""
    board = Board()
    domain = dice.choice(["0000"] * 4 + ["0001", "10000", "00ff"])
    places: list[str] = []
    for number, device in enumerate(dice.sample(range(32), dice.randint(1, 4))):
        above, address = "", f"{domain}:00:{device:02x}.0"
        for depth in range(dice.choice([0, 0, 1, 1, 2])):
            above = board.pci(address, above, bridge=True)
            places.append(address)
            if dice.random() < 0.3:
                board.firmware(above, dice.choice([None, "0", "4"]))
            address = f"{domain}:{number * 10 + depth + 1:02x}:{dice.randrange(32):02x}.0"
        several = dice.random() < 0.4
        for function in (0, 1, 3) if several else (0,):
            card(board, dice, f"{address[:-1]}{function}", above, several)
            places.append(f"{address[:-1]}{function}")
    taken: set[str] = set()
    for name in dice.sample(NAMES, 5):
        address = dice.choice(places)
        address = address if dice.random() < 0.2 else address.rpartition(".")[0]
        if not any(a.startswith(address) or address.startswith(a) for a in taken):  # else the order of listing counts
            taken.add(address)
            board.slot(name, address)
    return board


def card(board: Board, dice: random.Random, address: str, above: str, several: bool) -> None:
    indexes: dict[str, str] = {}
    if dice.random() < 0.3:
        indexes["acpi_index"] = dice.choice(["0", "1", "7", "16383", "16384", "65535", "65536", "0x11", "010"])
    if dice.random() < 0.3:
        indexes["index"] = dice.choice(["0", "1", "2", "20000"])
    if dice.random() < 0.15:
        indexes["ari_enabled"] = "1"
    device = board.pci(address, above, functions=several and dice.random() < 0.9)
    board.device(device, "pci", **indexes)
    if dice.random() < 0.3:
        board.firmware(device, dice.choice([None, "0", "3", "12"]))
    holder = board.device(f"{device}/virtio{board.cards}", "virtio") if dice.random() < 0.3 else device
    for _ in range(dice.choice([1, 1, 1, 2])):
        board.net(holder, **port(dice))
    if dice.random() < 0.2 and address.endswith("0"):
        board.net(board.virtual_function(device, f"{address[:-1]}7", dice.randrange(3)), **port(dice))


def port(dice: random.Random) -> dict[str, str]:
    found: dict[str, str] = {}
    if dice.random() < 0.15:
        found["phys_port_name"] = dice.choice(["p0", "np1", "pf0vf3", "pf1vf12", "a b", "longport0123456789", ""])
    if dice.random() < 0.2:
        found["dev_port"] = dice.choice(["1", "2", "13"])
    if dice.random() < 0.15:
        found["addr_assign_type"] = dice.choice(["1", "3"])
    if dice.random() < 0.1:
        found["type"] = dice.choice(["1", "32", "256", "512"])
    if found.get("type") == "32":
        found["address"] = ":".join(["80"] * 20)
    if dice.random() < 0.05:
        found["iflink"] = "99"
    return found


def test_random_machines_are_named_as_by_the_systemd_of_this_machine(tmp_path: Path) -> None:
    known = [name for name in SCHEMES if int(name[1:]) <= release()]
    if not known:
        pytest.skip("there is no udevadm here (Debian package udev)")
    checks = 0
    for seed in range(MACHINES):
        dice = random.Random(seed)
        tree = draw(dice).tree()
        machine = machine_of(f"machine {seed}", "synthetic", tree)
        folder = tmp_path / str(seed)
        write_tree(tree, folder)
        questions = [(s, i.ifname) for s in dice.sample(known, min(2, len(known))) for i in machine.interfaces]
        said = answers(folder, questions)
        if set(said) != set(questions):
            pytest.skip("udevadm cannot be given another /sys here (unshare -m and mount --bind are needed)")
        for scheme, ifname in questions:
            names = dict(said[scheme, ifname])
            assert names.pop("ID_NET_NAMING_SCHEME", scheme) == scheme, "udevadm fell back to another scheme"
            wanted = {k.removeprefix("ID_NET_NAME_"): v for k, v in names.items() if k.startswith("ID_NET_NAME_")}
            offered = predict(machine, machine.interface(ifname), SCHEMES[scheme])
            assert {p: c.name for p, c in offered.items() if c.name} == wanted, (seed, scheme, ifname)
            checks += 1
    assert checks > 200
