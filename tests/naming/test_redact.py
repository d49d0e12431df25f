"""A redacted machine: no address of its own anywhere, the same names by place, and cards that are still told apart."""

import dataclasses
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import cli
from lab.core.dataset import find
from lab.naming import SCHEMES, open_source, predict
from lab.naming.model import Interface, Machine, Recorded, machine_of
from lab.naming.sources import snapshot
from lab.naming.sources.redact import Redaction, redact
from tests.naming.synthetic import Board

EXPORT = str(find("naming/t09a").path / "export-db.txt")
PLACES = ("ONBOARD", "SLOT", "PATH")


def digits(text: str) -> str:
    """`text` without what may stand between the digits of an address."""
    return re.sub(r"[:_.\-]", "", text.lower())


def spellings(mac: bytes) -> tuple[str, ...]:
    plain = mac.hex()
    return (
        *(mac.hex(separator) for separator in (":", "-", "_", ".")),
        plain,
        ".".join(plain[i : i + 4] for i in (0, 4, 8)),
        plain.upper(),
        mac.hex(":").upper(),
        f"enx{plain}",
        f"by-mac-{mac.hex('_')}",
        f"card-{mac.hex(':')}/x",
    )


def machine_with(macs: list[bytes], spelled: int) -> Machine:
    """A card for each address, which also stands in its name, its altnames, a label, properties and recorded names."""
    board = Board()
    for number, mac in enumerate(macs):
        name = (f"enx{mac.hex()}", f"eth{number}")[number % 2]
        device = board.pci(f"0000:{number + 1:02x}:00.0", attributes={"acpi_index": str(number + 1)})
        path = board.net(device, name, address=mac.hex(":"))
        board.files[f"{device}/label"] = f"NIC {spellings(mac)[spelled]}\n".encode()
        board.files[f"{path}/uevent"] = f"INTERFACE={name}\nIFINDEX={number + 2}\n".encode()
        board.slot(str(number + 7), f"0000:{number + 1:02x}:00")
    machine = machine_of("web1.example.org", "netlink and sysfs", board.tree())
    return dataclasses.replace(
        machine,
        interfaces=tuple(
            dataclasses.replace(i, altnames=(f"by-mac-{(i.mac or '').replace(':', '_')}", "web1-uplink"))
            for i in machine.interfaces
        ),
        properties={
            i.devpath: {
                "ID_NET_NAME_MAC": f"enx{digits(i.mac or '')}",
                "ID_SERIAL": digits(i.mac or "").upper(),
                "ID_SERIAL_SHORT": f"SN00{i.ifindex}X",
                "ID_MODEL": f"card_SN00{i.ifindex}X_of_{spellings(macs[0])[spelled]}",
            }
            for i in machine.interfaces
        },
        edits=(f"card={spellings(macs[0])[spelled]} path=1",),
    )


# the first byte is drawn apart so that no address is one of a few bits, which numbers of PCI would hold by chance
MACS = st.lists(
    st.builds(lambda first, rest: bytes([first]) + rest, st.integers(1, 254), st.binary(min_size=5, max_size=5)).filter(
        lambda mac: len(set(mac)) > 3
    ),
    min_size=1,
    max_size=4,
    unique=True,
)


@settings(max_examples=80, deadline=None)
@given(MACS, st.integers(0, 10), st.binary(min_size=1, max_size=8))
def test_no_address_is_left_and_the_names_by_place_stay(macs: list[bytes], spelled: int, key: bytes) -> None:
    machine = machine_with(macs, spelled)
    hidden = redact(machine, key)
    text = digits(snapshot.encode(hidden))
    assert not [mac for mac in macs if mac.hex() in text]
    assert not re.search(r"sn00\d", text)
    assert "web1" not in text
    assert snapshot.decode(snapshot.encode(hidden), "x") == hidden
    before, after = by_bus(machine), by_bus(hidden)
    assert before.keys() == after.keys()
    for path, old in before.items():
        new = after[path]
        for under in (SCHEMES["v238"], SCHEMES["v261"]):
            told, found = predict(machine, old, under), predict(hidden, new, under)
            assert {p: found[p].name for p in PLACES} == {p: told[p].name for p in PLACES}
            assert all(told[p].name for p in PLACES)
            assert found["MAC"].name == f"enx{digits(new.mac or '')}"
        assert old.mac != new.mac
        assert hidden.properties[new.devpath]["ID_NET_NAME_MAC"] == f"enx{digits(new.mac or '')}"
        assert new.altnames[0] == f"by-mac-{(new.mac or '').replace(':', '_')}"
        assert new.ifname == (f"enx{digits(new.mac or '')}" if old.ifname.startswith("enx") else old.ifname)
    assert len({i.mac for i in hidden.interfaces}) == len(macs)


def by_bus(machine: Machine) -> dict[str | None, Interface]:
    return {i.bus_path: i for i in machine.interfaces}


@given(st.binary(min_size=6, max_size=6), st.binary(min_size=1, max_size=8))
def test_an_address_stays_one_of_its_kind(mac: bytes, key: bytes) -> None:
    new = Redaction(key).address(mac)
    assert len(new) == 6
    assert new[0] & 0x03 == mac[0] & 0x03
    assert Redaction(key).address(mac) == new
    nobody = mac in (bytes(6), b"\xff" * 6)
    assert (new == mac) == nobody


def test_one_key_gives_one_replacement_in_every_machine_and_another_key_another() -> None:
    mac = bytes.fromhex("525400a1b2c3")
    one, other = machine_with([mac, bytes.fromhex("525400a1b2c4")], 0), machine_with([mac], 4)
    found = [
        next(i.mac for i in redact(m, key).interfaces if i.bus_path == "0000:01:00.0")
        for m, key in ((one, b"k"), (other, b"k"), (one, b"l"))
    ]
    assert found[0] == found[1] != found[2]
    assert redact(one, b"k").name == redact(other, b"k").name != redact(one, b"l").name


def test_of_an_infiniband_address_the_guid_is_replaced() -> None:
    address = bytes.fromhex("80000208fe80000000000000e41d2d0300a1b2c3")
    board = Board()
    board.net(board.pci("0000:01:00.0"), type="32", address=address.hex(":"))
    board.files["/devices/pci0000:00/0000:01:00.0/label"] = b"guid e4:1d:2d:03:00:a1:b2:c3\n"
    machine = machine_of("x", "sysfs folder", board.tree())
    hidden = redact(machine, b"k")
    new = bytes.fromhex((hidden.interfaces[0].mac or "").replace(":", ""))
    assert (len(new), new[:12]) == (20, address[:12])
    assert new[12:] != address[12:]
    assert hidden.tree.text("/devices/pci0000:00/0000:01:00.0/label") == f"guid {new[12:].hex(':')}"


def test_nobodys_address_and_numbers_of_pci_stay() -> None:
    board = Board()
    device = board.pci("0000:01:00.0")
    path = board.net(device, address="00:00:00:00:bc:02")  # its digits stand in the card's modalias
    board.net(board.pci("0000:02:00.0"), address="00:00:00:00:00:00")
    machine = machine_of("x", "sysfs folder", board.tree())
    hidden = redact(machine, b"k")
    assert hidden.tree.read(f"{device}/modalias") == machine.tree.read(f"{device}/modalias")
    assert hidden.tree.read(f"{device}/config") == machine.tree.read(f"{device}/config")
    assert hidden.tree.text(f"{path}/address") != "00:00:00:00:bc:02"
    assert "00:00:00:00:00:00" in [i.mac for i in hidden.interfaces]


def test_recorded_names_and_properties_of_udev_are_redacted_alike() -> None:
    machine = open_source(EXPORT)
    assert "525400000001" in digits(snapshot.encode(machine))
    hidden = redact(machine, b"k")
    assert "525400000001" not in digits(snapshot.encode(hidden))
    (card,) = hidden.cards
    name = f"enx{digits(card.mac or '')}"
    assert hidden.recorded[card.devpath] == Recorded("v252", {"PATH": "enp1s0", "MAC": name})
    assert hidden.properties[card.devpath]["ID_NET_NAME_MAC"] == name


def test_the_command_redacts_with_a_key_that_is_thrown_away_or_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def macs(*words: str) -> list[str | None]:
        assert cli.main(["naming", "snapshot", "t04", "-o", str(tmp_path / "x.json"), "--redact", *words]) == 0
        text = (tmp_path / "x.json").read_text()
        assert "525400" not in digits(text)
        assert "t04" not in json.loads(text)["provenance"]["origin"]
        return [card.mac for card in open_source(str(tmp_path / "x.json")).cards]

    assert macs("--redact-key", "k") == macs("--redact-key", "k") != macs("--redact-key", "l")
    assert macs() != macs()
    assert "(sysfs tarball, redacted)" in capsys.readouterr().out
