"""The real udevadm is asked about rules that were pinned, on machines that nobody built; and what cannot be asked.

Asked is the systemd of this machine, and those in the folders that LAB_SYSTEMD_ROOTS names ("DIR:DIR").
"""

import random
import socket
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.naming import open_source
from lab.naming.pin import plan
from lab.naming.pin.confirm import confirm
from lab.naming.schemes.flags import RELEASE
from lab.naming.schemes.releases import release
from lab.naming.whatif import apply, parse_step
from tests.naming.synthetic import Board
from tests.naming.test_pin import draw
from tests.oracle.confirming import ROOTS, asked, systemd


@pytest.mark.parametrize("form", ["link", "udev"])
@pytest.mark.parametrize("root", ROOTS)
def test_pinned_names_are_those_that_udev_asks_for(root: str, form: str) -> None:
    number = systemd(root)
    scheme = release(number).scheme(release(number).default)
    pinned = 0
    for seed in range(4):
        before, after = draw(random.Random(seed))
        pin = plan(before, scheme, after=after, old=scheme, form=form)
        assert pin.proved, seed
        answer = asked(after, pin.files, scheme, root)
        assert answer.agrees, (seed, answer.headline)
        said = {s.card.devpath: s.said for s in answer.said}
        for row in pin.rows:
            if row.pinned is not None and row.now is not None:
                assert said[row.pinned.card.devpath] == row.now, (seed, row)
        pinned += len(pin.rules)
    assert pinned > 2


@pytest.mark.parametrize("root", ROOTS)
def test_an_upgrade_is_confirmed_without_and_with_the_rule(root: str) -> None:
    number = systemd(root)
    machine = apply(open_source("t01"), [parse_step("set 0000:00:03.0/firmware_node/sun=3")])
    target = release(RELEASE).scheme("v257")
    pin = plan(machine, target)
    bare, kept = asked(machine, (), target, root), asked(machine, pin.files, target, root)
    assert (bare.agrees, kept.agrees) == (True, True)
    assert bare.said[0].said == ("ens3" if number >= 257 else "enp0s3")
    assert [s.said for s in kept.said] == ["enp0s3", "enp0s5", "enp0s7"]
    assert kept.said[0].file == "/run/systemd/network/10-enp0s3.link"
    assert "asked with MACAddress=" in kept.note
    assert (f"under v{number}" in kept.note) == (number < 257)
    assert kept.headline.startswith(f"systemd {number} gives the same 3 names")


def test_cards_that_no_link_can_stand_for_are_left_out() -> None:
    number = systemd("/")
    board = Board()
    for values in ({"type": "32", "address": ":".join(["80"] * 20)}, {"ifindex": "1", "iflink": "1"}, {}):
        board.net(board.pci(f"0000:00:{board.cards + 3:02x}.0"), **values)
    board.net(board.pci("0000:00:09.0"), "a;b")
    answer = asked(board.machine("made up"), (), release(number).scheme(release(number).default))
    assert [s.card.ifname for s in answer.said] == ["eth2"]
    assert {name for name, _ in answer.left_out} == {"eth0", "eth1", "a;b"}


def test_this_machine_is_left_as_it_is() -> None:
    systemd("/")
    answer = asked(open_source("t04"), (), release(252).scheme("v252"))
    assert [s.card.ifname for s in answer.said] == ["ens11", "ens42"]
    assert not {"ens11", "ens42"} & {name for _, name in socket.if_nameindex()}
    assert "kernel-lab-" not in Path("/proc/self/mounts").read_text("utf-8")


def test_what_cannot_be_asked(tmp_path: object) -> None:
    from lab.core.dataset import find

    recorded = open_source(str(find("naming/t04").path / "export-db.txt"))
    with pytest.raises(LabError, match="holds no sysfs"):
        confirm(recorded, (), release(252).scheme("v252"))
    with pytest.raises(LabError, match="no udevadm runs there"):
        confirm(open_source("t04"), (), release(252).scheme("v252"), str(tmp_path))


def test_without_the_programs_the_door_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(LabError, match="there is no udevadm here; install"):
        confirm(open_source("t04"), (), release(252).scheme("v252"))
