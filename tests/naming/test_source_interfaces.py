"""Interfaces that no kernel has: refused in one line, whatever the source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.core.errors import LabError
from lab.naming import open_source, predict
from lab.naming.model import Machine, machine_of
from lab.naming.nodes.mapping import node_tree
from lab.naming.prediction import predict_all
from lab.naming.schemes.flags import NEWEST, scheme
from lab.naming.sources import snapshot, udevdb
from lab.naming.sources.folder import read
from lab.naming.sources.lacks import lacks
from lab.naming.sources.live import Link, merge
from tests.naming.synthetic import Board, write_tree

NAMES = ["", ".", "..", "a/b", "a:b", "a b", "a\tb", "a\0b", "a" * 16, "ä" * 8, "\ud800", "à"]  # à holds 0xa0


def board(*names: str) -> Board:
    found = Board()
    for number, name in enumerate(names):
        found.net(found.pci(f"0000:00:{number + 3:02x}.0"), name)
    return found


def machine(*names: str) -> Machine:
    return machine_of("host", "sysfs folder", board(*names).tree())


def with_links(*links: dict[str, Any]) -> str:
    data: dict[str, Any] = json.loads(snapshot.encode(machine("eth0", "eth1")))
    data["body"]["links"] = list(links)
    return json.dumps(data)


def database(*records: tuple[str, str]) -> bytes:
    return "\n".join(f"P: {path}\nE: SUBSYSTEM=net\nE: INTERFACE={name}\n" for path, name in records).encode()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_the_kernel_refuses(name: str) -> None:
    with pytest.raises(LabError, match="no interface can be called"):
        snapshot.decode(with_links({"ifname": name}), "x")
    if name != "\ud800":  # no text in UTF-8 holds this
        with pytest.raises(LabError, match="no interface can be called"):
            udevdb.parse(database(("/devices/a/net/x", name)), "x")


@pytest.mark.parametrize("name", ["eth0", "ä" * 7, "a%d", "0", "all"])
def test_a_name_that_the_kernel_takes(name: str) -> None:
    assert snapshot.decode(with_links({"ifname": name}), "x").interfaces[0].ifname == name
    assert udevdb.parse(database(("/devices/a/net/x", name)), "x").interfaces[0].ifname == name


@pytest.mark.parametrize("path", ["/foo", "/devices", "/class/net/eth0", "/"])
def test_a_folder_that_is_not_below_devices(path: str) -> None:
    with pytest.raises(LabError, match="'eth0' leads to"):
        snapshot.decode(with_links({"ifname": "eth0", "devpath": path}), "x")
    if path != "/":
        with pytest.raises(LabError, match="'eth0' leads to"):
            udevdb.parse(database((path, "eth0")), "x")


def test_a_copy_that_followed_links(tmp_path: Path) -> None:
    write_tree(board("eth0").tree(), tmp_path)
    (tmp_path / "class/net/eth0").unlink()
    (tmp_path / "class/net/eth0").mkdir()
    with pytest.raises(LabError, match="class/net/eth0 is no link to a device"):
        read(tmp_path)


@pytest.mark.parametrize("target", ["../..", "../../bus/pci"])
def test_a_link_of_class_net_that_leads_elsewhere(target: str, tmp_path: Path) -> None:
    tree = board("eth0").tree()
    other = board()
    other.files.update(tree.files)
    other.links.update({**tree.links, "/class/net/eth0": target})
    with pytest.raises(LabError, match="eth0"):
        machine_of("tarball", "sysfs tarball", other.tree())
    write_tree(other.tree(), tmp_path)
    with pytest.raises(LabError, match="eth0"):
        open_source(str(tmp_path))


def test_two_interfaces_of_one_name_or_in_one_folder() -> None:
    for links in (
        [{"ifname": "eth0"}, {"ifname": "eth0", "devpath": "/devices/other"}],
        [{"ifname": "eth0", "devpath": "/devices/one"}, {"ifname": "eth1", "devpath": "/devices/one"}],
    ):
        with pytest.raises(LabError, match="two interfaces"):
            snapshot.decode(with_links(*links), "x")
    for records in (
        [("/devices/a/net/x", "x"), ("/devices/b/net/x", "x")],
        [("/devices/a/net/x", "x"), ("/devices/a/net/x", "y")],
    ):
        with pytest.raises(LabError, match="two interfaces"):
            udevdb.parse(database(*records), "x")


def test_what_only_netlink_shows_has_no_folder_and_never_that_of_another_interface() -> None:
    made = board("eth0")
    made.net("/devices/virtual", "veth0", ifindex="7", iflink="7")
    there = machine_of("host", "netlink and sysfs", made.tree())
    links = (Link("eth0", 2, None, None, False, ()), Link("veth0", 9, None, "veth", False, ()))
    found = merge(links, there)
    veth = found.interface("veth0")
    assert (veth.devpath, veth.ifindex) == ("/devices/virtual/net/veth0", 9)
    assert veth.devpath not in found.tree.folders
    assert not predict(found, veth, scheme(NEWEST))["MAC"].certain
    assert snapshot.decode(snapshot.encode(found), "x") == found


def test_lo_is_the_loopback_even_where_its_type_is_missing() -> None:
    made = board("eth0")
    path = made.net("/devices/virtual", "lo", type="772")
    there = machine_of("host", "sysfs folder", made.tree().without(f"{path}/type"))
    assert there.interface("lo").kind == "unknown"
    assert [p.interface.ifname for p in predict_all(there, (scheme(NEWEST),))] == ["eth0"]
    assert path not in node_tree(there).offered
    assert not [lack for lack in lacks(there) if "lo" in lack.of]
