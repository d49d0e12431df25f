"""MAC pinning: the rules file read and written, the generator, clones, swaps, and who is left out."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.cli import main
from lab.core.errors import LabError
from lab.naming.model import machine_of
from lab.naming.persistent_rules import HEADER, Match, Rules, parse_rules
from lab.naming.schemes import MACHINE_WIDE
from lab.naming.schemes.persistent import boot, persistent_names
from lab.naming.sources import open_source, udevdb
from tests.naming.pinned import PCI, A, B, C, file, machine, named, rule
from tests.naming.synthetic import Board

# -- boots ----------------------------------------------------------------------------------------


def test_the_first_boot_writes_down_what_the_kernel_says() -> None:
    after = boot(Rules(), machine(A, B), PCI)
    assert named(machine(A, B), after) == {A: "eth0", B: "eth1"}
    assert after.rules.lines == (
        *HEADER,
        "",
        "# PCI device 0x8086:0x10d3 (igb)",
        f'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{{address}}=="{A}", ATTR{{dev_id}}=="0x0", '
        'ATTR{type}=="1", KERNEL=="eth*", NAME="eth0"',
        "",
        "# PCI device 0x8086:0x10d3 (igb)",
        f'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{{address}}=="{B}", ATTR{{dev_id}}=="0x0", '
        'ATTR{type}=="1", KERNEL=="eth*", NAME="eth1"',
    )
    assert after.events == (
        f"eth0 ({A}): new: a rule for eth0 is written",
        f"eth1 ({B}): new: a rule for eth1 is written",
    )


def test_the_second_boot_changes_nothing() -> None:
    once = boot(Rules(), machine(A, B), PCI)
    twice = boot(once.rules, machine(A, B), PCI)
    assert twice.rules == once.rules
    assert named(machine(A, B), twice) == {A: "eth0", B: "eth1"}


def test_a_cloned_disk_finds_its_card_called_eth1() -> None:
    after = boot(boot(Rules(), machine(A), PCI).rules, machine(B), PCI)
    assert named(machine(B), after) == {B: "eth1"}
    assert [r.name for r in after.rules.rules] == ["eth0", "eth1"]
    assert after.events == (
        f"eth0 ({B}): new, and eth0 belongs to another card's rule: a rule for eth1 is written",
        "eth0 → eth1",
    )


def test_every_clone_of_a_clone_counts_on() -> None:
    rules = Rules()
    for number, mac in enumerate((A, B, C)):
        after = boot(rules, machine(mac), PCI)
        assert named(machine(mac), after) == {mac: f"eth{number}"}
        rules = after.rules


def test_another_card_in_front_takes_no_name() -> None:
    after = boot(boot(Rules(), machine(B), PCI).rules, machine(A, B), PCI)
    assert named(machine(A, B), after) == {A: "eth1", B: "eth0"}


def test_two_cards_found_in_the_other_order_step_aside_and_swap() -> None:
    before = boot(Rules(), machine(A, B), PCI)
    swapped = machine(B, A)
    after = boot(before.rules, swapped, PCI)
    assert named(swapped, after) == {A: "eth0", B: "eth1"}
    index = swapped.interface(B).ifindex
    assert after.events == (
        f"eth0 ({B}): rule in line 8 says eth1",
        f"eth0 → rename{index}: eth1 is taken, it steps aside and waits",
        f"eth1 ({A}): rule in line 5 says eth0",
        "eth1 → eth0",
        f"rename{index} → eth1: it is free now",
    )
    assert after.rules == before.rules


def test_three_cards_in_a_ring() -> None:
    before = boot(Rules(), machine(A, B, C), PCI)
    turned = machine(C, A, B)
    assert named(turned, boot(before.rules, turned, PCI)) == {A: "eth0", B: "eth1", C: "eth2"}


def test_a_name_that_is_never_freed_leaves_a_card_called_rename() -> None:
    kvm = "52:54:00:00:00:01"  # no rule, so it keeps eth0
    both = machine(kvm, A)
    after = boot(file(rule(A, "eth0")), both, PCI)
    index = both.interface(A).ifindex
    assert named(both, after) == {kvm: "eth0", A: f"rename{index}"}
    assert after.events[-1] == f"eth0 is not freed within 90 seconds: it stays rename{index}"
    assert after.names[both.interface(A).devpath].because.endswith(after.events[-1])


def test_the_highest_number_counts_not_the_lowest_free_one() -> None:
    after = boot(file(rule(A, "eth0"), rule(B, "eth7")), machine(C), PCI)
    assert named(machine(C), after) == {C: "eth8"}
    assert named(machine(C), boot(file(rule(B, "eth7")), machine(C), PCI)) == {C: "eth0"}


macs = st.lists(st.sampled_from([f"00:1b:21:00:00:{n:02x}" for n in range(6)]), unique=True, max_size=5)


@given(st.lists(macs, max_size=5))
def test_a_card_keeps_its_first_name_for_ever_and_no_two_share_one(boots: list[list[str]]) -> None:
    rules, first = Rules(), dict[str, str | None]()
    for cards in boots:
        here = machine(*cards)
        after = boot(rules, here, PCI)
        found = named(here, after)
        assert len(set(found.values())) == len(found)
        for mac, name in found.items():
            assert first.setdefault(mac, name) == name
        assert parse_rules(after.rules.text.encode(), "again") == after.rules
        rules = after.rules


# -- who gets a rule ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mac", "why"),
    [
        ("52:54:00:12:34:56", "52:54:00 is an address of KVM"),
        ("00:0c:29:12:34:56", "00:0c:29 is an address of VMware"),
        ("00:50:56:12:34:56", "00:50:56 is an address of VMware"),
        ("00:15:5d:12:34:56", "00:15:5d is an address of Hyper-V"),
        ("02:11:22:33:44:55", "02:11:22:33:44:55 is locally administered"),
        ("fe:11:22:33:44:55", "fe:11:22:33:44:55 is locally administered"),
        ("00:00:00:00:00:00", "it has no address"),
    ],
)
def test_addresses_that_get_no_rule(mac: str, why: str) -> None:
    after = boot(Rules(), machine(mac), PCI)
    (answer,) = after.names.values()
    assert (answer.name, after.rules) == ("eth0", Rules())
    assert why in answer.because
    assert answer.evidence[-1].verdict == "refused"


@pytest.mark.parametrize(("mac", "dev_id"), [("02:a0:c9:00:00:01", False), ("00:16:3e:00:00:01", False), (A, True)])
def test_vendors_that_are_trusted_get_a_rule_without_dev_id(mac: str, dev_id: bool) -> None:
    (written,) = boot(Rules(), machine(mac), PCI).rules.rules
    assert ("ATTR{dev_id}" in [m.key for m in written.matches]) == dev_id


def test_the_earlier_generator_knew_no_virtual_machines_and_no_dev_id() -> None:
    (written,) = boot(Rules(), machine("00:0c:29:00:00:01"), PCI, earlier=True).rules.rules
    assert [m.key for m in written.matches][2:] == ["DRIVERS", "ATTR{address}", "ATTR{type}", "KERNEL"]
    for mac in ("52:54:00:00:00:01", "02:a0:c9:00:00:01"):  # locally administered, and nobody was trusted
        assert boot(Rules(), machine(mac), PCI, earlier=True).rules == Rules()


def test_ibmveth_is_pinned_though_its_address_is_local() -> None:
    (written,) = boot(Rules(), machine("02:11:22:33:44:55", driver="ibmveth"), PCI).rules.rules
    assert Match("ATTR{address}", True, "02:11:22:33:44:55") in written.matches


def test_a_card_without_a_driver_gets_no_rule() -> None:
    of = machine(A)
    bare = dataclasses.replace(of, interfaces=tuple(dataclasses.replace(i, driver=None) for i in of.interfaces))
    assert "it has no driver" in next(iter(boot(Rules(), bare, PCI).names.values())).because


def test_xen_and_s390() -> None:
    xen = Board()
    xen.net(xen.device("/devices/vif-0", "xen"), address="00:16:3e:00:00:01")
    of = machine_of("xen", "synthetic", xen.tree())
    assert "a virtual interface of Xen" in next(iter(boot(Rules(), of, PCI).names.values())).because
    s390 = Board()
    path = s390.device("/devices/qeth/0.0.f5f0", "ccwgroup")
    s390.links[f"{path}/driver"] = "../../../bus/ccwgroup/drivers/qeth"
    s390.net(path, address="02:00:00:00:00:01")
    after = boot(Rules(), machine_of("s390", "synthetic", s390.tree()), PCI)
    expected = (
        'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="qeth", KERNELS=="0.0.f5f0", ATTR{type}=="1", KERNEL=="eth*", '
        'NAME="eth0"'
    )
    assert after.rules.lines[-1] == expected
    assert boot(after.rules, machine_of("s390", "synthetic", s390.tree()), PCI).events[0].endswith("says eth0")


def test_wireless_cards_count_for_themselves() -> None:
    board = Board()
    for number, kind in enumerate(("", "DEVTYPE=wlan\n")):
        path = board.pci(f"0000:0{number + 1}:00.0")
        board.links[f"{path}/driver"] = "../../../bus/pci/drivers/x"
        net = board.net(path, address=(A, B)[number])
        board.files[f"{net}/uevent"] = f"INTERFACE=x\n{kind}".encode()
    of = machine_of("made up", "synthetic", board.tree())
    assert named(of, boot(Rules(), of, PCI)) == {A: "eth0", B: "wlan0"}


def test_hostile_attributes_do_not_get_into_the_file() -> None:
    with pytest.raises(LabError, match="cannot stand in a udev rule"):
        boot(Rules(), machine(A, dev_id='0x0", NAME="evil'), PCI)


# -- as a convention, and as a command ------------------------------------------------------------


def test_as_a_convention_it_is_the_first_boot() -> None:
    assert MACHINE_WIDE["persistent"] is persistent_names
    of = open_source("t10a")
    assert [c.name for c in persistent_names(of).values()] == ["eth0", "eth1"]


def test_a_udev_database_is_named_with_what_it_lacks() -> None:
    lines = ["P: /devices/pci0000:00/0000:00:03.0", "E: SUBSYSTEM=pci", "E: DRIVER=igb", ""]
    lines += ["P: /devices/pci0000:00/0000:00:03.0/net/enp0s3", "E: SUBSYSTEM=net", "E: INTERFACE=enp0s3"]
    lines += ["E: IFINDEX=2", f"E: ID_NET_NAME_MAC=enx{A.replace(':', '')}", "", ""]
    of = udevdb.parse("\n".join(lines).encode(), "db")
    assert all(not c.certain for c in persistent_names(of).values())


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Status, output and errors of `kernel-lab naming persistent ...`."""
    status = main(["naming", "persistent", *words])
    done = capsys.readouterr()
    return status, done.out, done.err


def test_the_command_prints_the_file_after_each_boot(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = ask(capsys, "t09a", "t09b", "--vendor", "00:1B:21")
    assert status == 0
    assert out.count("70-persistent-net.rules afterwards:") == 2
    assert out.count('NAME="eth0"') == 2
    assert out.count('NAME="eth1"') == 1


def test_the_command_in_json_with_a_file_to_start_from(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "rules"
    path.write_text(rule("00:1b:21:00:00:99", "eth0") + "\n")
    status, out, _ = ask(capsys, "t01", "--vendor", "00:1b:21", "--rules", str(path), "--probe", "pci", "--json")
    assert status == 0
    (only,) = json.loads(out)["boots"]
    assert {c["name"] for c in only["cards"]} == {f"eth{n + 1}" for n in range(len(only["cards"]))}
    assert only["rules"].startswith(path.read_text())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("t01", "--vendor", "nonsense"), "--vendor: 'nonsense' is no vendor part of an address"),
        (("t01", "--rules", "/no/such/file"), "/no/such/file: cannot be read"),
        (("t01", "--probe", "fifo"), "--probe: 'fifo' is not one of"),
        (("t01", "--sysfs", "/sys"), "leave them out or the files"),
    ],
)
def test_bad_words_are_one_line(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str) -> None:
    status, _, err = ask(capsys, *words)
    assert (status, err.count("\n")) == (2, 1)
    assert message in err
