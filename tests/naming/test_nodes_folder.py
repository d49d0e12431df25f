"""The tree as a folder: changed as little as needed, nothing of others touched, nothing outside reached."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.naming import open_source
from lab.naming.model import machine_of
from lab.naming.nodes import node_tree, sync
from lab.naming.nodes.mapping import NodeTree
from tests.naming.synthetic import Board

WHERE = "net:[4026531840]"


def tree_of(name: str) -> NodeTree:
    return node_tree(open_source(name))


def shown(root: Path) -> dict[str, str]:
    """Every link with the name of the interface that it leads to."""
    found = {}
    for path in root.glob("by-*/*"):
        found[str(path.relative_to(root))] = path.read_text().splitlines()[0].removeprefix("ifname=")
    return found


def test_the_folder_shows_the_tree_and_a_second_time_nothing_is_written(tmp_path: Path) -> None:
    tree = tree_of("t04")
    first = sync(tmp_path, tree, WHERE)
    assert shown(tmp_path) == {path: i.ifname for path, i in tree.links.items()}
    assert (tmp_path / "if2").read_text() == f"ifname=ens11\nifindex=2\nnamespace={WHERE}\n"
    assert os.readlink(tmp_path / "by-slot/11") == "../if2"
    assert sorted(first.added) == sorted([*tree.links, "if2", "if3"])
    before = {p: p.lstat().st_mtime_ns for p in tmp_path.rglob("*")}
    assert not sync(tmp_path, tree, WHERE)
    assert {p: p.lstat().st_mtime_ns for p in tmp_path.rglob("*")} == before


def test_only_what_changed_is_changed(tmp_path: Path) -> None:
    sync(tmp_path, tree_of("t04"), WHERE)
    done = sync(tmp_path, tree_of("t05"), WHERE)  # the same cards, other slots and other names
    assert set(done.added) == {"by-slot/0", "by-slot/0-2"}
    assert set(done.removed) == {"by-slot/11", "by-slot/42"}
    assert set(done.changed) == {"if2", "if3"}
    assert shown(tmp_path) == {path: i.ifname for path, i in tree_of("t05").links.items()}


def test_a_card_that_is_gone_leaves_nothing(tmp_path: Path) -> None:
    sync(tmp_path, tree_of("t01"), WHERE)
    sync(tmp_path, node_tree(machine_of("empty", "synthetic", Board().tree())), WHERE)
    assert not [p for p in tmp_path.rglob("*") if not p.is_dir()]


def test_what_others_made_stays(tmp_path: Path) -> None:
    (tmp_path / "by-slot").mkdir()
    (tmp_path / "by-slot/11").write_text("mine")
    (tmp_path / "by-slot/notes").write_text("mine")
    (tmp_path / "if2").write_text("mine")
    (tmp_path / "if9x").write_text("ifname=mine")
    (tmp_path / "by-mac").symlink_to("/etc")
    done = sync(tmp_path, tree_of("t04"), WHERE)
    assert set(done.left) == {"by-slot/11", "if2", "by-mac"}
    for path in ("by-slot/11", "by-slot/notes", "if2"):
        assert (tmp_path / path).read_text() == "mine"
    assert os.readlink(tmp_path / "by-mac") == "/etc"
    assert not list(Path("/etc").glob("52:54*"))
    assert os.readlink(tmp_path / "by-slot/42") == "../if3"


def test_a_link_or_file_that_was_left_half_way_is_cleared(tmp_path: Path) -> None:
    sync(tmp_path, tree_of("t04"), WHERE)
    (tmp_path / "by-path/.kernel-lab-0123456789abcdef").symlink_to("../if2")
    assert sync(tmp_path, tree_of("t04"), WHERE).removed == ("by-path/.kernel-lab-0123456789abcdef",)


def test_a_character_device_is_linked_to(tmp_path: Path) -> None:
    devices = {2: "/dev/netnode/0"}
    root = tmp_path / "tree"
    sync(root, tree_of("t04"), WHERE, devices)
    assert os.readlink(root / "if2") == "/dev/netnode/0"
    assert (root / "if3").read_text().startswith("ifname=ens42\n")
    assert not sync(root, tree_of("t04"), WHERE, devices)
    assert sync(root, tree_of("t04"), WHERE, {2: "/dev/netnode/7"}).changed == ("if2",)
    assert sync(root, tree_of("t04"), WHERE).changed == ("if2",)


def test_a_link_that_leads_elsewhere_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "if2").symlink_to("/dev/null")
    assert sync(tmp_path, tree_of("t04"), WHERE, {2: "/dev/netnode/0"}).left == ("if2",)
    assert os.readlink(tmp_path / "if2") == "/dev/null"


def test_two_runs_in_one_folder_do_not_take_each_others_links(tmp_path: Path) -> None:
    trees = [tree_of(name) for name in ("t04", "t05", "t09b", "t01")]

    def run(first: int) -> None:
        for count in range(60):
            sync(tmp_path, trees[(first + count) % len(trees)], WHERE)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(run, range(3)))
    sync(tmp_path, trees[0], WHERE)
    assert shown(tmp_path) == {path: i.ifname for path, i in trees[0].links.items()}


@pytest.mark.parametrize("what", ["file", "below a file", "\0"])
def test_a_root_that_is_no_folder_is_one_line(what: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    root = {"file": str(tmp_path / "file"), "below a file": str(tmp_path / "file/x"), "\0": "a\0b"}[what]
    with pytest.raises(LabError) as error:
        sync(root, tree_of("t04"), WHERE)
    assert "\n" not in str(error.value)


@given(st.lists(st.sampled_from(["t01", "t04", "t05", "t06", "t09a", "t09b", "t13"]), min_size=1, max_size=5))
def test_whatever_came_before_the_folder_shows_the_last(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    for name in names:
        sync(root, tree_of(name), WHERE)
    assert shown(root) == {path: i.ifname for path, i in tree_of(names[-1]).links.items()}
