"""A redacted machine, wherever an address or a name stands: keys, drivers, labels, sources."""

import dataclasses
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import cli
from lab.naming import SCHEMES, predict
from lab.naming.model import Machine, Recorded, machine_of
from lab.naming.sources import snapshot
from lab.naming.sources.redact import redact
from tests.naming.synthetic import Board

PLACES = ("ONBOARD", "SLOT", "PATH")
PREFIXES, SEPARATORS = ("", "0x", "enx"), (":", "-", "_", ".", " ")
HOST = "web1"


def digits(text: str) -> str:
    return re.sub(r"[:_. \-]", "", text.lower())


def spelled(mac: bytes) -> st.SearchStrategy[str]:
    plain = mac.hex()
    ways = [*(mac.hex(s) for s in SEPARATORS), *(p + plain for p in PREFIXES), f"{plain[:4]}.{plain[4:8]}.{plain[8:]}"]
    return st.sampled_from([*ways, plain.upper(), mac.hex(" ").upper(), f"0x{plain.upper()}"])


def machine_with(told: list[str]) -> Machine:
    """A card at 0000:01:00.0, and each text of `told` in another place of the machine."""
    (ifname, altname, label, board, driver, source, scheme, edit, value, key, recorded, serial, name) = told
    sysfs = Board()
    device = sysfs.pci("0000:01:00.0", attributes={"acpi_index": "3", "label": f"of {HOST}: {label}"})
    path = sysfs.net(device, ifname if len(ifname) <= 15 and ":" not in ifname and " " not in ifname else f"{HOST}-up")
    sysfs.slot("7", "0000:01:00")
    sysfs.files["/devices/virtual/dmi/id/product_name"] = f"{HOST.upper()} {board}\n".encode()
    machine = machine_of(f"{HOST}.example.org", f"taken on {HOST}, {source}", sysfs.tree())
    (card,) = machine.interfaces
    return dataclasses.replace(
        machine,
        name=f"{HOST}.{name}",
        interfaces=(dataclasses.replace(card, driver=f"drv-{driver}", altnames=(f"up-{altname}",)),),
        recorded={path: Recorded(f"v1 {HOST} {scheme}", {"PATH": f"n-{recorded}"})},
        edits=(f"on {HOST}: {edit}",),
        properties={path: {f"K_{key}": value, "ID_MACHINE_ID": serial, "ID_SN": "sn-4711"}, device: {"ID_X": HOST}},
    )


MACS = st.lists(
    st.builds(lambda first, rest: bytes([first]) + rest, st.integers(1, 254), st.binary(min_size=5, max_size=5)).filter(
        lambda mac: len(set(mac)) > 3
    ),
    min_size=13,
    max_size=13,
    unique=True,
)


@settings(max_examples=60, deadline=None)
@given(MACS, st.data())
def test_no_address_in_any_spelling_and_no_name_is_left(macs: list[bytes], data: st.DataObject) -> None:
    machine = machine_with([data.draw(spelled(mac)) for mac in macs])
    hidden = redact(machine, b"k")
    text = snapshot.encode(hidden)
    assert not [mac.hex() for mac in macs if mac.hex() in digits(text)]
    assert HOST not in text.lower()
    assert "4711" not in text
    assert snapshot.decode(text, "x") == hidden
    bare = dataclasses.replace(machine, recorded={}), dataclasses.replace(hidden, recorded={})
    for under in (SCHEMES["v238"], SCHEMES["v261"]):
        told, found = (predict(m, m.interfaces[0], under) for m in bare)
        assert {p: found[p].name for p in PLACES} == {p: told[p].name for p in PLACES}
        assert all(told[p].name for p in PLACES)


@pytest.mark.parametrize("host", ["0000", "virtio", "devices", "ethernet", "v252", "wlan"])
def test_a_host_named_like_a_part_of_sysfs_keeps_its_names_by_place(host: str) -> None:
    board = Board()
    device = board.pci("0000:01:00.0", attributes={"acpi_index": "3"})
    path = board.net(device, uevent="DEVTYPE=wlan\nINTERFACE=eth0\nIFINDEX=2")
    board.slot("7", "0000:01:00")
    machine = machine_of(host, "sysfs folder", board.tree())
    machine = dataclasses.replace(machine, properties={path: {"ID_PATH": "pci-0000:01:00.0"}})
    hidden = redact(machine, b"k")
    told, found = (predict(m, m.interfaces[0], SCHEMES["v252"]) for m in (machine, hidden))
    assert [found[p].name for p in PLACES] == [told[p].name for p in PLACES] == ["wlo3", "wls7", "wlp1s0"]
    assert hidden.properties == machine.properties


def test_a_snapshot_keeps_the_properties_that_a_rule_reads(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    board = Board()
    path = board.net(board.pci("0000:01:00.0"))
    kept = {"ID_PATH": "pci-0000:01:00.0", "ID_NET_NAME_ALLOW": "0", "ID_NET_DRIVER": "e1000e", "ID_NET_NAME_PATH": "x"}
    board.properties[path] = {**kept, "ID_MACHINE_ID": "secret", "ID_SN": "secret", "ID_MODEL": "secret"}
    (tmp_path / "in.json").write_text(snapshot.encode(board.machine("box")))
    for words in ((), ("--redact",)):
        assert cli.main(["naming", "snapshot", str(tmp_path / "in.json"), "-o", "-", *words]) == 0
        assert json.loads(capsys.readouterr().out)["body"]["properties"] == {path: kept}
