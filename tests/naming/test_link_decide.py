"""What udev makes of .link files: the file that applies, the policies, the name, the altnames, the collisions."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lab.core.dataset import listed
from lab.naming import open_source
from lab.naming.choice import choose
from lab.naming.link import Decision, Environment, arrange, decide, default_links
from lab.naming.link.live import this_system
from lab.naming.model import Machine
from lab.naming.schemes.flags import SCHEMES
from lab.naming.schemes.releases import release
from tests.naming.synthetic import Board

NOW = SCHEMES["v261"]
ETC = "/etc/systemd/network/"


def one(board: Board, text: str = "", properties: Mapping[str, str] | None = None, **answers: Any) -> Decision:
    """The decision for the first interface, with one file before the default one."""
    machine = board.machine("made up")
    path = machine.interfaces[0].devpath
    if properties:
        board.properties[path] = dict(properties)
        machine = board.machine("made up")
    texts = {f"{ETC}10-a.link": text, "/usr/lib/systemd/network/99-default.link": DEFAULT}
    return decide(machine, NOW, arrange({k: v for k, v in texts.items() if v}), environment=Environment(**answers))[
        path
    ]


DEFAULT = "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep kernel database onboard slot path\n"


def card(**attributes: str) -> Board:
    board = Board()
    board.net(board.pci("0000:00:03.0"), **attributes)
    return board


# -- which file -----------------------------------------------------------------------------------

LAN = "[Match]\n{}\n[Link]\nName=lan0\n"


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        ("MACAddress=52:54:00:00:00:01", True),
        ("MACAddress=52:54:00:00:00:02 5254.0000.0001", True),
        ("MACAddress=52:54:00:00:00:02", False),
        ("PermanentMACAddress=52:54:00:00:00:01", True),
        ("Path=pci-0000:00:03.0", True),
        ("Path=pci-* !pci-0000:00:03.0", False),
        ("Path=!pci-0000:00:04.0", True),
        ("Path=!pci-0000:00:0*", False),
        ("Type=ether", True),
        ("Type=!wlan wwan", True),
        ("Type=e?h[d-f]r", True),
        ("Kind=veth", False),
        ("Kind=!veth", True),
        ("OriginalName=eth*", True),
        ("OriginalName=!eth*", False),
        ("Property=ID_NET_NAME_PATH=enp0s3", True),
        ("Property=ID_NET_NAME_PATH=enp0s4", False),
        ("Property=!ID_NET_NAME_PATH=enp0s4", True),
        ("Type=ether\nPath=pci-0000:00:04.0", False),
    ],
)
def test_what_a_file_asks_for(line: str, fits: bool) -> None:
    decision = one(card(), LAN.format(line))
    assert (decision.name, decision.rule) == (("lan0", "Name=") if fits else ("enp0s3", "PATH"))
    assert decision.certain
    if not fits:
        assert decision.others[0][0] == f"{ETC}10-a.link"
        assert line.partition("=")[0] in decision.others[0][1] or "Path=" in decision.others[0][1]


def test_the_first_file_that_fits_is_the_only_one() -> None:
    found = arrange({f"{ETC}{n}.link": f"[Match]\nOriginalName=*\n[Link]\nName=n{n}\n" for n in (2, 10, 1)})
    (decision,) = decide(card().machine("made up"), NOW, found).values()
    assert decision.name == "n1"
    assert decide(card().machine("made up"), NOW, ())[decision.card.devpath].name == "eth0"


@pytest.mark.parametrize(
    ("line", "answers", "fits"),
    [
        ("Host=web*", {"hostname": "WEB1"}, True),
        ("Host=!web*", {"hostname": "web1"}, False),
        ("Host=" + "a" * 32, {"machine_id": "a" * 32}, True),
        ("Virtualization=kvm", {"virtualization": "kvm"}, True),
        ("Virtualization=vm", {"virtualization": "docker"}, False),
        ("Virtualization=container", {"virtualization": "docker"}, True),
        ("Virtualization=no", {"virtualization": "none"}, True),
        ("Virtualization=!yes", {"virtualization": "kvm"}, False),
        ("KernelCommandLine=quiet", {"command_line": ("quiet",)}, True),
        ("KernelCommandLine=root", {"command_line": ("root=/dev/vda",)}, True),
        ("KernelCommandLine=root=/dev/sda", {"command_line": ("root=/dev/vda",)}, False),
        ("KernelVersion=6.1*", {"kernel_version": "6.1.0-13-amd64"}, True),
        ("KernelVersion=>=6.1", {"kernel_version": "6.1.0-13-amd64"}, True),
        ("KernelVersion=>= 5.4 < 6", {"kernel_version": "6.1.0"}, False),
        ("Architecture=x86-64", {"architecture": "x86-64"}, True),
        ("Firmware=uefi", {"firmware": ("uefi",)}, True),
        ("Credential=key", {"credentials": ()}, False),
    ],
)
def test_what_a_file_asks_of_the_system(line: str, answers: dict[str, Any], fits: bool) -> None:
    decision = one(card(), LAN.format(line), **answers)
    assert (decision.name, decision.certain) == ("lan0" if fits else "enp0s3", True)
    unknown = one(card(), LAN.format(line))
    assert (unknown.name, unknown.certain) == ("enp0s3", False)
    assert unknown.gaps[0].missing.startswith(line.partition("=")[0])


@pytest.mark.parametrize(
    ("board", "line", "missing"),
    [
        (card(addr_assign_type="3"), "PermanentMACAddress=52:54:00:00:00:01", "addr_assign_type"),
        (card(), "Driver=e1000e", "ID_NET_DRIVER"),
        (card(), "Property=ID_BUS=pci", "ID_BUS"),
        (card(), "KernelVersion=<= six", "KernelVersion"),
    ],
)
def test_what_the_source_lacks_makes_the_answer_uncertain(board: Board, line: str, missing: str) -> None:
    decision = one(board, LAN.format(line), kernel_version="6.1")
    assert not decision.certain
    assert missing in decision.gaps[0].missing


def test_a_guessed_kernel_name_makes_a_match_on_it_uncertain() -> None:
    board = Board()
    board.net(board.pci("0000:00:03.0"), "enp0s3", name_assign_type="4")
    decision = one(board, LAN.format("OriginalName=eth0"))
    assert (decision.kernel_name, decision.name, decision.certain) == ("eth0", "lan0", False)
    assert one(board).certain
    assert one(board).name == "enp0s3"


# -- which name -----------------------------------------------------------------------------------


def test_policies_are_asked_in_their_order() -> None:
    board = Board()
    board.net(board.pci("0000:00:03.0", "", {"index": "1"}))
    board.slot("7", "0000:00:03")
    for order, name in {"mac path": "enx525400000001", "slot onboard": "ens7", "onboard": "eno1"}.items():
        decision = one(board, f"[Match]\nOriginalName=*\n[Link]\nNamePolicy={order}\nName=lan0\n")
        assert (decision.name, len(decision.asked)) == (name, 1)


def test_a_name_that_cannot_be_is_passed_over_down_to_name() -> None:
    decision = one(card(phys_port_name="too-long-a-port"), "[Match]\nType=ether\n[Link]\nNamePolicy=path\nName=lan0\n")
    assert (decision.name, decision.passed_over) == ("lan0", (("PATH", "enp0s3ntoo-long-a-port"),))
    assert "too long" in decision.why


def test_the_database_comes_first_where_it_is_asked() -> None:
    decision = one(card(), properties={"ID_NET_NAME_FROM_DATABASE": "idrac"})
    assert (decision.name, decision.rule) == ("idrac", "database")


@pytest.mark.parametrize(("assigned", "name", "rule"), [("2", "eth0", "kernel"), ("3", "eth0", "keep")])
def test_kernel_and_keep_stop_the_policies(assigned: str, name: str, rule: str) -> None:
    decision = one(card(name_assign_type=assigned))
    assert (decision.name, decision.rule, decision.wanted) == (name, rule, None)


def test_a_name_that_udev_gave_is_gone_after_a_boot_only() -> None:
    board = Board()
    path = board.net(board.pci("0000:00:03.0"), "lan9", name_assign_type="4")
    machine = board.machine("made up")
    assert decide(machine, NOW)[path].name == "enp0s3"
    now = decide(machine, NOW, booted=False)[path]
    assert (now.name, now.rule) == ("lan9", "keep")
    rerenamed = arrange({f"{ETC}a.link": "[Match]\nOriginalName=*\n[Link]\nNamePolicy=path\n"})
    assert decide(machine, NOW, rerenamed, booted=False)[path].name == "enp0s3"
    assert decide(machine, SCHEMES["v239"], rerenamed, booted=False)[path].name == "lan9"


def test_ifnames_0_turns_off_the_policies_and_not_name() -> None:
    for words, name in ((("net.ifnames=0",), "eth0"), (("net.ifnames=0", "net.ifnames=1"), "enp0s3")):
        assert one(card(), command_line=words).name == name
    text = "[Match]\nType=ether\n[Link]\nNamePolicy=path\nName=lan0\nAlternativeNamesPolicy=path\n"
    decision = one(card(), text, command_line=("net.ifnames=0",))
    assert (decision.name, decision.altnames) == ("lan0", ("enp0s3",))


def test_the_loopback_is_never_asked() -> None:
    board = card()
    board.net("/devices/virtual", "lo", type="772")
    assert [d.card.ifname for d in decide(board.machine("made up"), NOW).values()] == ["eth0"]


def test_a_udev_rule_comes_before_the_files() -> None:
    machine = card().machine("made up")
    path = machine.interfaces[0].devpath
    decision = decide(machine, NOW, named={path: "wan"})[path]
    assert (decision.name, decision.rule, decision.altnames) == ("wan", "udev rule", ("enp0s3", "enx525400000001"))


# -- altnames and collisions ----------------------------------------------------------------------


def test_every_altname_that_may_be_one_but_the_name() -> None:
    board = Board()
    board.net(board.pci("0000:00:03.0", "", {"index": "1"}), phys_port_name="x" * 40)
    decision = decide(board.machine("made up"), NOW)[board.machine("made up").interfaces[0].devpath]
    port = "n" + "x" * 40
    assert (decision.name, decision.altnames) == ("eth0", (f"eno1{port}", f"enp0s3{port}", "enx525400000001"))
    longer = one(
        card(phys_port_name="x" * 121), "[Match]\nType=*\n[Link]\nAlternativeNamesPolicy=path\nAlternativeName=a"
    )
    assert longer.altnames == ("a",)


def test_two_cards_of_one_index_the_loser_keeps_the_kernels_name() -> None:
    board = Board()
    for place in ("0000:00:03.0", "0000:00:04.0"):
        board.net(board.pci(place, "", {"index": "1"}))
    first, second = decide(board.machine("made up"), NOW).values()
    assert (first.name, second.name, second.wanted) == ("eno1", "eth1", "eno1")
    assert first.collides
    assert second.collides
    assert not first.certain
    assert second.altnames == ("enp0s4", "enx525400000002")
    assert first.rivals == (second.card.devpath,)


def test_an_altname_stands_in_the_way_of_a_name() -> None:
    board = Board()
    board.net(board.pci("0000:00:03.0", "", {"index": "1"}))
    board.net(board.pci("0000:00:04.0"))
    texts = {f"{ETC}a.link": "[Match]\nMACAddress=52:54:00:00:00:02\n[Link]\nName=enp0s3\n"}
    first, second = decide(board.machine("made up"), NOW, (*arrange(texts), *default_links())).values()
    assert (first.name, first.altnames) == ("eno1", ("enp0s3", "enx525400000001"))
    assert (second.name, second.rivals) == ("eth1", (first.card.devpath,))


def test_a_kernels_name_of_another_card_is_a_race() -> None:
    board = Board()
    board.net(board.pci("0000:00:03.0"))
    board.net(board.pci("0000:00:04.0"))
    texts = {f"{ETC}a.link": "[Match]\nMACAddress=52:54:00:00:00:01\n[Link]\nName=eth1\n"}
    first, second = decide(board.machine("made up"), NOW, (*arrange(texts), *default_links())).values()
    assert (first.name, second.name) == ("eth0", "enp0s4")
    assert first.collides
    assert not second.collides


# -- the default is the default -------------------------------------------------------------------


def recordings() -> list[str]:
    return [d.name for d in listed() if d.name.startswith("naming/")]


@pytest.mark.parametrize("name", recordings())
def test_without_files_it_is_the_default_policy(name: str) -> None:
    machine: Machine = open_source(name)
    for number in (252, 262):
        for scheme in release(number).schemes.values():
            chosen, decided = choose(machine, "default", scheme), decide(machine, scheme)
            assert {p: (c.name, c.collides) for p, c in chosen.items()} == {
                p: (decided[p].wanted or decided[p].kernel_name, decided[p].collides) for p in chosen
            }


def test_this_system_answers_for_itself(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cmdline").write_text("quiet net.ifnames=0\n", "ascii")
    (tmp_path / "sys/firmware/efi").mkdir(parents=True)
    system = this_system(tmp_path)
    assert (system.command_line, system.firmware, system.machine_id) == (("quiet", "net.ifnames=0"), ("uefi",), None)
    assert (system.hostname, system.kernel_version) == (os.uname().nodename, os.uname().release)
    assert not system.name_policies
    assert system.virtualization is None
    assert this_system(tmp_path / "none").command_line is None
