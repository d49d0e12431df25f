"""This machine in another network namespace, and what udev's own files say of it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import cli
from lab.core.errors import LabError
from lab.naming.model import machine_of
from lab.naming.sources import netns
from lab.naming.sources.live import this_machine, udev_properties
from tests.naming.synthetic import Board
from tests.ordinary_user import ordinary_user

# In a namespace of its own: a pair of veth, one with an altname; then wait for the test to end.
INSIDE = """
import sys
from pyroute2 import IPRoute
with IPRoute() as ip:
    ip.link("add", ifname="lan", kind="veth", peer={"ifname": "wan"}, address="52:54:00:a1:b2:c3")
    ip.link("property_add", index=ip.link_lookup(ifname="lan")[0], altname="by-path-left")
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    """A network namespace with two interfaces, as the process that lives in it: `pid:N`."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("making a network namespace takes root and unshare")
    command = ["unshare", "-n", sys.executable, "-c", INSIDE]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        if child.stdout.readline() != "ready\n":
            child.kill()
            pytest.skip(f"no network namespace with veth here: {child.stderr.read().strip()[-200:]}")
        yield f"pid:{child.pid}"
        child.stdin.close()


def parent_of(stat: Path) -> str:
    """The parent of the process whose `stat` this is; "" if it has just ended."""
    try:
        return stat.read_text().rpartition(")")[2].split()[1]
    except OSError:
        return ""


def children() -> set[str]:
    """The processes that this one has started and not yet waited for."""
    return {p.parent.name for p in Path("/proc").glob("[0-9]*/stat") if parent_of(p) == str(os.getpid())}


def state() -> tuple[object, ...]:
    """What must stay as it is: our namespaces, mounts and interfaces."""
    return (
        os.readlink("/proc/self/ns/net"),
        os.readlink("/proc/self/ns/mnt"),
        Path("/proc/self/mountinfo").read_text(),
        [i.ifname for i in this_machine().interfaces],
        sorted(os.listdir("/sys/class/net")),
    )


def test_a_namespace_is_seen_with_its_own_sysfs_and_netlink_and_nothing_changes(namespace: str) -> None:
    before, started = state(), children()
    machine = netns.machine_in(namespace)
    assert state() == before
    assert children() <= started
    assert (machine.name, machine.source) == (f"network namespace {namespace}", "netlink and sysfs")
    found = {i.ifname: i for i in machine.interfaces}
    assert {"lan", "wan", "lo"} <= found.keys()
    lan = found["lan"]
    assert (lan.kind, lan.mac, lan.altnames) == ("veth", "52:54:00:a1:b2:c3", ("by-path-left",))
    assert lan.devpath == "/devices/virtual/net/lan"
    assert machine.tree.text(f"{lan.devpath}/ifindex") == str(lan.ifindex)


def test_a_namespace_is_named_by_name_by_path_and_by_process(
    namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"/proc/{namespace.removeprefix('pid:')}/ns/net"
    (tmp_path / "blue").symlink_to(place)
    monkeypatch.setattr(netns, "NAMED", str(tmp_path))
    assert [netns.place_of(word) for word in ("blue", place, namespace)] == [f"{tmp_path}/blue", place, place]
    assert {"lan", "wan"} <= {i.ifname for i in netns.machine_in("blue").interfaces}


def test_the_commands_look_into_a_namespace(namespace: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["naming", "show", "--netns", namespace]) == 0
    out = capsys.readouterr().out
    assert f"network namespace {namespace} (netlink and sysfs)" in out
    assert "52:54:00:a1:b2:c3" in out
    assert cli.main(["naming", "snapshot", "--netns", namespace, "-o", "-"]) == 0
    assert "by-path-left" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("word", "complaint"),
    [
        ("no-such-namespace", r"there is no /run/netns/no-such-namespace"),
        ("pid:0", "there is no /proc/0/ns/net"),
        ("pid:x", "names no process"),
        ("pid:²", "names no process"),
        ("", "is no name"),
        ("..", "is no name"),
        ("/no/such/file", "there is no /no/such/file"),
        ("a\0b", "there is no "),
    ],
)
def test_what_is_no_namespace_is_refused(word: str, complaint: str) -> None:
    with pytest.raises(LabError, match=f"--netns: .*{complaint}"):
        netns.machine_in(word)


def test_a_file_that_is_no_namespace_is_refused_by_the_kernel(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LabError, match="was refused"):
        netns.machine_in(str(tmp_path / "file"))


def test_a_namespace_that_does_not_answer_in_time_is_given_up(namespace: str) -> None:
    with pytest.raises(LabError, match="did not answer within"):
        netns.machine_in(namespace, seconds=0.001)


def test_an_ordinary_user_may_not_enter(namespace: str) -> None:
    with ordinary_user(), pytest.raises(LabError, match="the superuser may enter it"):
        netns.enter(f"/proc/{namespace.removeprefix('pid:')}/ns/net")


@pytest.mark.parametrize("words", [("t04", "--netns", "x"), ("--sysfs", "/sys", "--netns", "x")])
def test_a_namespace_needs_no_file_and_no_sysfs(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["naming", "show", *words]) == 2
    assert "leave the file and --sysfs out" in capsys.readouterr().err


def test_udevs_files_give_the_properties_of_interfaces_and_of_the_devices_above(tmp_path: Path) -> None:
    board = Board()
    device = board.pci("0000:00:03.0")
    path = board.net(device)
    machine = machine_of("x", "netlink and sysfs", board.tree())
    (tmp_path / "n2").write_text(
        "I:1\nE:ID_PATH=pci-0000:00:03.0\nE:ID_NET_NAME_ALLOW=0\nE:SYSTEMD_ALIAS=x\nG:systemd\n"
    )
    (tmp_path / "+pci:0000:00:03.0").write_bytes(b"E:ID_MODEL=a=b\xff\nE:ID_BROKEN\n")
    (tmp_path / "n7").write_text("E:ID_PATH=another\n")
    assert udev_properties(machine, tmp_path) == {
        path: {"ID_PATH": "pci-0000:00:03.0", "ID_NET_NAME_ALLOW": "0"},
        device: {"ID_MODEL": "a=b\\xff"},
    }
    assert udev_properties(machine, tmp_path, foreign=True) == {device: {"ID_MODEL": "a=b\\xff"}}
    assert udev_properties(machine, tmp_path / "nothing") == {}
