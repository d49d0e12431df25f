"""Cards added, moved, swapped, given other attributes: what each step does, and what it refuses."""

import functools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.naming import SCHEMES, Machine, open_source, predict
from lab.naming.whatif import Applied, applied, apply, cards, parse_step, places
from lab.naming.whatif.parts import CARDS, TITLES
from tests.naming.random_machines import draw
from tests.naming.test_udevadm_here import here
from tests.oracle.udevadm import mismatches

ONE, TWO = "52:54:00:00:00:01", "52:54:00:00:00:02"
NEW = "02:00:00:00:00:01"


def do(recording: str, *steps: str) -> Applied:
    return applied(open_source(recording), [parse_step(text) for text in steps])


def name(recording: str, *steps: str, card: str = ONE, policy: str = "SLOT", scheme: str = "v261") -> str | None:
    machine = do(recording, *steps).machine
    return predict(machine, machine.interface(card), SCHEMES[scheme])[policy].name


def test_a_card_on_the_root_bus_renumbers_nothing() -> None:
    found = do("09a", "add nic at 0000:00:07")
    assert [(i.ifname, i.bus_path, i.mac, i.driver) for i in found.machine.cards] == [
        ("enp1s0", "0000:01:00.0", ONE, "e1000e"),
        ("eth0", "0000:00:07.0", NEW, "e1000e"),
    ]
    assert not any("depth-first" in note for note in found.notes)


def test_a_card_of_two_functions_says_so_in_its_header() -> None:
    machine = do("17", "add nic:2 mac=52:54:00:00:00:09 at slot 5").machine
    found = {c.mac: predict(machine, c, SCHEMES["v261"])["SLOT"].name for c in machine.cards}
    assert found["52:54:00:00:00:09"] == "ens5f0"
    assert found["52:54:00:00:00:0a"] == "ens5f1"


def test_two_ports_on_one_function_are_told_apart_by_dev_port() -> None:
    machine = do("01", "add dual at 0000:00:09").machine
    names = [predict(machine, c, SCHEMES["v261"])["PATH"].name for c in machine.cards if c.bus_path == "0000:00:09.0"]
    assert names == ["enp0s9", "enp0s9d1"]


def test_a_graphics_card_with_a_switch_takes_three_buses_before_the_network_card() -> None:
    assert name("09a", "add gpu at port 0000:00:02", policy="PATH") == "enp2s0"
    assert name("09a", "add gpu-switch at port 0000:00:02", policy="PATH") == "enp4s0"
    assert name("09a", "add gpu-switch at port 0000:00:07", policy="PATH") == "enp1s0"
    assert name("09a", "add quad at port 0000:00:02", card="02:00:00:00:00:04", policy="PATH") == "enp4s0f1"


def test_what_the_firmware_says_of_the_place_counts_for_the_card_put_there() -> None:
    machine = do("17", "add nic at 0000:00:05").machine
    node = machine.tree.resolve("/devices/pci0000:00/0000:00:05.0/firmware_node")
    assert node is not None
    assert machine.tree.text(f"{node}/adr") == "0x00050000"
    because = predict(machine, machine.interface(NEW), SCHEMES["v261"])["SLOT"]
    assert (because.name, because.because) == ("ens5", "`firmware_node/sun` = 5")
    assert because.certain


def test_a_place_of_which_the_firmwares_node_was_not_copied_gives_an_uncertain_slot() -> None:
    machine = open_source("17")
    link = "/devices/pci0000:00/firmware_node"
    steps = [parse_step(f"unset {p}") for p in machine.tree.files if "LNXSYSTM" in p and p.endswith("/adr")]
    assert link in machine.tree.links
    edited = apply(machine, [*steps, parse_step("add nic at 0000:00:0a")])
    found = predict(edited, edited.interface(NEW), SCHEMES["v261"])["SLOT"]
    assert not found.certain


def test_a_new_root_port_may_have_a_number_where_others_have() -> None:
    assert [d.policies for d in do("04", "add nic at port 0000:00:07").doubts] == [("SLOT", "biosdevname")]
    assert do("09a", "add nic at port 0000:00:07").doubts == ()
    doubts = do("04", "add nic at port 0000:00:03", "add nvme at port 0000:00:02").doubts
    assert doubts[0].folder == "/devices/pci0000:00/0000:00:03.0"
    assert do("04", "add nic at port 0000:00:03", f"slot {NEW} = 7").doubts == ()
    assert name("04", "add nic at port 0000:00:03", f"slot {NEW} = 7", card=NEW) == "ens7"


def test_a_moved_card_takes_its_mac_along_and_leaves_slot_and_index_behind() -> None:
    assert name("04", f"move {ONE} to 0000:00:03", policy="PATH") == "enp0s3"
    assert name("04", f"move {ONE} to 0000:00:03") is None
    assert name("02", policy="ONBOARD", card="eno7") == "eno7"
    assert name("02", "move eno7 to 0000:00:0a", policy="ONBOARD", card="eno7") is None
    assert name("17", f"move {ONE} to slot 5") == "ens5"
    assert name("04", f"move {ONE} to port 0000:00:07", policy="PATH") == "enp3s0"
    assert name("04", f"move {ONE} to port 0000:00:07", card=TWO) == "ens42"


def test_a_card_moves_with_all_its_functions() -> None:
    machine = do("06", f"move {TWO} to port 0000:00:02").machine
    assert {i.mac: i.bus_path for i in machine.cards}[ONE] == "0000:01:00.0"
    assert machine.tree.resolve("/bus/pci/devices/0000:01:00.1") == "/devices/pci0000:00/0000:00:02.0/0000:01:00.1"
    assert [i.ifname for i in machine.cards] == ["ens3f0", "ens3f1", "enp0s6f0", "enp0s6f1"]


def test_a_bridge_moves_with_what_is_behind_it() -> None:
    machine = do("13", "move 0000:01:00.0 to 0000:00:07").machine
    assert {i.mac: i.bus_path for i in machine.cards} == {ONE: "0000:03:03.0", TWO: "0000:03:04.0"}
    assert machine.tree.text("/bus/pci/slots/3/address") == "0000:02:03"


def test_a_card_moved_away_and_back_has_every_name_again() -> None:
    machine = do("17", f"move {ONE} to slot 5", f"move {ONE} to slot 3").machine
    for scheme in SCHEMES.values():
        one, two = (predict(m, m.interface(ONE), scheme) for m in (machine, open_source("17")))
        assert {p: (c.name, c.certain) for p, c in one.items()} == {p: (c.name, c.certain) for p, c in two.items()}


def test_cards_change_places_and_are_replaced() -> None:
    assert name("04", "swap ens11 ens42", card=TWO) == "ens11"
    assert do("04", "swap ens11 ens42").notes[0].startswith("the two cards have different drivers")
    assert do("01", "swap enp0s3 enp0s5").notes == ()
    assert name("04", "replace ens11 with 52:54:00:00:00:AA", card="52:54:00:00:00:aa") == "ens11"


def test_firmware_and_kernel_say_something_else() -> None:
    assert name("01", "index enp0s3 = 4", policy="ONBOARD") == "eno4"
    assert name("03", f"index {ONE} = 4", policy="ONBOARD") == "eno4"
    assert name("03", f"index {ONE} = none", policy="ONBOARD") is None
    assert name("01", "sun enp0s3 = 3") == "ens3"
    assert name("01", "sun enp0s3 = 3", "sun enp0s3 = none") is None
    assert name("04", "slot ens11 = 12") == "ens12"
    assert name("04", "slot ens11 = none") is None
    assert name("04", "slot ens11 = 0") is None
    assert name("04", "port ens11 = p0") == "ens11np0"
    assert name("04", "devport ens11 = 1") == "ens11d1"
    assert name("04", "devport ens11 = 1", "devport ens11 = 0") == "ens11"
    labelled = do("01", "label enp0s3 = Onboard LAN 1").machine.tree
    assert labelled.text("/devices/pci0000:00/0000:00:03.0/label") == "Onboard LAN 1"
    assert open_source("01").tree == apply(open_source("01"), [parse_step("label enp0s3 = none")]).tree


def test_virtual_functions_are_named_after_their_card() -> None:
    found = do("04", "vfs ens11 = 3")
    names = [predict(found.machine, i, SCHEMES["v261"])["SLOT"].name for i in found.machine.cards]
    assert names == ["ens11", "ens11v0", "ens11v1", "ens11v2", "ens42"]
    mac = predict(found.machine, found.machine.interface("eth0"), SCHEMES["v261"])["MAC"]
    assert not mac.certain
    assert len(found.notes) == 2
    fewer = do("04", "vfs ens11 = 3", "vfs ens11 = 1").machine
    assert [i.ifname for i in fewer.cards] == ["ens11", "eth0", "ens42"]
    none = do("04", "vfs ens11 = 3", "vfs ens11 = 0").machine.tree
    assert (none.files, none.links) == (open_source("04").tree.files, open_source("04").tree.links)


def test_virtual_functions_go_with_their_card() -> None:
    found = do("04", "vfs ens11 = 2", "remove ens11").machine
    assert [i.ifname for i in found.cards] == ["ens42"]
    one_less = do("04", "vfs ens11 = 2", "remove eth0").machine
    assert [e for e in one_less.tree.entries("/devices/pci0000:00/0000:00:04.0/0000:01:00.0") if "virtfn" in e] == [
        "virtfn1"
    ]
    assert name("04", "vfs ens42 = 1", card=NEW) == "ens42v0"  # past the virtio level of a virtual function


def test_virtual_functions_lie_where_the_card_says() -> None:
    card = "0000:01:00.0"
    told = [f"set {card}/sriov_{k}={v}" for k, v in (("totalvfs", 7), ("offset", 128), ("stride", 2))]
    found = do("04", *told, "vfs ens11 = 3")
    assert [i.bus_path for i in found.machine.cards][1:4] == ["0000:01:10.0", "0000:01:10.2", "0000:01:10.4"]
    assert found.notes == ()
    with pytest.raises(LabError, match="at most 7 virtual functions"):
        do("04", *told, "vfs ens11 = 8")


def test_a_disk_in_another_machine_meets_other_cards() -> None:
    machine = do("04", "clone t05").machine
    assert (machine.name, machine.edits) == ("t05-slots-acpihp", ("clone t05",))
    assert {i.mac for i in machine.cards}.isdisjoint({ONE, TWO})
    assert do("04", "clone t05").cloned


@pytest.mark.parametrize("word", CARDS)
def test_every_kind_of_card_can_be_put_behind_a_port(word: str) -> None:
    machine = do("09a", f"add {word} at port 0000:00:02").machine
    bus = {"quad": "05", "gpu-switch": "04"}.get(word, "02")  # after the port's own bus and those of the switch
    assert machine.interface(ONE).bus_path == f"0000:{bus}:00.0"
    assert word in TITLES


STEPS_FOR_UDEV = [
    ("09a", "add virtio at port 0000:00:04"),
    ("17", "add nic:2 at slot 5"),
    ("04", "vfs ens11 = 2"),
    ("04", "add quad at port 0000:00:03", "slot ens11 = 12", "port ens42 = p0"),
    ("11", f"move {ONE} to 0000:00:07", "add dual at 0000:01:00.0"),
    ("13", "add gpu-switch at port 0000:00:02", "index 0000:06:03.0 = 4", "sun 0000:06:04.0 = 8"),
]


def test_the_systemd_of_this_machine_names_edited_machines_alike() -> None:
    udevadm, known = here()
    machines = [do(*steps).machine for steps in STEPS_FOR_UDEV]
    asked = [[(scheme, i.ifname) for scheme in (known.default, "v247") for i in m.cards] for m in machines]
    checks = 0
    for machine, said in zip(machines, udevadm.names(list(zip(machines, asked, strict=True))), strict=True):
        for (scheme, ifname), answer in said.items():
            found = predict(machine, machine.interface(ifname), known.schemes[scheme])
            certain = {policy: c.name for policy, c in found.items() if c.certain}
            heard = {k: v for k, v in answer.items() if not k.endswith("MAC") or "MAC" in certain}
            assert mismatches(certain, heard, scheme) == {}, (machine.edits, ifname)
            checks += 1
    assert checks > 40


@pytest.mark.parametrize("recording", ["04", "06", "09a", "11", "17"])
def test_every_place_takes_a_card_and_gives_it_back(recording: str) -> None:
    machine = open_source(recording)
    found = places(machine)
    for place in [p for n, p in enumerate(found) if n % 5 == 0 or p.kind == "bridge"][:10]:
        edited = apply(machine, [parse_step(f"add virtio at {place.text}")])
        assert edited.interface(NEW).driver == "virtio_net"
        steps = [parse_step(f"remove {NEW}")]
        if place.kind == "port":
            steps.append(parse_step(f"remove {place.text.removeprefix('port ')}.0"))
        back = apply(edited, steps).tree
        assert (back.files, back.links) == (machine.tree.files, machine.tree.links)


def test_the_places_of_a_machine_with_slots() -> None:
    found = {p.text: p for p in places(open_source("17"))}
    assert found["slot 5"].label == "slot 5, empty (0000:00:05)"
    assert "slot 3" not in found
    assert "0000:00:05" not in found
    empty = do("04", f"remove {ONE}").machine
    assert [p.text for p in places(empty) if p.kind in ("slot", "bridge")] == ["slot 11"]
    empty = do("09a", "slot enp1s0 = none", f"remove {ONE}").machine
    assert [p.text for p in places(empty) if p.kind in ("slot", "bridge")] == ["0000:00:05.0"]


def test_the_cards_of_a_machine_can_be_moved_and_removed_by_their_words() -> None:
    machine = do("04", "vfs ens11 = 1").machine
    assert [(c.text, c.movable) for c in cards(machine)] == [(ONE, True), (NEW, False), (TWO, True)]
    assert cards(machine)[0].label == "ens11, e1000e at 0000:01:00.0"


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ("add", "is no step"),
        ("add nic", "cannot be read; write add nic at"),
        ("add paint at slot 11", "kinds are nic"),
        ("add nic:9 at 0000:00:07", "kinds are nic"),
        ("add nvme:2 at 0000:00:07", "takes no number of functions"),
        ("add nic mac=1 at 0000:00:07", "is no MAC"),
        (f"add nic mac={ONE} at 0000:00:07", "belongs to ens11"),
        ("add nic driver=../x at 0000:00:07", "is no option of a card"),
        ("add nic at moon", "is no place"),
        ("add nic at slot 11", "is taken"),
        ("add nic at slot 12", "no slot '12'; slots are 11, 42"),
        ("add nic at 0000:00:04.0", "nothing is free behind 0000:00:04.0"),
        ("add nic at 0000:00:1f.3", "is taken"),
        ("add nic at 0000:00:1f", "is taken"),
        ("add nic at port 0000:00:04", "is taken"),
        ("add nic at 0000:01:05", "behind a port that has device 0 only"),
        ("add nic at 0000:07:00", "no PCI bus 0000:07; buses are 0000:00, 0000:01, 0000:02"),
        ("add nic at 0000:00:07.3", "looked for only if function 0"),
        ("add nic:8 at 0000:00:1f.4", "no room for 8 functions"),
        ("add nic at 0000:00:20", "is no place"),
        ("move ens11", "cannot be read"),
        ("move ens12 to 0000:00:07", "no card of t04-slots-pciehp; cards are ens11, ens42"),
        ("move ens11 to slot 11", "is taken"),
        ("move 0000:00:04.0 to 0000:01:00", "is taken"),
        ("swap ens11", "is not two cards"),
        ("swap ens11 ens11", "is not two cards with a MAC each"),
        (f"replace ens11 with {TWO}", "belongs to ens42"),
        ("renumber now", "is too much"),
        ("shift 0000:00 by 1", "no bus behind a bridge"),
        ("shift 0000:01 by 0", "no number from 1 to 254"),
        ("shift 0000:01 by -1", "no number from 1 to 254"),
        ("index ens11 = x", "no number from 0 to 4294967295"),
        ("index ens11 = 99999999999", "no number"),
        ("index ens11", "write index enp1s0 = 3"),
        ("slot ens11 = 42", "slot 42 of t04-slots-pciehp is at 0000:02:00"),
        ("slot ens11 = a/b", "is no slot"),
        ("sun ens11 = -1", "no number"),
        (f"label ens11 = {'x' * 200}", "is no label"),
        ("port ens11 = a b", "no name of a port"),
        (f"port ens11 = {'p' * 16}", "no name of a port"),
        ("devport ens11 = p", "no number"),
        ("vfs ens11 = 257", "no number from 0 to 256"),
        ("vfs ens11 = 256", "only 255 addresses are free"),
        ("clone no-such-machine", "no file and no recording"),
    ],
)
def test_what_does_not_fit_is_refused(step: str, complaint: str) -> None:
    with pytest.raises(LabError, match=complaint) as caught:
        do("04", step)
    assert "\n" not in str(caught.value)


def test_what_a_card_cannot_do_is_refused() -> None:
    with pytest.raises(LabError, match="is a virtual function"):
        do("04", "vfs ens11 = 1", "move eth0 to 0000:00:07")
    with pytest.raises(LabError, match="write vfs ens11 = 0 before"):
        do("04", "vfs ens11 = 1", "move ens11 to 0000:00:07")
    with pytest.raises(LabError, match="is on the card itself"):
        do("11", "move 0000:01:00.0 to slot 5")
    with pytest.raises(LabError, match="fits several interfaces"):
        do("01", "add dual at 0000:00:09", "port 0000:00:09.0 = p0")
    with pytest.raises(LabError, match="no room for 2 functions"):
        do("06", "move ens3f0 to 0000:00:1f.4")


WORDS = ["ens11", "ens42", ONE, TWO, "eth0", NEW, "0000:01:00.0", "0000:02:00.0", "0000:00:04.0"]
SPOTS = ["slot 11", "slot 42", "slot 7", "0000:00:07", "port 0000:00:03", "port 0000:00:09", "0000:00:05.0"]
card, spot = st.sampled_from(WORDS), st.sampled_from(SPOTS)
small = st.integers(0, 9)
any_step = st.one_of(
    st.builds("add {} at {}".format, st.sampled_from([*CARDS, "nic:2", "igb:4"]), spot),
    st.builds("move {} to {}".format, card, spot),
    st.builds("remove {}".format, card),
    st.builds("swap {} {}".format, card, card),
    st.builds("{} {} = {}".format, st.sampled_from(["index", "sun", "slot", "vfs", "devport", "label"]), card, small),
    st.builds("{} {} = none".format, st.sampled_from(["index", "sun", "slot", "port", "vfs"]), card),
    st.builds("shift 0000:0{} by {}".format, small, small),
    st.just("renumber"),
)


@functools.cache
def start() -> Machine:
    return open_source("04")


@settings(deadline=None, max_examples=50)
@given(st.lists(any_step, min_size=1, max_size=6))
def test_any_steps_give_a_whole_tree(steps: list[str]) -> None:
    machine = start()
    dangling = sum(1 for p in machine.tree.links if machine.tree.resolve(p) is None)
    for text in steps:
        try:
            machine = apply(machine, [parse_step(text)])
        except LabError:
            continue
        tree = machine.tree
        assert sum(1 for p in tree.links if tree.resolve(p) is None) <= dangling
        for folder in tree.folders:
            above, _, entry = folder.rpartition("/")
            assert folder == "/" or entry in tree.folders[above or "/"]
        assert (
            len({i.ifname for i in machine.interfaces})
            == len(machine.interfaces)
            == len({i.mac for i in machine.interfaces})
        )
        for interface in machine.cards:
            assert interface.bus == "pci"
            assert tree.text(f"{interface.devpath}/device/uevent") is not None
        functions = [
            f
            for f in tree.folders
            if f.startswith("/devices/") and tree.links.get(f"{f}/subsystem", "").endswith("bus/pci")
        ]
        assert len({f.rpartition("/")[2] for f in functions}) == len(functions)
        assert {tree.resolve(f"/bus/pci/devices/{e}") for e in tree.entries("/bus/pci/devices")} == set(functions)
        assert all(f"PCI_SLOT_NAME={f.rpartition('/')[2]}\n" in (tree.files[f"{f}/uevent"]).decode() for f in functions)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6))
def test_any_machine_takes_any_step_or_refuses_it_in_one_line(seed: int) -> None:
    dice = random.Random(seed)
    machine = draw(dice).machine("a machine")
    spots = [p.text for p in places(machine)] or ["slot 1"]
    words = [i.ifname for i in machine.interfaces]
    words += [f.rpartition("/")[2] for f in machine.tree.folders if f.startswith("/devices")]
    for _ in range(4):
        word, place, path = dice.choice(words), dice.choice(spots), dice.choice(list(machine.tree.files))
        kinds = (
            f"add {dice.choice(list(CARDS))} at {place}",
            f"move {word} to {place}",
            f"remove {word}",
            f"vfs {word} = {dice.randrange(5)}",
            f"slot {word} = {dice.randrange(9)}",
            f"sun {word} = 3",
            f"set {path}=0000:00:05",
            f"unset {path}",
            f"shift 0000:0{dice.randrange(5)} by 2",
            "renumber",
        )
        try:
            machine = apply(machine, [parse_step(dice.choice(kinds))])
        except LabError:
            continue
        assert len(cards(machine)) == len(machine.cards)
        assert len({p.text for p in places(machine)}) == len(places(machine))
