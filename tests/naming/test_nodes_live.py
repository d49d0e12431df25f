"""The tree and the altnames against the real kernel, in a network namespace of their own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.cli import main

WAIT = 10.0  # seconds at most until an event has arrived


@pytest.fixture
def namespace() -> Iterator[Any]:
    """A fresh namespace and its name; gone afterwards, with all that is in it."""
    if os.geteuid() != 0:
        pytest.skip("only the superuser can make a network namespace")
    from pyroute2 import NetNS, netns

    name = f"lab-nodes-{os.getpid()}"
    try:
        netns.create(name)
    except OSError as error:
        pytest.skip(f"no network namespace can be made here ({error.strerror})")
    route = NetNS(name)
    route.name_of_ours = name
    try:
        yield route
    finally:
        route.close()
        netns.remove(name)


def add(route: Any, ifname: str, mac: str, kind: str = "veth") -> int:
    """Make an interface; its ifindex."""
    from pyroute2 import NetlinkError

    extra = {"peer": {"ifname": f"p{ifname}"[:15]}} if kind == "veth" else {}
    try:
        route.link("add", ifname=ifname, kind=kind, address=mac, **extra)
    except NetlinkError as error:
        pytest.skip(f"this kernel makes no {kind} ({os.strerror(error.code)})")
    (index,) = route.link_lookup(ifname=ifname)
    return int(index)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


@pytest.fixture
def elsewhere(namespace: Any) -> Iterator[str]:
    """The name of a second namespace."""
    from pyroute2 import netns

    name = f"{namespace.name_of_ours}-b"
    netns.create(name)
    try:
        yield name
    finally:
        netns.remove(name)


def test_the_folder_follows_the_kernel(namespace: Any, elsewhere: str, tmp_path: Path) -> None:
    one = add(namespace, "lab1", "02:00:00:00:00:01")
    root = tmp_path / "net"
    words = ["-m", "lab", "naming", "nodes", "--root", str(root), "--watch", "--netns", namespace.name_of_ours]
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as watcher:
        try:
            node, link = root / f"if{one}", root / "by-mac/02:00:00:00:00:01"
            until(lambda: link.is_symlink() and node.exists())
            assert os.readlink(link) == f"../if{one}"
            assert "ifname=lab1\n" in node.read_text()

            namespace.link("set", index=one, ifname="lab9")  # renamed: the stable name stays, its file says the new one
            until(lambda: "ifname=lab9\n" in node.read_text())
            assert os.readlink(link) == f"../if{one}"

            two = add(namespace, "lab2", "02:00:00:00:00:02")  # added
            until(lambda: (root / "by-mac/02:00:00:00:00:02").is_symlink() and (root / f"if{two}").exists())

            namespace.link("set", index=two, address="02:00:00:00:00:01")  # two with one name: neither has it
            until(lambda: not link.is_symlink() and not (root / "by-mac/02:00:00:00:00:02").is_symlink())

            namespace.link("set", index=two, net_ns_fd=elsewhere)  # moved to another namespace
            until(lambda: link.is_symlink() and not (root / f"if{two}").exists())

            namespace.link("del", index=one)  # removed
            until(lambda: not link.is_symlink() and not node.exists())
        finally:
            watcher.terminate()
            watcher.wait(WAIT)


def test_altnames_are_set_and_taken_back(namespace: Any, capsys: pytest.CaptureFixture[str]) -> None:
    index = add(namespace, "lab1", "02:00:00:00:00:01")
    words = ["naming", "alias", "--only", "lab1", "--netns", namespace.name_of_ours, "--json"]

    def altnames() -> list[str]:
        (message,) = namespace.get_links(index)
        properties = message.get_attr("IFLA_PROP_LIST")
        return [] if properties is None else [str(v) for k, v in properties["attrs"] if k == "IFLA_ALT_IFNAME"]

    assert main(words) == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["applied"] is False
    assert altnames() == []  # nothing without --apply

    assert main([*words, "--apply"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["applied"] is True
    assert done["commands"] == planned["commands"]
    assert altnames() == ["by-mac-02_00_00_00_00_01"]
    assert done["undo"] == ["ip link property del dev lab1 altname by-mac-02_00_00_00_00_01"]
    assert namespace.link_lookup(altname="by-mac-02_00_00_00_00_01") == [index]

    assert main([*words, "--apply"]) == 0  # a second time there is nothing to do
    assert json.loads(capsys.readouterr().out)["commands"] == []
    assert main([*words, "--apply", "--remove"]) == 0
    assert altnames() == []


def test_a_namespace_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for words in (["alias", "--apply"], ["nodes", "--root", str(tmp_path / "x")]):
        assert main(["naming", *words, "--netns", "lab-no-such"]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_without_the_right_nothing_is_changed() -> None:
    """As a plain user the kernel refuses an altname, and that is one line."""
    if os.geteuid() != 0:
        pytest.skip("only the superuser can become nobody")
    script = (
        "import os, sys\n"
        "import pyroute2\n"
        "from lab.naming.model import Interface\n"
        "from lab.naming.nodes.altname import Alias\n"
        "from lab.naming.nodes.live import set_aliases\n"
        "from lab.core.errors import LabError\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "lo = Interface('lo', '/devices/virtual/net/lo', 1, None, None, 'loopback', None, None)\n"
        "try:\n"
        "    set_aliases([Alias(lo, 'by-nothing-x', 'new')])\n"
        "except LabError as error:\n"
        "    sys.exit(f'refused: {error}')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr.startswith("refused: --apply: the kernel refuses it (Operation not permitted)")
    assert done.stderr.count("\n") == 1
