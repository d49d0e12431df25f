"""A what-if step on a declaration gives the names that it gives on what is read of the same machine."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.naming.model import Machine
from lab.naming.schemes import predict
from lab.naming.schemes.flags import SCHEMES
from lab.naming.topologies import Device, Onboard, Topology, machine, preset
from lab.naming.topologies.steps import STEPS, after
from lab.naming.whatif import apply, cards, parse_step, places
from tests.naming.random_topologies import topologies

TRIED = ("v238", "v245", "v247", "v257")  # where the rules for slots and PCI changed
KINDS = ("nic", "virtio", "nic:2", "virtio:2 mac=52:54:00:00:77:01")


def names(found: Machine) -> dict[tuple[str, str, str], str | None]:
    """By scheme, MAC and policy the name of every card."""
    return {
        (scheme.name, i.mac or "", policy): c.name
        for scheme in map(SCHEMES.__getitem__, TRIED)
        for i in found.cards
        for policy, c in predict(found, i, scheme).items()
    }


@st.composite
def steps(draw: st.DrawFn, topology: Topology) -> str:
    """A step that may fit the machine."""
    before = machine(topology)
    card = st.sampled_from([c.text for c in cards(before)])
    place = st.sampled_from([p.text for p in places(before)])
    kind = draw(st.sampled_from(sorted(STEPS)))
    if kind == "add":
        return f"add {draw(st.sampled_from(KINDS))} at {draw(place)}"
    if kind == "renumber":
        return kind
    if kind == "remove":
        return f"remove {draw(card)}"
    if kind == "move":
        return f"move {draw(card)} to {draw(place)}"
    if kind == "swap":
        return f"swap {draw(card)} {draw(card)}"
    if kind == "replace":
        return f"replace {draw(card)} with 52:54:00:00:88:01"
    return f"{kind} {draw(card)} = {draw(st.sampled_from(['1', '7', 'none', '200']))}"


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_every_step_gives_the_names_that_it_gives_on_what_is_read(data: st.DataObject) -> None:
    topology = data.draw(topologies())
    text = data.draw(steps(topology))
    try:
        declared = after(topology, text)
    except LabError:
        event(f"refused: {text.split()[0]}")
        return
    read = apply(machine(topology), [parse_step(text)])
    event(f"done: {text.split()[0]}")
    assert names(machine(declared)) == names(read), text


# One step of each kind that fits its machine
DONE = {
    "add": ("card-before", "add virtio mac=52:54:00:00:00:02 at port 0000:00:04"),
    "remove": ("flat", "remove enp0s5"),
    "move": ("flat", "move enp0s5 to 0000:00:09"),
    "swap": ("flat", "swap enp0s3 enp0s5"),
    "replace": ("flat", "replace enp0s3 with 52:54:00:00:88:01"),
    "renumber": ("card-added", "renumber"),
    "index": ("acpi-slots", "index enp1s0 = 3"),
    "label": ("smbios-onboard", "label eno1 = left"),
    "slot": ("native-slots", "slot ens11 = 12"),
}


def test_the_list_of_steps_has_every_kind() -> None:
    assert set(DONE) == set(STEPS)


@pytest.mark.parametrize("kind", DONE)
def test_a_step_of_every_kind_is_done_and_not_refused(kind: str) -> None:
    name, text = DONE[kind]
    changed = after(preset(name), text)
    assert (changed != preset(name)) == (kind != "renumber")
    assert names(machine(changed)) == names(apply(machine(preset(name)), [parse_step(text)]))


def test_an_index_of_acpi_is_changed_even_where_smbios_has_one_too() -> None:
    card = Device("d1", "e1000", "", 2, mac="52:54:00:00:00:01", acpi_index=2)
    topology = Topology("a", "", "pc", "acpi", (card,), (Onboard("d1", 1, "0"),))
    text = "index 52:54:00:00:00:01 = 1"
    assert names(machine(after(topology, text))) == names(apply(machine(topology), [parse_step(text)]))


def test_slots_of_one_name_are_told_apart_anew_at_the_next_boot() -> None:
    """The one difference: behind a bridge in slot 9 device 9 is in slot 9-1; if that port's slot has no number, in 9.

    Linux names slots as it finds them (make_slot_name), so the declaration is right, and the step on sysfs keeps 9-1.
    """
    topology = after(preset("pci-bridge"), "move 52:54:00:00:00:01 to 0000:02:09")
    text = "slot 0000:01:00.0 = none"
    assert [i.ifname for i in machine(topology).cards] == ["ens4", "enp2s9"]
    declared, read = machine(after(topology, text)), apply(machine(topology), [parse_step(text)])
    key = ("v247", "52:54:00:00:00:01", "SLOT")
    assert (names(declared)[key], names(read)[key]) == ("ens9", None)
