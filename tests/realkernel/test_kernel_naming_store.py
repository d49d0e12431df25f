"""A recording is written and read back without loss, and a damaged one is one line."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.core.snapshot import Provenance
from lab.naming.topologies import machine, preset
from lab.realkernel.naming import compared, recorded
from lab.realkernel.naming.store import decode, encode

TOLD = Provenance("a test", "a test")
LINE = encode(recorded("acpi-index").said, TOLD)


def test_a_recording_read_back_says_the_same_and_compares_the_same() -> None:
    old = recorded("acpi-index")
    again = decode(LINE.encode(), "x")
    assert (again.names, again.systemd.number, again.kernel, again.scheme) == (
        (old.said.names, 252, "6.1.0-56-amd64", "v252")
    )
    result = compared(old.topology, machine(preset("acpi-index")), again)
    assert result.cards == old.cards
    assert encode(again, TOLD) == LINE


def damaged(**changes: Any) -> bytes:
    raw = json.loads(LINE)
    raw["body"] |= changes
    raw["body"] = {key: value for key, value in raw["body"].items() if value is not None}
    return json.dumps(raw).encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "is no JSON text"),
        (b'{"kind": "naming-machine"}', "is no kernel-naming snapshot"),
        (damaged(systemd=None), "lacks systemd, kernel, scheme or machine"),
        (damaged(systemd="252"), "lacks systemd, kernel, scheme or machine"),
        (damaged(systemd=9999), "release 9999 unknown"),
        (damaged(scheme="v999"), "'v999' is unknown to systemd 252"),
        (damaged(machine={}), "is no naming-machine snapshot"),
        (damaged(names=None), "its names or .link files are no objects"),
        (damaged(names={"eth0": []}), "its names or .link files are no objects"),
        (damaged(names={"eth0": {"v252": {"PATH": 1}}}), "is no text"),
        (damaged(link_files={"/etc/x.link": []}), "is no text"),
    ],
)
def test_a_damaged_recording_is_one_line(data: bytes, words: str) -> None:
    with pytest.raises(LabError) as caught:
        decode(data, "x")
    assert words in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["systemd", "kernel", "scheme", "names", "link_files", "machine"]), JSON)
def test_any_value_in_a_recording_is_taken_or_refused_in_one_line(key: str, value: Any) -> None:
    with contextlib.suppress(LabError):
        said = decode(damaged(**{key: value}), "x")
        assert isinstance(said.kernel, str)
