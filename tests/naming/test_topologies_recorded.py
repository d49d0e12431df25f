"""A declared machine against the recording of the same machine, booted: the proof that needs no boot."""

import functools

import pytest

from lab.core.dataset import listed
from lab.naming import open_source
from lab.naming.model import Machine, machine_of
from lab.naming.schemes import MACHINE_WIDE, POLICIES, predict
from lab.naming.schemes.flags import SCHEMES
from lab.naming.schemes.pci import is_multifunction, modalias_subclass
from lab.naming.schemes.releases import release
from lab.naming.schemes.slot import SLOTS
from lab.naming.smbios import TABLE, onboards, parse_table
from lab.naming.topologies import ALIASES, PRESETS, machine
from lab.naming.trace import Trace
from lab.naming.tree import Tree, hardware, parent_device, subsystem, tree_of
from lab.naming.whatif.buses import bridges

BUNDLED = {d.name.removeprefix("naming/") for d in listed() if d.name.startswith("naming/")}
RECORDED = tuple(alias for alias in ALIASES if alias in BUNDLED)
ORDER_KNOWN = ("t10a-probe-e1000e-first", "t10b-probe-virtio-first")  # elsewhere drivers raced in the recording
READ = ("acpi_index", "index", "label", "ari_enabled", "class", "vendor", "device", "function_id")
NET = ("type", "address", "addr_assign_type", "dev_port", "dev_id", "phys_port_name")


@functools.cache
def both(alias: str) -> tuple[Machine, Machine]:
    return machine(PRESETS[ALIASES[alias]]), open_source(alias)


def test_every_recording_of_qemu_has_its_declaration() -> None:
    """The one that has none, t18-sun-no-slot, is another virtual machine's, of which one card was copied."""
    assert BUNDLED - set(RECORDED) == {"t18-sun-no-slot"}
    assert len(RECORDED) == 14


def functions(tree: Tree) -> dict[str, str]:
    """The folder of every PCI function by its address."""
    return {
        path.rpartition("/")[2]: path
        for path in tree.folders
        if path.startswith("/devices/pci") and subsystem(tree, path) == "pci"
    }


@pytest.mark.parametrize("alias", RECORDED)
def test_the_same_devices_sit_at_the_same_addresses(alias: str) -> None:
    declared, recorded = both(alias)
    assert functions(declared.tree) == functions(recorded.tree)
    assert set(declared.tree.entries("/bus/pci/devices")) == set(functions(recorded.tree))


@pytest.mark.parametrize("alias", RECORDED)
def test_the_same_attributes_are_read_of_every_device(alias: str) -> None:
    declared, recorded = both(alias)
    for address, folder in functions(recorded.tree).items():
        for name in READ:
            assert declared.tree.text(f"{folder}/{name}") == recorded.tree.text(f"{folder}/{name}"), (address, name)
        kinds = [modalias_subclass(m.tree.text(f"{folder}/modalias") or "") for m in (declared, recorded)]
        assert kinds[0] == kinds[1]
        several = [is_multifunction(folder, Trace(m.tree)) for m in (declared, recorded)]
        assert several[0] == several[1], address
        drivers = [m.tree.links.get(f"{folder}/driver", "") for m in (declared, recorded)]
        if drivers[0]:
            assert drivers[0] == drivers[1], address


@pytest.mark.parametrize("alias", RECORDED)
def test_the_same_bridges_lead_to_the_same_buses(alias: str) -> None:
    declared, recorded = both(alias)
    assert bridges(declared.tree) == bridges(recorded.tree)


@pytest.mark.parametrize("alias", RECORDED)
def test_the_same_slots_have_the_same_names(alias: str) -> None:
    declared, recorded = both(alias)
    found = [
        {name: m.tree.text(f"{SLOTS}/{name}/address") for name in m.tree.entries(SLOTS)} for m in (declared, recorded)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("alias", RECORDED)
def test_the_same_nodes_of_acpi_have_the_same_numbers(alias: str) -> None:
    declared, recorded = both(alias)
    found = []
    for m in (declared, recorded):
        links = {p: m.tree.resolve(p) for p in m.tree.links if p.endswith("/firmware_node") and "/pci0000" in p}
        pci = {p: node for p, node in links.items() if "QEMU" not in p and "PNP" not in p.split("/")[-2]}
        found.append({p: (node, m.tree.text(f"{node}/sun"), m.tree.text(f"{node}/adr")) for p, node in pci.items()})
    missing = {p for p in found[1] if p not in found[0]}
    assert missing == set()
    assert found[0] == found[1]


@pytest.mark.parametrize("alias", RECORDED)
def test_the_same_interfaces_have_the_same_attributes(alias: str) -> None:
    declared, recorded = both(alias)
    found = []
    for m in (declared, recorded):
        cards = {}
        for i in m.interfaces:
            values = {name: m.tree.text(f"{i.devpath}/{name}") for name in NET}
            place = None if i.bus is None else (hardware(m.tree, i.devpath), i.bus, i.bus_path)
            levels = subsystem(m.tree, parent_device(m.tree, i.devpath) or "")
            cards[i.mac] = (values, place, levels, i.driver, i.kind)
        found.append(cards)
    assert found[0] == found[1]


@pytest.mark.parametrize("alias", RECORDED)
def test_every_scheme_and_policy_gives_the_same_names(alias: str) -> None:
    declared, recorded = both(alias)
    compared = 0
    for scheme in SCHEMES.values():
        found = [
            {(i.mac, p): c.name for i in m.cards for p, c in predict(m, i, scheme).items()}
            for m in (declared, recorded)
        ]
        assert found[0] == found[1], scheme.name
        compared += len(found[0])
    assert compared == len(SCHEMES) * len(POLICIES) * len(recorded.cards)


@pytest.mark.parametrize("alias", RECORDED)
def test_conventions_that_look_at_all_cards_give_the_same_names(alias: str) -> None:
    declared, recorded = both(alias)
    for policy in ("biosdevname", "all_ethN") + (("kernel", "persistent") if alias in ORDER_KNOWN else ()):
        found = []
        for m in (declared, recorded):
            names = MACHINE_WIDE[policy](m)
            found.append({i.mac: names[i.devpath].name for i in m.cards})
        assert found[0] == found[1], policy


@pytest.mark.parametrize("alias", RECORDED)
def test_the_interfaces_are_called_as_they_were_called_there(alias: str) -> None:
    declared, recorded = both(alias)
    assert {i.mac: i.ifname for i in declared.cards} == {i.mac: i.ifname for i in recorded.cards}


def test_smbios_says_of_the_cards_what_it_said_there() -> None:
    declared, recorded = both("t03-smbios41")
    found = []
    for m in (declared, recorded):
        table = parse_table(m.tree.files[TABLE])
        entries = [(o.structure.handle, o.enabled, o.kind, o.instance, o.label, o.place) for o in onboards(table)]
        found.append((entries, table.vendor, table.product, table.damage))
    assert found[0] == found[1]


@pytest.mark.parametrize("alias", RECORDED)
@pytest.mark.parametrize("number", [252, 257, 262])
def test_every_release_that_was_asked_gave_the_names_of_the_declaration(alias: str, number: int) -> None:
    """Up to v261: systemd 257 and 262 were asked on the recorded sysfs, 252 in the guest."""
    declared, recorded = both(alias)
    macs = {i.ifname: i.mac for i in recorded.cards}
    path = next(d.path for d in listed() if d.name == f"naming/{alias}") / f"schemes-{number}.txt"
    real: dict[tuple[str, str | None], dict[str, str]] = {}
    for line in path.read_text("ascii").splitlines():
        ifname, scheme, text = line.split(" ", 2)
        key, _, value = text.partition("=")
        if key.startswith("ID_NET_NAME_"):
            real.setdefault((scheme, macs[ifname]), {})[key.removeprefix("ID_NET_NAME_")] = value
    asked = {scheme for scheme, _ in real}
    assert len(asked) >= 4
    for scheme in asked:
        for card in declared.cards:
            ours = {p: c.name for p, c in predict(declared, card, release(number).scheme(scheme)).items() if c.name}
            assert ours == real.get((scheme, card.mac), {}), (scheme, card.mac)


@pytest.mark.parametrize("name", ["sun", "sun-multifunction"])
def test_the_slots_name_and_acpis_number_say_the_same_and_each_would_do(name: str) -> None:
    """So these machines do not show that _SUN names a card: only without slots does it, and then function 0 alone."""
    whole = machine(PRESETS[name])
    files = whole.tree.files
    no_sun = {p: d for p, d in files.items() if not p.endswith("/sun")}
    no_slots = {p: d for p, d in files.items() if not p.startswith(f"{SLOTS}/")}
    assert len(no_sun) < len(files) > len(no_slots)

    def names(kept: dict[str, bytes]) -> dict[str | None, str | None]:
        tree = tree_of(kept, whole.tree.links, [f for f in whole.tree.folders if not f.startswith(f"{SLOTS}/")])
        found = machine_of("x", "a test", tree)
        return {i.mac: predict(found, i, SCHEMES["v257"])["SLOT"].name for i in found.cards}

    full, bare = names(dict(files)), names(no_slots)
    assert names(no_sun) == full
    assert all(full.values())
    first = {card.mac for card in PRESETS[name].cards if not card.function}
    assert {mac for mac, found in bare.items() if found} == first
    assert PRESETS[name].title.count("ACPI") == 1
    assert "names them" not in PRESETS[name].title
