"""The character devices of interfaces: which is whose, and what one says. `make test-kernel` has the real driver."""

import os
import pty
import stat
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.cli import main
from lab.core.errors import LabError
from lab.naming.nodes.device import device_nodes, node_ifindex


@pytest.fixture
def node() -> Iterator[tuple[str, int]]:
    """A character device, and the end where what it says is put in."""
    other, end = pty.openpty()
    tty.setraw(end)
    yield os.ttyname(end), other
    os.close(other)
    os.close(end)


def test_a_node_says_its_ifindex(node: tuple[str, int]) -> None:
    os.write(node[1], b"42 lan0\n")
    assert node_ifindex(node[0]) == 42


@pytest.mark.parametrize("said", [b"lan0\n", b"42\n", b"42 lan0", b"4294967296000 lan0\n", b"42 a/b\n", b"-1 lan0\n"])
def test_another_device_is_none(node: tuple[str, int], said: bytes) -> None:
    os.write(node[1], said)
    with pytest.raises(LabError, match="is no node of a network interface"):
        node_ifindex(node[0])


@pytest.mark.parametrize(
    ("path", "said"),
    [("/dev/null", "is no node of a network interface"), ("/dev/no-such", "No such file"), (__file__, "no character")],
)
def test_what_is_no_node_is_a_users_error(path: str, said: str) -> None:
    with pytest.raises(LabError, match=said):
        node_ifindex(path)


@given(
    st.dictionaries(
        st.integers(0, 99), st.one_of(st.integers(1, 10**6).map(str), st.text("x1 \n", max_size=3)), max_size=5
    )
)
def test_sysfs_says_which_is_whose(tmp_path_factory: pytest.TempPathFactory, said: dict[int, str]) -> None:
    root = tmp_path_factory.mktemp("sys")
    devices = root / "netnode"
    devices.mkdir()
    for minor, ifindex in said.items():
        folder = root / "class" / "netnode" / f"netnode{minor}"
        folder.mkdir(parents=True)
        (folder / "ifindex").write_text(f"{ifindex}\n")
        (devices / str(minor)).symlink_to("/dev/null" if minor % 2 else "/dev/no-such")
    found = device_nodes(root, devices)
    wanted = {}
    for minor in sorted(said, key=lambda m: f"netnode{m}"):
        text = said[minor].strip()
        if minor % 2 and text.isdigit():
            wanted[int(text)] = str(devices / str(minor))
    assert found == wanted


def test_without_the_driver_there_are_none(tmp_path: Path) -> None:
    assert device_nodes(tmp_path) == {}


def test_resolve_takes_a_node(node: tuple[str, int], capsys: pytest.CaptureFixture[str]) -> None:
    """lo has ifindex 1 in every namespace."""
    if not Path("/sys/class/net/lo").exists():
        pytest.skip("no sysfs here")
    assert stat.S_ISCHR(os.stat(node[0]).st_mode)
    os.write(node[1], b"1 lo\n")
    assert main(["naming", "resolve", node[0]]) == 0
    assert capsys.readouterr().out.startswith("lo\n")
