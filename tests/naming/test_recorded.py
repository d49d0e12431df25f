"""What a udev database says under other schemes: held against what the rules say of the same machine's sysfs."""

import inspect
import re
from pathlib import Path

import pytest

from lab.core.dataset import find
from lab.naming import SCHEMES, open_source, predict
from lab.naming.model import Interface, Machine
from lab.naming.recorded import MISSING, RECORDER
from lab.naming.schemes import POLICIES, releases
from lab.naming.schemes.flags import Scheme
from lab.naming.sources import udevdb
from lab.naming.trace import Candidate, Trace

FOLDERS = [p for p in sorted(find("naming/t04").path.parent.glob("t*")) if (p / "export-db.txt").exists()]
# A bridge's slot names the cards behind it up to v245: a udev database knows no slots, and nothing was recorded.
UNKNOWN = {("t13-bridge-in-slot", "SLOT", f"v{n}") for n in (238, 239, 240, 241, 243, 245)}


def told(machine: Machine, interface: Interface, policy: str, scheme: Scheme) -> Candidate:
    """The candidate of a udev database."""
    return predict(machine, interface, scheme)[policy]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_other_schemes_are_told_as_the_sysfs_of_the_same_machine_tells_them(folder: Path) -> None:
    database, real = open_source(str(folder / "export-db.txt")), open_source(folder.name)
    names = {i.ifname: i for i in real.interfaces}
    for interface in database.cards:
        for scheme in SCHEMES.values():
            wanted = predict(real, names[interface.ifname], scheme)
            for policy in POLICIES:
                found = told(database, interface, policy, scheme)
                assert found.certain == (scheme.name == "v252")
                right = found.name == wanted[policy].name
                assert right != ((folder.name, policy, scheme.name) in UNKNOWN), (interface.ifname, policy, scheme.name)


def database(ids: str = "8086:10D3", **properties: str) -> Machine:
    """A card in domain 1, recorded under v252 unless told otherwise."""
    values = {"SUBSYSTEM": "net", "INTERFACE": "eth0", "IFINDEX": "2", "ID_NET_NAMING_SCHEME": "v252", **properties}
    lines = ["P: /devices/pci0001:00", "", "P: /devices/pci0001:00/0001:00:03.0", "E: SUBSYSTEM=pci"]
    lines += [f"E: PCI_ID={ids}", "E: PCI_CLASS=20000", "E: DRIVER=e1000e", "E: PCI_SLOT_NAME=0001:00:03.0", ""]
    lines += ["P: /devices/pci0001:00/0001:00:03.0/net/eth0", *(f"E: {k}={v}" for k, v in values.items()), ""]
    return udevdb.parse("\n".join(lines).encode(), "db.txt")


def test_where_the_rules_differ_in_what_is_known_the_new_name_is_given_and_marked() -> None:
    machine = database(ID_NET_NAME_MAC="ibx525400000001", ID_NET_NAME_PATH="ibP1p0s3", ID_NET_NAMING_SCHEME="v240")
    (card,) = machine.interfaces
    found = told(machine, card, "PATH", SCHEMES["v239"])  # InfiniBand has names from v240 on
    assert (found.name, found.certain) == (None, False)
    assert [e.verdict for e in found.evidence if e.value == "ibP1p0s3"] == ["refused"]
    kept = told(machine, card, "MAC", SCHEMES["v240"])
    rule = "recorded by udev under v240"
    assert kept == Candidate("MAC", "ibx525400000001", rule, kept.evidence[:1])


# v240 to v257 looked at the dev_id of an InfiniBand card, and 258 leaves the domain of some cards out, whatever the
# scheme: what was recorded under a scheme that the releases on both sides know is not certain for all of them.
@pytest.mark.parametrize(
    ("ids", "properties", "certain"),
    [
        ("8086:10D3", {"ID_NET_NAME_PATH": "enP1p0s3", "ID_NET_NAME_MAC": "enx525400000001"}, True),
        ("1414:00BA", {"ID_NET_NAME_PATH": "enP1p0s3", "ID_NET_NAME_MAC": "enx525400000001"}, False),
        ("8086:10D3", {"ID_NET_NAME_PATH": "ibP1p0s3"}, False),
        ("8086:10D3", {"ID_NET_NAME_PATH": "ibP1p0s3d1"}, False),
        ("8086:10D3", {"ID_NET_NAME_PATH": "ibP1p0s3d1", "ID_NET_NAMING_SCHEME": "v258"}, True),
    ],
)
def test_a_recorded_name_is_certain_where_all_releases_that_know_the_scheme_agree(
    ids: str, properties: dict[str, str], certain: bool
) -> None:
    machine = database(ids, **properties)
    (card,) = machine.interfaces
    found = told(machine, card, "PATH", SCHEMES[machine.recorded[card.devpath].scheme or ""])
    assert found.name == properties["ID_NET_NAME_PATH"]
    assert [gap.missing for gap in found.gaps] == ([] if certain else [RECORDER])


def test_the_table_of_releases_that_changed_rules_for_all_schemes_is_what_the_rules_ask_for() -> None:
    rules = Path(inspect.getfile(releases)).parent
    asked = {int(n) for f in rules.glob("*.py") for n in re.findall(r"since\((\d+)\)", f.read_text("utf-8"))}
    traced = {int(n) for n in re.findall(r"release >= (\d+)", Path(inspect.getfile(Trace)).read_text("utf-8"))}
    assert tuple(sorted(n for n in asked | traced if n > 238)) == releases.UNTIED


def test_what_was_not_recorded_under_an_unknown_scheme_is_predicted_and_marked() -> None:
    machine = database(ID_NET_NAMING_SCHEME="rhel-9.4", ID_NET_NAME_MAC="enx525400000001", ID_NET_NAME_SLOT="enP1s7")
    (card,) = machine.interfaces
    found = told(machine, card, "PATH", SCHEMES["v252"])
    assert (found.name, found.certain) == ("enP1p0s3", False)
    assert found.gaps[0].missing == MISSING
    assert "rhel-9.4" in found.gaps[0].reason
    kept = told(machine, card, "MAC", SCHEMES["v252"])
    assert (kept.name, kept.certain) == ("enx525400000001", False)


def test_a_recorded_port_stays_part_of_the_name() -> None:
    machine = database(ID_NET_NAME_PATH="enP1p0s3f0np0", ID_NET_NAME_MAC="enx525400000001")
    (card,) = machine.interfaces
    found = told(machine, card, "PATH", SCHEMES["v257"])
    assert (found.name, found.certain) == ("enP1p0s3f0np0", False)
    assert "config" in {gap.missing.rpartition("/")[2] for gap in found.gaps}
    assert machine.tree.text(f"{card.devpath}/phys_port_name") == "p0"


def test_the_partial_tree_holds_what_the_text_says_and_nothing_else() -> None:
    machine = database(ID_NET_NAME_MAC="enx525400000001", ID_NET_DRIVER="e1000e")
    device, path = "/devices/pci0001:00/0001:00:03.0", "/devices/pci0001:00/0001:00:03.0/net/eth0"
    texts = {p: machine.tree.text(p) for p in machine.tree.files if not p.endswith("/uevent")}
    assert texts == {
        f"{path}/ifindex": "2",
        f"{path}/iflink": "2",
        f"{path}/type": "1",
        f"{path}/addr_assign_type": "0",
        f"{path}/address": "52:54:00:00:00:01",
        f"{device}/vendor": "0x8086",
        f"{device}/device": "0x10d3",
        f"{device}/class": "0x020000",
    }
    assert machine.tree.resolve("/class/net/eth0") == path
    assert machine.properties[path]["ID_NET_DRIVER"] == "e1000e"


@pytest.mark.parametrize(
    ("name", "implied"),
    [
        ("enP1p0s3", {"dev_port": "0"}),
        ("enP1p0s3f1d2", {"dev_port": "2"}),
        ("enP1p0s3v4", {"dev_port": "0"}),
        ("enP1p0s3f0np1", {"phys_port_name": "p1"}),
        ("enP1p0s3r4", {}),
        ("enP1p0s3u1u2", {}),
        ("enc1000", {}),
    ],
)
def test_a_name_by_place_implies_the_port(name: str, implied: dict[str, str]) -> None:
    machine = database(ID_NET_NAME_PATH=name)
    path = machine.interfaces[0].devpath
    attributes = {a: machine.tree.text(f"{path}/{a}") for a in ("dev_port", "phys_port_name")}
    assert {a: value for a, value in attributes.items() if value is not None} == implied


def test_an_interface_without_recorded_names_is_not_taken_for_ethernet() -> None:
    machine = database()
    (card,) = machine.interfaces
    assert f"{card.devpath}/type" not in machine.tree.files
    assert told(machine, card, "PATH", SCHEMES["v257"]).name is None
