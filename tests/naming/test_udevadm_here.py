"""Random machines: what the systemd of this machine answers, the rules here must answer (fixed seeds, small sample).

`make test-oracle` and `make test-oracle-all` ask for many more.
"""

import functools
import random
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.naming import SCHEMES, open_source, predict
from lab.naming.schemes.flags import RELEASE
from lab.naming.schemes.releases import Release, release
from tests.naming.random_machines import draw
from tests.naming.synthetic import Board, write_tree
from tests.oracle.naming import batch, column
from tests.oracle.udevadm import Question, Udevadm, mismatches

MACHINES = 60
SCHEMES_EACH = 2
# One name of each form: what a sample that shows all rules at work must hold.
FORMS = (
    r"eno\d+", r"ens\d+", r"enp\d+s\d+", r"enx[0-9a-f]{12}", r"enP\d+p\d+s\d+", r"enp\d+s\d+f\d+",
    r"enp.*d\d+", r"enp.*np\d", r"enp.*r\d+", r"en.*v\d+", r"en.*S\d+", r"en.*v\d+S\d+",  # ports, functions
    r"enp.*(u\d+)+", r"en(u\d+)+", r"en.*u\d+c2", r"en.*u\d+i1", r"en.*b\d+",  # USB, bcma
    r"enc[0-9a-f.]+", r"env\d+", r"ena[a-z0-9]+i\d+", r"eni\d+n.*", r"enX\d+", r"end\d+", r"wld\d+",  # other buses
    r"wlp.*", r"wwp.*", r"ibp.*", r"slp.*", r"mcp.*",  # prefixes
)  # fmt: skip


@functools.cache
def here() -> tuple[Udevadm, Release]:
    """The systemd of this machine; skips where there is none that can be asked."""
    udevadm = Udevadm()
    number = udevadm.release()
    if not number:
        pytest.skip("there is no udevadm here (Debian package udev)")
    try:
        known = release(number)
    except LabError as error:
        pytest.skip(f"udevadm here is of a systemd that the rules do not know: {error}")
    board = Board()
    board.net(board.pci("0000:00:03.0"))
    try:
        udevadm.names([(board.machine("probe"), [(known.default, "eth0")])])
    except RuntimeError as error:
        pytest.skip(f"udevadm cannot be given another /sys here, as unshare or mount is not allowed: {error}")
    return udevadm, known


def test_random_machines_are_named_as_by_the_systemd_of_this_machine() -> None:
    udevadm, known = here()
    parts = [range(start, start + MACHINES // 4) for start in range(0, MACHINES, MACHINES // 4)]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda seeds: batch(udevadm, known, seeds, SCHEMES_EACH), parts))
    assert [f"{line} {schemes}" for found, _ in results for line, schemes in found.items()] == []
    assert sum(count for _, count in results) > 300


def test_the_sample_shows_every_form_of_name() -> None:
    names = set()
    for seed in range(6 * MACHINES):
        machine = draw(random.Random(seed)).machine("a machine")
        for interface in machine.interfaces:
            for scheme in ("v247", "v261"):
                names |= {c.name for c in predict(machine, interface, SCHEMES[scheme]).values() if c.name}
    assert [form for form in FORMS if not any(re.fullmatch(form, name) for name in names)] == []


def test_the_same_dice_give_the_same_machine() -> None:
    assert draw(random.Random(5)).machine("a") == draw(random.Random(5)).machine("a")


def test_where_two_slots_fit_the_answer_is_uncertain_and_one_of_them() -> None:
    udevadm, known = here()
    board = Board()
    board.net(board.pci("0000:00:03.0"))
    for number in ("7", "12", "30"):
        board.slot(number, "0000:00:03")
    machine = board.machine("three slots")
    found = predict(machine, machine.interface("eth0"), known.schemes[known.default])["SLOT"]
    said = udevadm.names([(machine, [(known.default, "eth0")])])[0][known.default, "eth0"]
    assert not found.certain
    assert {found.name, said["ID_NET_NAME_SLOT"]} <= {"ens7", "ens12", "ens30"}


@pytest.mark.parametrize("seeds", [range(30), range(30, 60)])
def test_what_a_copied_folder_says_is_what_the_machine_says(seeds: range, tmp_path: Path) -> None:
    for seed in seeds:
        machine = draw(random.Random(seed)).machine(f"machine {seed}")
        if machine.properties:  # a folder holds none
            continue
        write_tree(machine.tree, tmp_path / str(seed))
        copied = open_source(str(tmp_path / str(seed)))
        for interface in machine.interfaces:
            for scheme in ("v239", "v255", "v261"):
                before = predict(machine, interface, SCHEMES[scheme])
                after = predict(copied, copied.interface(interface.ifname), SCHEMES[scheme])
                assert {p: c.name for p, c in after.items()} == {p: c.name for p, c in before.items()}, seed


def test_a_name_that_is_not_systemds_is_noticed() -> None:
    udevadm, known = here()
    board = Board()
    board.net(board.pci("0000:00:03.0"))
    question: Question = (known.default, "eth0")
    said = udevadm.names([(board.machine("one card"), [question])])[0][question]
    right = {"ONBOARD": None, "SLOT": None, "PATH": "enp0s3", "MAC": "enx525400000001"}
    assert mismatches(right, said, known.default) == {}
    assert mismatches({**right, "PATH": "enp0s4"}, said, known.default) == {"PATH": ("enp0s4", "enp0s3")}
    assert mismatches({**right, "SLOT": "ens3"}, said, known.default) == {"SLOT": ("ens3", "")}
    assert mismatches({**right, "MAC": None}, said, known.default) == {"MAC": ("", "enx525400000001")}


def test_a_scheme_that_udevadm_replaces_by_its_default_is_noticed() -> None:
    udevadm, known = here()
    board = Board()
    board.net(board.pci("0000:00:03.0"))
    said = udevadm.names([(board.machine("one card"), [("v246", "eth0")])])[0]["v246", "eth0"]
    ours = {"PATH": "enp0s3", "MAC": "enx525400000001"}
    assert mismatches(ours, said, "v246") == {"scheme": ("v246", known.default)}


def test_a_folder_without_systemd_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert column(Udevadm(tmp_path), first=0, machines=1, checks=1) == (0, 1)
    assert "no udevadm there" in capsys.readouterr().out


class Newer(Udevadm):
    def release(self) -> int:
        return RELEASE + 1


def test_a_systemd_that_is_newer_than_the_rules_is_passed_over_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    assert column(Newer(), first=0, machines=1, checks=1) == (0, 0)
    assert f"release {RELEASE + 1} unknown" in capsys.readouterr().out
