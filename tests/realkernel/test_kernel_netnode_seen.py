"""What the guest of netnode says: parsed within bounds, whatever it is."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.realkernel.netnode import seen
from lab.realkernel.netnode.contract import judge

EVENTS = """monitor will print the received events for:
UDEV - the event which udev sends out after rule processing

UDEV  [12.9] add      /devices/pci0000:00/0000:00:03.0/netnode/netnode1 (netnode)
ACTION=add
DEVNAME=/dev/netnode/1
INTERFACE=eth0

UDEV  [13.1] change   /devices/pci0000:00/0000:00:03.0/netnode/netnode1 (netnode)
INTERFACE=a=b
INTERFACE_OLD=eth0
"""


def test_values_by_key_in_turn() -> None:
    found = seen.parse_seen("a.one\t1 lo\nb.two\tx;y z\na.many\t1\na.many\t2\n")
    assert found["a.one"] == "1 lo"
    assert found.words("b.two") == ("x", "y", "z")
    assert found.values["a.many"] == ("1", "2")


def test_a_key_that_came_twice_or_never_is_no_answer() -> None:
    found = seen.parse_seen("a.many\t1\na.many\t2\n")
    assert found["a.many"] == found["no.such"] == seen.NOTHING
    assert found.words("no.such") == ()


@pytest.mark.parametrize("text", ["words", "a.b no tab", "A.b\tx", "\tx", "a\tx", "a.b\t" + "x" * 2001])
def test_what_is_no_line_is_refused_with_its_number(text: str) -> None:
    with pytest.raises(LabError, match=r"line 2: .* is no STEP\.KEY and value"):
        seen.parse_seen(f"a.b\tfine\n{text}\n")


def test_a_terminal_cannot_be_misled() -> None:
    assert "\x1b" not in seen.parse_seen("a.b\tred \x1b[31m")["a.b"]
    assert "\x1b" not in seen.parse_events(EVENTS.replace("eth0", "\x1b[2J"))[0].said


def test_too_much_is_refused() -> None:
    for parse in (seen.parse_seen, seen.parse_events, seen.warnings):
        with pytest.raises(LabError, match="has more than"):
            parse("a.b\tc\n" * 10_001)


def test_events_and_their_properties() -> None:
    first, second = seen.parse_events(EVENTS)
    assert (first.action, first.properties["DEVNAME"], first.said) == ("add", "/dev/netnode/1", "add eth0")
    assert second.properties["INTERFACE"] == "a=b"
    assert second.said == "change eth0>a=b"


@pytest.mark.parametrize("value", ["", "1;2", "x;1 lo;1 lo;a;b;c;d;e;f", "99999999;1 lo;1 lo;a;b;c;d;e;f"])
def test_a_damaged_node_is_refused(value: str) -> None:
    with pytest.raises(LabError, match="is no node"):
        seen.parse_nodes((value,))


def test_a_node_without_hardware_has_no_parent() -> None:
    virtual = (
        "0;1 lo;1 lo;/sys/devices/virtual/netnode/netnode0/device;/sys/devices/virtual/net/lo/device;c;444;1:0;1:0"
    )
    card = "1;2 a;2 a;/sys/devices/pci0/x;/sys/devices/pci0/x;c;444;1:1;1:1"
    found = seen.parse_nodes((virtual, card))
    assert [(n.minor, n.parent, n.interface_parent) for n in found] == [(0, "", ""), (1, *["/sys/devices/pci0/x"] * 2)]


@pytest.mark.parametrize(
    "line",
    [
        "WARNING: CPU: 0 PID: 1 at net/core/dev.c:1 x+0x1/0x2",
        "BUG: unable to handle page fault for address: 0000",
        "unregister_netdevice: waiting for eth0 to become free. Usage count = 2",
        "refcount_t: underflow; use-after-free.",
        "INFO: task rmmod:1 blocked for more than 120 seconds.",
        "sysfs: cannot create duplicate filename '/class/netnode/netnode0'",
        "netnode: netnode1: its entries in sysfs stay in the old namespace (-12)",
    ],
)
def test_the_kernels_warnings_are_found(line: str) -> None:
    calm = "[    1.0] netnode: loading out-of-tree module taints kernel."
    assert seen.warnings(f"{calm}\n[    2.0] {line}\n") == (f"[    2.0] {line}",)


@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=400))
def test_any_text_is_judged_or_refused(said: str, events: str, dmesg: str) -> None:
    with contextlib.suppress(LabError):
        rows = judge(seen.parse_seen(said), seen.parse_events(events), dmesg)
        assert not all(row.ok for row in rows)


KEYS = st.sampled_from(["appear.node", "udev.after", "rename.first", "poll.woken", "namespace.info", "remove.watch"])
VALUES = st.text(alphabet="0123;/ =>lotsn.", max_size=60)


@given(st.lists(st.tuples(KEYS, VALUES), max_size=12))
def test_any_lines_are_judged_or_refused(lines: list[tuple[str, str]]) -> None:
    with contextlib.suppress(LabError):
        judge(seen.parse_seen("".join(f"{key}\t{value}\n" for key, value in lines)), (), "")
