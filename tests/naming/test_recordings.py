"""The proof: on every recorded machine, every scheme of systemd 252, 257 and 262 comes out exactly."""

import contextlib
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lab.core.dataset import find, listed
from lab.naming import SCHEMES, Machine, open_source, predict
from lab.naming.schemes import POLICIES
from lab.naming.trace import Refused, Trace

RECORDINGS = [d for d in listed() if d.name.startswith("naming/")]
NAMES = [d.name.removeprefix("naming/") for d in RECORDINGS]
DATABASES = [d.name.removeprefix("naming/") for d in RECORDINGS if "export-db.txt" in dict(d.sha256)]
PROPERTY = "ID_NET_NAME_"


def recorded(folder: Path, release: str) -> Mapping[tuple[str, str], Mapping[str, str]]:
    """What udevadm of that release said: names by policy, by interface and scheme."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for line in (folder / f"schemes-{release}.txt").read_text("ascii").splitlines():
        ifname, scheme, text = line.split(" ", 2)
        key, _, value = text.partition("=")
        if key.startswith(PROPERTY):
            found.setdefault((ifname, scheme), {})[key.removeprefix(PROPERTY)] = value
    return found


def test_fifteen_machines_are_bundled_and_undamaged() -> None:
    assert len(RECORDINGS) == 15
    for data in RECORDINGS:
        data.verify()
        assert {name for name, _ in data.sha256} == {p.name for p in data.path.iterdir()}


@pytest.mark.parametrize("release", ["252", "257", "262"])
@pytest.mark.parametrize("name", NAMES)
def test_every_scheme_as_the_real_systemd_says(name: str, release: str) -> None:
    machine = open_source(name)
    wanted = recorded(find(f"naming/{name}").path, release)
    schemes = {scheme for _, scheme in wanted}
    assert {ifname for ifname, _ in wanted} == {card.ifname for card in machine.cards}
    assert len(schemes) == {"252": 11, "257": 4, "262": 19}[release]
    for (ifname, scheme), names in wanted.items():
        offered = predict(machine, machine.interface(ifname), SCHEMES[scheme])
        assert {p: c.name for p, c in offered.items() if c.name} == names, (ifname, scheme)
        assert all(c.certain for c in offered.values()), (ifname, scheme)


def test_the_recordings_hold_1156_answers() -> None:
    assert sum(len(recorded(d.path, r)) for d in RECORDINGS for r in ("252", "257", "262")) == 1156


def test_the_upgrade_renames_the_machine_that_has_a_sun_and_no_slot() -> None:
    machine = open_source("t18-sun-no-slot")
    card = machine.interface("eth0")
    before, after = (predict(machine, card, SCHEMES[name])["SLOT"] for name in ("v255", "v257"))
    assert (before.name, after.name, before.certain, after.certain) == (None, "ens3", True, True)


@pytest.mark.parametrize("name", NAMES)
def test_everything_read_is_in_the_provenance(name: str) -> None:
    machine = open_source(name)
    for card in machine.cards:
        for scheme in SCHEMES.values():
            for rule in POLICIES.values():
                trace = Trace(machine.tree)
                with contextlib.suppress(Refused):
                    rule(card.devpath, trace, scheme)
                silent = set(trace.seen) - {item.path for item in trace.evidence} - {f"{card.devpath}/ifindex"}
                assert not silent, "read, and not said"


@pytest.mark.parametrize("name", ["t06-multifunction", "t13-bridge-in-slot", "t02-acpi-index", "t17-i440fx-sun"])
def test_an_unpacked_copy_gives_the_same_answers_and_the_same_provenance(name: str, tmp_path: Path) -> None:
    with tarfile.open(find(f"naming/{name}").path / "sys.tar.gz") as archive:
        safe: dict[str, Any] = {"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}  # since 3.11.4
        archive.extractall(tmp_path, **safe)
    packed, unpacked = open_source(name), open_source(str(tmp_path))
    assert unpacked.interfaces == packed.interfaces
    for card in packed.cards:
        for scheme in ("v238", "v251", "v261"):
            assert predict(unpacked, card, SCHEMES[scheme]) == predict(packed, card, SCHEMES[scheme])


def test_all_but_one_come_with_a_udev_database() -> None:
    assert set(NAMES) - set(DATABASES) == {"t18-sun-no-slot"}


@pytest.mark.parametrize("name", DATABASES)
def test_the_udev_database_says_what_v252_says(name: str) -> None:
    folder = find(f"naming/{name}").path
    machine = open_source(str(folder / "export-db.txt"))
    sysfs = open_source(name)
    for card in sysfs.cards:
        seen = machine.interface(card.ifname)
        names = machine.recorded[seen.devpath].names
        assert names == recorded(folder, "252")[card.ifname, "v252"]
        assert machine.recorded[seen.devpath].scheme == "v252"
        assert (seen.devpath, seen.ifindex, seen.mac, seen.driver, seen.kind, seen.bus, seen.bus_path) == (
            (card.devpath, card.ifindex, card.mac, card.driver, card.kind, card.bus, card.bus_path)
        )


def test_what_ip_link_said_is_what_the_tree_says() -> None:
    for name in NAMES:
        machine: Machine = open_source(name)
        said = {}
        for line in (find(f"naming/{name}").path / "ip-link.txt").read_text("ascii").splitlines():
            index, ifname, rest = line.split(": ", 2)
            said[ifname] = (int(index), rest.partition("link/")[2].split()[1])
        assert {i.ifname: (i.ifindex, i.mac) for i in machine.interfaces} == said
