"""A machine as one line of JSON: exact, small, and nothing in it is believed when it is read back."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.dataset import find
from lab.core.errors import LabError
from lab.naming import open_source
from lab.naming.model import Interface, Machine, Recorded, machine_of
from lab.naming.sources import snapshot
from lab.naming.sources.live import this_machine
from lab.naming.tree import Tree
from tests.naming.synthetic import Board

RECORDINGS = [path.name for path in sorted(find("naming/t04").path.parent.glob("t*"))]
EXPORT = str(find("naming/t09a").path / "export-db.txt")


def here() -> Machine:
    return this_machine()


@pytest.mark.parametrize("name", [*RECORDINGS, EXPORT])
def test_every_recording_comes_back_exactly(name: str) -> None:
    machine = open_source(name)
    line = snapshot.encode(machine)
    assert "\n" not in line
    assert snapshot.decode(line, "x") == machine


def test_this_machine_comes_back_exactly_with_what_netlink_says() -> None:
    machine = here()
    assert snapshot.decode(snapshot.encode(machine), "x") == machine


NAMES = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=8).filter(lambda n: n not in (".", ".."))
TARGETS = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=12)
ENTRIES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.binary(max_size=8), TARGETS),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)
IFNAMES = st.text(
    st.characters(exclude_characters="/:\0\xa0", exclude_categories=["Z", "Cc", "Cs"]), min_size=1
).filter(lambda n: n not in (".", "..") and len(n.encode()) < 16 and b"\xa0" not in n.encode())
TEXTS = st.text(max_size=6)
DEVICES = NAMES.map(lambda name: f"/devices/{name}")


def tree_from(entries: dict[str, Any]) -> Tree:
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    folders: dict[str, tuple[str, ...]] = {}

    def add(path: str, value: Any) -> None:
        if isinstance(value, dict):
            folders[path or "/"] = tuple(value)
            for name, inner in value.items():
                add(f"{path}/{name}", inner)
        elif isinstance(value, bytes):
            files[path] = value
        else:
            links[path] = value

    add("", entries)
    return Tree(files, links, folders)


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    entries = draw(st.dictionaries(NAMES.filter(lambda n: n not in ("class", "devices")), ENTRIES, max_size=4))
    entries |= {"class": {"net": {}}}
    interfaces = []
    devices = iter(draw(st.lists(DEVICES, min_size=4, max_size=4, unique=True)))
    for ifname in draw(st.lists(IFNAMES, max_size=4, unique=True)):
        optional = st.one_of(st.none(), TEXTS)
        interfaces.append(
            Interface(
                ifname=ifname,
                devpath=next(devices),
                ifindex=draw(st.one_of(st.none(), st.integers(0, 2**32 - 1))),
                mac=draw(optional),
                driver=draw(optional),
                kind=draw(TEXTS),
                bus=draw(optional),
                bus_path=draw(optional),
                altnames=tuple(draw(st.lists(TEXTS, max_size=2))),
            )
        )
    values = st.dictionaries(TEXTS, TEXTS, max_size=2)
    recorded = st.builds(Recorded, st.one_of(st.none(), TEXTS), values)
    return Machine(
        draw(TEXTS),
        draw(TEXTS),
        tree_from(entries),
        tuple(interfaces),
        draw(st.dictionaries(DEVICES, recorded, max_size=2)),
        tuple(draw(st.lists(TEXTS, max_size=2))),
        draw(st.dictionaries(DEVICES, values, max_size=2)),
    )


@settings(max_examples=80, deadline=None)
@given(machines())
def test_any_machine_comes_back_exactly(machine: Machine) -> None:
    line = snapshot.encode(machine)
    assert len(line.encode("ascii").splitlines()) == 1
    again = snapshot.decode(line, "x")
    assert again == machine
    assert snapshot.encode(again) == line


def good() -> dict[str, Any]:
    board = Board()
    board.net(board.pci("0000:00:03.0"))
    machine = machine_of("host", "sysfs folder", board.tree())
    interface = dataclasses.replace(machine.interfaces[0], altnames=("lan",))
    data: dict[str, Any] = json.loads(snapshot.encode(dataclasses.replace(machine, interfaces=(interface,))))
    return data


def put(*path: Any) -> Any:
    """A change of the good snapshot: the last of `path` is set at the place that the others lead to."""

    def change(data: dict[str, Any]) -> str:
        place: Any = data
        for key in path[:-2]:
            place = place[key]
        place[path[-2]] = path[-1]
        return json.dumps(data)

    return change


def drop(*path: str) -> Any:
    def change(data: dict[str, Any]) -> str:
        place: Any = data
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
        return json.dumps(data)

    return change


def nested(depth: int) -> Any:
    inner: Any = {}
    for _ in range(depth):
        inner = {"d": inner}
    return inner


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (put("version", 2), "version 2 is not known here"),
        (put("version", True), "version True is not known"),
        (put("kind", "symbols"), "is no naming-machine snapshot"),
        (lambda _: '{"kind": ', "is no JSON text"),
        (lambda _: '{"a":' * 100_000, "is no JSON text"),
        (lambda _: '{"a": 1}\n{"a": 2}\n', "holds 2 snapshots, one a line; .*kernel-lab naming fleet"),
        (lambda d: "\n".join([json.dumps(d)] * 3), "holds 3 snapshots"),
        (drop("body"), "has no body"),
        (drop("provenance"), "no provenance"),
        (drop("body", "name"), "name is no JSON text"),
        (drop("body", "source"), "source is no JSON text"),
        (drop("body", "sysfs"), "sysfs is no JSON object"),
        (put("body", "sysfs", ["link", "x"]), "sysfs is no JSON object"),
        (put("body", "sysfs", "class", "a", 7), "sysfs/class/a is no folder, file or link"),
        (put("body", "sysfs", "class", "a", ["link"]), "is no folder, file or link"),
        (put("body", "sysfs", "class", "a", ["link", ""]), "is no folder, file or link"),
        (put("body", "sysfs", "class", "a", ["link", "x" * 5000]), "is no folder, file or link"),
        (put("body", "sysfs", "class", "a", ["hex", "0g"]), "is no hex text"),
        (put("body", "sysfs", "class", "a", ["hex", "é0"]), "is no hex text"),
        (put("body", "sysfs", "class", "a", "\ud800"), "is no UTF-8 text"),
        (put("body", "sysfs", "..", {}), "which no file can be called"),
        (put("body", "sysfs", ".", "x"), "which no file can be called"),
        (put("body", "sysfs", "", "x"), "which no file can be called"),
        (put("body", "sysfs", "class", "a/b", "x"), "which no file can be called"),
        (put("body", "sysfs", "class", "a\0", "x"), "which no file can be called"),
        (put("body", "sysfs", "class", "x" * 300, "x"), "which no file can be called"),
        (put("body", "sysfs", "class", "d", nested(60)), "more than 40 folders deep"),
        (put("body", "sysfs", "class", "net", "eth9", ["link", "nowhere"]), "leads to nothing"),
        (put("body", "links", {}), "links is no JSON list"),
        (put("body", "links", [7]), "links is no JSON object"),
        (put("body", "links", [{"ifindex": 1}]), "ifname is no JSON text"),
        (put("body", "links", 0, "ifname", "../x"), "no interface can be called"),
        (put("body", "links", 0, "ifindex", -1), "says nothing of an interface"),
        (put("body", "links", 0, "ifindex", True), "says nothing of an interface"),
        (put("body", "links", 0, "kind", None), "says nothing of an interface"),
        (put("body", "links", 0, "colour", "red"), "says nothing of an interface"),
        (put("body", "links", 0, "altnames", "lan"), "altnames is no JSON list"),
        (put("body", "links", 0, "devpath", "/devices/../x"), "is no path of a device"),
        (put("body", "recorded", {"x": {}}), "is no path of a device"),
        (put("body", "recorded", {"/x": {"scheme": 7, "names": {}}}), "recorded scheme is no JSON text"),
        (put("body", "recorded", {"/x": {"scheme": None}}), "recorded names is no JSON object"),
        (put("body", "properties", {"/x": {"A": 7}}), "properties is no JSON text"),
        (put("body", "edits", [7]), "edits is no JSON text"),
    ],
)
def test_bad_snapshots_are_refused_in_one_line(change: Any, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(change(good()), "utf-8", "surrogatepass")
    with pytest.raises(LabError, match=complaint) as caught:
        open_source(str(path))
    assert str(caught.value).startswith(("bad.json: ", f"{path}: "))
    assert "\n" not in str(caught.value)


def test_a_snapshot_that_names_no_interface_is_refused() -> None:
    data = good()
    del data["body"]["sysfs"]["class"]
    del data["body"]["links"]
    with pytest.raises(LabError, match="names no interface"):
        snapshot.decode(json.dumps(data), "x")


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "ENTRIES_MAX", 20)
    with pytest.raises(LabError, match="more than 20 files"):
        snapshot.decode(json.dumps(good()), "x")


def test_a_large_file_of_snapshots_is_a_fleet_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.naming.sources.LIMIT", 1000)
    (tmp_path / "fleet.jsonl").write_text((json.dumps(good()) + "\n") * 3)
    with pytest.raises(LabError, match="kernel-lab naming fleet"):
        open_source(str(tmp_path / "fleet.jsonl"))


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_damaged_snapshot_is_a_machine_or_an_error_of_one_line(data: st.DataObject) -> None:
    raw = bytearray(json.dumps(good()).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        said = snapshot.parse(bytes(raw), "bad.json").name and "bad.json: "
    except LabError as error:
        said = str(error)
    assert said == "" or said.startswith("bad.json: ")


def test_a_snapshot_written_over_several_lines_is_one_machine() -> None:
    data = good()
    assert snapshot.parse(json.dumps(data, indent=2).encode(), "x") == snapshot.decode(json.dumps(data), "x")
