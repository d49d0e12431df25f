"""What a guest sends is hostile until it is parsed: every way in which it can be wrong is one line."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.naming.schemes.releases import release
from lab.naming.sources.lacks import lacks
from lab.realkernel.naming import recorded, recorded_topologies
from lab.realkernel.naming.said import LINES, parse_names, said
from tests.realkernel.naming_boots import SCHEMES, boot_with, sent

KNOWN = release(252)


@pytest.mark.parametrize("topology", ["flat", "driver-order-2", "conventional"])
def test_what_a_guest_sends_is_what_its_recording_says(topology: str) -> None:
    found = said(boot_with(sent(recorded_topologies()[topology])), topology)
    wanted = recorded(topology).said
    assert (found.names, found.schemes, found.scheme) == (wanted.names, SCHEMES, "v252")
    assert (found.kernel, found.systemd.number, found.machine.tree) == ("6.1.0-56-amd64", 252, wanted.machine.tree)


def test_udev_s_own_properties_come_with_the_machine() -> None:
    machine = said(boot_with(sent("naming/t01-flat")), "flat").machine
    card = machine.interface("enp0s3")
    assert machine.properties[card.devpath]["ID_PATH"] == "pci-0000:00:03.0"
    assert "udev's properties" not in [lack.missing for lack in lacks(machine)]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("version.txt", b"\n", "sent no release of systemd"),
        ("version.txt", b"252", "sent no release of systemd"),
        ("version.txt", b"999\n6.1\n", "release 999 unknown"),
        ("sys.tar", b"", "no tar file"),
        ("sys.tar", b"x" * 512, "no tar file"),
        ("schemes.txt", b"", "answered for other interfaces"),
        ("schemes.txt", b"== enp0s3 v999\n", "answered for the scheme 'v999', unknown to systemd 252"),
        ("schemes.txt", b"== enp0s3 v247\nID_NET_NAMING_SCHEME=v252\n", "took 'v252' for v247: it does not know"),
        (
            "schemes.txt",
            b"== enp0s3 v252\n== enp0s5 v252\n== enp0s7 v252\n",
            "did not answer for enp0s3 under v238",
        ),
        ("schemes.txt", b"\n" * (LINES + 1), "said more than 200,000 lines"),
        ("export-db.txt", b"", "names no network interface"),
        ("export-db.txt", b"P: x\n", "names no device"),
    ],
)
def test_what_is_no_answer_is_one_line(name: str, data: bytes, words: str) -> None:
    with pytest.raises(LabError) as caught:
        said(boot_with({**sent("naming/t01-flat"), name: data}), "flat")
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["version.txt", "schemes.txt", "sys.tar", "export-db.txt"])
def test_a_file_that_did_not_come_is_named(name: str) -> None:
    files = sent("naming/t01-flat")
    del files[name]
    with pytest.raises(LabError):
        said(boot_with(files), "flat")


def test_a_name_that_no_interface_can_have_is_only_text() -> None:
    found = parse_names("== eth0 v252\nID_NET_NAME_PATH=\x1b[31m/../x\n", KNOWN)
    assert found == {("eth0", "v252"): {"PATH": "\x1b[31m/../x"}}


LINE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["== eth0 v252", "== eth1 v238", "== eth0", "ID_NET_NAME_PATH=enp0s3", "ID_NET_NAMING_SCHEME=v252"]
    ),
)


@given(st.lists(LINE, max_size=20))
def test_any_text_is_names_or_one_line(lines: list[str]) -> None:
    with contextlib.suppress(LabError):
        found = parse_names("\n".join(lines), KNOWN)
        assert all(scheme in KNOWN.schemes for _, scheme in found)
        assert all(isinstance(name, str) for names in found.values() for name in names.values())
