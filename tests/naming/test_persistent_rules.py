"""70-persistent-net.rules: read, written, and matched as the udev of this machine matches it."""

import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.naming.model import Machine, machine_of
from lab.naming.persistent_rules import Match, Rules, parse_rules, rule_text
from lab.naming.schemes.persistent import boot
from tests.naming.pinned import PCI, A, B, C, file, machine, named, rule
from tests.naming.synthetic import write_tree

# -- existing files -------------------------------------------------------------------------------


def test_rules_by_hand() -> None:
    for line in (
        f'SUBSYSTEM=="net", ATTR{{address}}=="{A}", NAME="lan0"',
        f'SUBSYSTEM=="net", ATTRS{{address}}=="{A[:8]}*", NAME="lan0"',
        'SUBSYSTEM=="net", KERNEL=="eth0|eth1", NAME="lan0"',
        'SUBSYSTEM=="net", KERNELS=="0000:01:00.0", NAME:="lan0"',
        'SUBSYSTEM=="net", DRIVERS=="igb|ixgbe", ATTR{type}!="32", NAME="lan0"',
        'SUBSYSTEM=="net", \\\n  DRIVERS=="igb", NAME="lan0", GROUP="x"',
    ):
        assert named(machine(A), boot(file(line), machine(A), PCI)) == {A: "lan0"}, line
    for line in (
        f'SUBSYSTEM=="net", ATTR{{address}}!="{A}", NAME="lan0"',
        'SUBSYSTEM=="block", NAME="lan0"',
        f'# SUBSYSTEM=="net", ATTR{{address}}=="{A}", NAME="lan0"',
    ):
        assert named(machine(A), boot(file(line), machine(A), PCI)) == {A: "eth0"}, line


def test_the_last_rule_wins() -> None:
    assert named(machine(A), boot(file(rule(A, "eth3"), rule(A, "eth4")), machine(A), PCI)) == {A: "eth4"}


def test_upper_case_in_a_rule_matches_nothing() -> None:
    assert named(machine(A), boot(file(rule(A.upper(), "eth5")), machine(A), PCI)) == {A: "eth0"}


def test_a_condition_that_is_not_understood_makes_the_name_uncertain() -> None:
    after = boot(file(f'ENV{{PLACE}}=="lab", ATTR{{address}}=="{A}", NAME="lan0"'), machine(A), PCI)
    (answer,) = after.names.values()
    assert (answer.certain, answer.gaps[0].missing) == (False, "line 1")
    assert "its condition ENV{PLACE} cannot be told here: it may say lan0" in answer.gaps[0].reason


def test_an_attribute_that_the_source_lacks_does_so_too() -> None:
    of = machine(A)
    bare = machine_of("bare", "synthetic", of.tree.without(f"{of.cards[0].devpath}/dev_id"))
    (answer,) = boot(file(rule(A, "eth5")), bare, PCI).names.values()
    assert "ATTR{dev_id}" in answer.gaps[0].reason


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"SUBSYSTEM==net\n", r"rules: line 1 is no udev rule at 'SUBSYSTEM==net'"),
        (b'\n\nSUBSYSTEM=="net" NAME\n', r"rules: line 3 is no udev rule at"),
        (b'NAME="eth0\n', "line 1 is no udev rule"),
        (b"# \xff\n", "byte 2 is no UTF-8 text"),
        (bytes((1 << 20) + 1), "larger than 1,048,576 bytes"),
        (b'KERNEL=="' + b"x" * 17000 + b'"\n', "line 1 has more than 16,384 letters"),
    ],
)
def test_files_that_are_no_rules(data: bytes, message: str) -> None:
    with pytest.raises(LabError, match=message):
        parse_rules(data, "rules")


@given(st.binary(max_size=200))
def test_any_bytes_are_rules_or_one_error(data: bytes) -> None:
    try:
        found = parse_rules(data, "rules")
    except LabError:
        return
    assert parse_rules(found.text.encode(), "again").rules == found.rules


values = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='"\\'), min_size=1, max_size=12)


@given(st.dictionaries(st.sampled_from(["ATTR{address}", "ATTR{type}", "KERNELS"]), values, min_size=1), values)
def test_a_rule_that_is_written_is_read_back(matches: dict[str, str], name: str) -> None:
    (read,) = file(rule_text(list(matches.items()), name)).rules
    assert read.name == name
    assert read.matches[2:] == tuple(Match(key, True, value) for key, value in matches.items())


REAL = (
    'mount -t tmpfs none /run && mount --bind "$0/rules" /etc/udev/rules.d && mount --bind "$0/none" '
    '/usr/lib/udev/rules.d && mount --bind "$0/sys" /sys || exit 9; while read i; do echo "asked: $i"; '
    "udevadm test --action=add /sys/class/net/$i; done"
)


def chosen(of: Machine, rules: Rules, folder: Path) -> dict[str, str]:
    """By interface, "line NAME" of the rule that the udev of this machine takes last; "" if it takes none."""
    if shutil.which("udevadm") is None or shutil.which("unshare") is None:
        pytest.skip("udevadm or unshare is not installed")
    for name in ("sys", "rules", "none"):
        (folder / name).mkdir(parents=True)
    write_tree(of.tree, folder / "sys")
    (folder / "rules" / "70-persistent-net.rules").write_text(rules.text)
    done = subprocess.run(
        ["unshare", "-mn" if os.geteuid() == 0 else "-Urmn", "bash", "-c", REAL, str(folder)],
        input="".join(f"{card.ifname}\n" for card in of.cards),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"], "SYSTEMD_DEVICE_VERIFY_SYSFS": "0", "SYSTEMD_LOG_LEVEL": "debug"},
    )
    if done.returncode == 9:
        pytest.skip(f"nothing can be mounted in a namespace here: {done.stdout.strip()[:100]}")
    assert done.stdout.count("70-persistent-net.rules") >= len(of.cards), "the rules were read"
    found = {}
    for part in done.stdout.split("asked: ")[1:]:
        taken = re.findall(r"70-persistent-net\.rules:([0-9]+) NAME '(.*)'", part)
        found[part.split("\n")[0]] = " ".join(taken[-1]) if taken else ""
    return found


def drawn(dice: random.Random) -> str:
    """A rule that a person could have written, with conditions that hold on some cards."""
    address = dice.choice([A, B, C, A[:9] + "*", A.upper(), "?*", "00:1b:21:00:00:0[ab]", f"{A}|{C}"])
    conditions = {
        "ATTR{address}": address,
        "ATTRS{address}": address,
        "ATTR{dev_id}": dice.choice(["0x0", "0x1", "0*"]),
        "ATTR{type}": dice.choice(["1", "32", "*"]),
        "KERNEL": dice.choice(["eth*", "eth0", "eth[12]", "wlan*", "eth0|eth2"]),
        "KERNELS": dice.choice(["0000:01:00.0", "0000:0[12]:*", "eth1", "pci0000:02"]),
        "DRIVERS": dice.choice(["?*", "igb", "ixgbe", "", "pcieport"]),
        "SUBSYSTEM": dice.choice(["net", "net", "pci"]),
        "ACTION": dice.choice(["add", "add|change", "change"]),
    }
    keys = dice.sample(sorted(conditions), dice.randint(1, 4))
    parts = [f'{key}{dice.choice(["==", "==", "==", "!="])}"{conditions[key]}"' for key in keys]
    return ", ".join([*parts, f'NAME{dice.choice(["=", "=", "=", ":="])}"x{dice.randrange(100)}"'])


@pytest.mark.parametrize("seed", range(12))
def test_the_real_udev_takes_the_same_rule(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    of = machine(A, B, C, dev_id=dice.choice(["0x0", "0x1"]))
    rules = file(*(drawn(dice) for _ in range(5)))
    real = chosen(of, rules, tmp_path)
    ours = boot(rules, of, PCI).names
    for card in of.cards:
        said = re.match(r"rule in line ([0-9]+) says (\S+)", ours[card.devpath].because)
        assert real[card.ifname] == (f"{said[1]} {said[2].rstrip(';')}" if said else ""), rules.text


def test_the_real_udev_takes_what_the_generator_writes(tmp_path: Path) -> None:
    written = boot(Rules(), machine(A, B), PCI).rules
    assert chosen(machine(B, A), written, tmp_path) == {"eth0": "8 eth1", "eth1": "5 eth0"}
