"""What-if steps: their grammar, what they change, what they refuse."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.naming import SCHEMES, open_source, predict
from lab.naming.whatif import KINDS, Step, apply, parse_step

NEW = SCHEMES["v261"]


def slot_after(*steps: str, card: str = "52:54:00:00:00:01", recording: str = "01") -> str | None:
    machine = apply(open_source(recording), [parse_step(text) for text in steps])
    return predict(machine, machine.interface(card), NEW)["SLOT"].name


def test_an_attribute_through_the_firmware_node() -> None:
    assert slot_after() is None
    assert slot_after("set 0000:00:03.0/firmware_node/sun=3") == "ens3"
    assert slot_after("set 0000:00:03.0/firmware_node/sun=3", "unset 0000:00:03.0/firmware_node/sun") is None


def test_an_attribute_of_an_interface_and_of_a_new_slot() -> None:
    assert slot_after("set /bus/pci/slots/7/address=0000:00:03") == "ens7"
    assert slot_after("set /bus/pci/slots/7/address=0000:00:03", "set enp0s3/phys_port_name=p0") == "ens7np0"


def test_the_recording_itself_stays() -> None:
    machine = open_source("01")
    edited = apply(machine, [parse_step("set enp0s3/type=32")])
    assert (machine.edits, edited.edits) == ((), ("set enp0s3/type=32",))
    assert machine.tree.text("/class/net/enp0s3/type") == "1"
    assert edited.tree.text("/class/net/enp0s3/type") == "32"


@pytest.mark.parametrize("card", ["52:54:00:00:00:02", "0000:00:05.0", "enp0s5"])
def test_a_card_is_taken_out(card: str) -> None:
    machine = apply(open_source("01"), [parse_step(f"remove {card}")])
    assert [i.ifname for i in machine.cards] == ["enp0s3", "enp0s7"]
    assert not [p for p in machine.tree.files if "0000:00:05.0" in p]


def test_a_card_of_two_functions_loses_the_one_that_is_named() -> None:
    machine = apply(open_source("06"), [parse_step("remove ens3f1")])
    assert {i.ifname for i in machine.cards} == {"ens3f0", "enp0s6f0", "enp0s6f1"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is no step"),
        ("both", "is no step"),
        ("paint it", "is no step"),
        ("set", "is no step"),
        ("set enp0s3", "not PLACE/ATTRIBUTE=VALUE"),
        ("set enp0s3=1", "names no attribute"),
        (f"set enp0s3/x={'y' * 5000}", "not PLACE/ATTRIBUTE=VALUE"),
        ("set 0000:00:04.0/index=1", "unknown in t01-flat; cards are 0000:00:03.0"),
        ("set 0000:00:03.0/no/such=1", "has no no in"),
        ("set 0000:00:03.0/firmware_node=1", "folder or a link"),
        ("set /class=1", "folder or a link"),
        ("set enp0s3/=1", "names no attribute"),
        ("set enp0s3/..=1", "part that is empty, . or"),
        ("set enp0s3/.=1", "part that is empty, . or"),
        ("set enp0s3/../address=1", "part that is empty, . or"),
        ("set enp0s3//address=1", "part that is empty, . or"),
        ("set //class/net/enp0s3/address=1", "part that is empty, . or"),
        ("set /class/../class/x=1", "part that is empty, . or"),
        ("set /=1", "part that is empty, . or"),
        ("unset enp0s3/../address", "part that is empty, . or"),
        ("set enp0s3/type=\udcff", "no UTF-8 text"),
        ("remove \ud800", "no UTF-8 text"),
        ("set /devices/pci0000:00/0000:00:03.0/vendor/x=1", "folder or a link"),
        ("unset 0000:00:03.0/acpi_index", "no attribute of t01-flat"),
        ("remove enp9s9", "no card of t01-flat; cards are enp0s3, enp0s5, enp0s7"),
        ("remove lo", "no card"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(LabError, match=complaint):
        apply(open_source("01"), [parse_step(text)])


def test_a_udev_database_cannot_be_edited() -> None:
    from lab.core.dataset import find

    machine = open_source(str(find("naming/t01").path / "export-db.txt"))
    with pytest.raises(LabError, match="cannot be edited"):
        apply(machine, [parse_step("remove enp0s3")])


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=20)


@settings(deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.lists(WORDS, min_size=1, max_size=3).map(" ".join), st.booleans())
def test_a_step_that_is_written_is_read_back(kind: str, argument: str, both: bool) -> None:
    step = Step(kind, argument, both)
    assert parse_step(str(step)) == step


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_step_or_an_error(text: str) -> None:
    try:
        step = parse_step(text)
    except LabError:
        return
    assert parse_step(str(step)) == step


@settings(deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.text(max_size=40))
def test_any_argument_edits_the_machine_or_is_an_error(kind: str, argument: str) -> None:
    machine = open_source("t01-flat")
    try:
        edited = apply(machine, [parse_step(f"{kind} {argument}")])
    except LabError:
        return
    assert len(edited.edits) == 1
