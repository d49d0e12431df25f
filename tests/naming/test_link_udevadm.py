"""The real udevadm decides about random .link files on random machines, and so must we (fixed seeds, small sample).

Asked is the systemd of this machine, and those in the folders that LAB_SYSTEMD_ROOTS names ("DIR:DIR", as
tests/oracle/systemd-root fills them); 248 or newer, since before that `test-builtin net_setup_link` names nothing.
"""

import random
from pathlib import Path

import pytest

from lab.naming.model import Machine
from lab.naming.pin.rule import RuleFile
from lab.naming.schemes.releases import release
from tests.naming.synthetic import Board
from tests.oracle.confirming import ROOTS, asked, systemd

MACHINES = 10


def machine(dice: random.Random) -> Machine:
    """A few cards with indexes, slots, ports too long for a name, and names that user space or the kernel gave."""
    board = Board()
    for place in dice.sample(range(1, 31), dice.randint(2, 4)):
        address = f"0000:00:{place:02x}.0"
        device = board.pci(address, "", {"index": dice.choice("1123")} if dice.random() < 0.4 else {})
        if dice.random() < 0.3:
            device = board.device(f"{device}/virtio{place}", "virtio")
        port = {"phys_port_name": dice.choice(["p0", "a-port-too-long", "50%", "a b"])} if dice.random() < 0.4 else {}
        path = board.net(device, name_assign_type=dice.choice("1111234"), **port)
        if dice.random() < 0.2:
            board.properties[path] = {"ID_NET_NAME_FROM_DATABASE": dice.choice(["idrac", "a/b", "x" * 16])}
        if dice.random() < 0.3:
            board.slot(dice.choice(["7", "12345678", "2-1"]), address.rpartition(".")[0])
    return board.machine("random")


def _match(dice: random.Random) -> str:
    no = dice.choice(["", "!"])
    return dice.choice([
        f"MACAddress=52:54:00:00:00:0{dice.randint(1, 4)} 52-54-00-00-00-0{dice.randint(1, 4)}",
        f"MACAddress=5254.0000.000{dice.randint(1, 4)}",
        f"Path={no}pci-0000:00:{dice.choice('01')}*",
        f"Path=pci-* !*{dice.randint(0, 9)}.0",
        f"Type={dice.choice(['ether', '!ether', 'e?h[a-z]r', 'wlan', '!wlan wwan'])}",
        f"OriginalName={dice.choice(['eth*', 'eth0', '!eth1', 'eth[!0-1]', '*', 'a/b', ''])}",
        f"Property={no}ID_NET_NAME_{dice.choice(['SLOT', 'ONBOARD'])}=en*",
        f"Property={no}ID_NET_NAME_FROM_DATABASE=*",
        f"KernelCommandLine={dice.choice(['quiet', '!quiet', 'debug', ''])}",
        "Type=",
        "nonsense",
    ])  # fmt: skip


def _setting(dice: random.Random, number: int) -> str:
    words = ["kernel", "keep", "database", "onboard", "slot", "path", "mac", "bios"]
    return dice.choice([
        f"NamePolicy={' '.join(dice.sample(words, dice.randint(1, 4)))}",
        f"NamePolicy={' '.join(dice.sample(words, dice.randint(1, 4)))}",
        f"Name={dice.choice(['lan', 'a b', 'x' * 16, '0x1f', '-5', '%', 'all', ''])}",
        f"Name=net{number}",
        "Name=wan \\\n# not this\n",
        "NamePolicy=",
        "Description=of no matter",
    ])  # fmt: skip


def link(dice: random.Random, number: int) -> RuleFile:
    """A file with a few settings, some of them no good."""
    lines = ["[Match]", *(_match(dice) for _ in range(dice.choice([1, 1, 2])))]
    lines += ["[Link]", *(_setting(dice, number) for _ in range(dice.choice([1, 2, 2])))]
    return RuleFile(
        f"{dice.choice(['', '1', '5', '9'])}{number}-a.link", "\n".join(lines) + "\n", "/etc/systemd/network"
    )


@pytest.mark.parametrize("root", ROOTS)
def test_random_files_on_random_machines(root: str) -> None:
    number = systemd(root)
    known, by_file = release(number), 0
    for seed in range(MACHINES):
        dice = random.Random(seed)
        made = machine(dice)
        files = [link(dice, n) for n in range(dice.randint(1, 4))]
        files = list({f.name: f for f in files}.values())
        scheme = known.scheme(dice.choice(list(known.schemes)))
        answer = asked(made, files, scheme, root)
        assert [(s.card.ifname, s.said, Path(s.file or "").name) for s in answer.said] == [
            (s.card.ifname, s.decided.wanted or s.card.ifname, s.decided.file.file_name if s.decided.file else "")
            for s in answer.said
        ], (seed, scheme.name, [f.text for f in files])
        assert (answer.scheme, len(answer.said)) == (scheme.name, len(made.cards))
        by_file += sum("-a.link" in (s.file or "") for s in answer.said)
    assert by_file > MACHINES // 2, "the random files hardly ever applied"


@pytest.mark.parametrize("root", ROOTS)
def test_names_at_the_edge(root: str) -> None:
    """Which names are taken for Name=, and which are refused: `refusal` must know."""
    from lab.naming.ifname import refusal

    number = systemd(root)
    names = ["all", "default", "0x1f", "+7", "-5", "0b11", "0o7", "0x", "0x0", "a%b", "a.b", ".a", "..", "a~b", "-0"]
    names += ["0b2", "+", "x" * 15, "x" * 16, "2147483648"]
    board = Board()
    for place in range(len(names)):
        board.net(board.pci(f"0000:00:{place + 1:02x}.0"))
    files = [
        RuleFile(
            f"{n:02}.link",
            f"[Match]\nMACAddress=52:54:00:00:00:{n + 1:02x}\n[Link]\nName={name}\n",
            "/etc/systemd/network",
        )
        for n, name in enumerate(names)
    ]
    answer = asked(board.machine("edge"), files, release(number).scheme(release(number).default), root)
    said = {s.card.mac: s.said for s in answer.said}
    taken = {name: said[f"52:54:00:00:00:{n + 1:02x}"] == name for n, name in enumerate(names)}
    assert taken == {name: not refusal(name) for name in names}
