"""The tree as a value: links, hostile ones included."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.naming.tree import Tree, parent_device, subsystem, tree_of

TREE = tree_of(
    {
        "/devices/a/uevent": b"",
        "/devices/a/b/uevent": b"",
        "/devices/a/b/x/value": b"7\n",
        "/devices/a/b/odd": b"\xff\n",
    },
    {
        "/class/net/n": "../../devices/a/b/x",
        "/devices/a/b/subsystem": "../../../bus/pci",
        "/devices/a/b/up": "../../../..",
        "/devices/a/b/outside": "../../../../../etc/passwd",
        "/devices/a/b/absolute": "/etc/passwd",
        "/devices/a/b/round": "round",
        "/devices/a/b/gone": "../no/such",
    },
    ["/bus/pci/slots"],
)


def test_links_are_followed_inside_and_never_out() -> None:
    assert TREE.resolve("/class/net/n") == "/devices/a/b/x"
    assert TREE.text("/class/net/n/value") == "7"
    assert TREE.read("/class/net/n/../odd") == b"\xff\n"
    for link in ("outside", "absolute", "round", "gone", "up"):
        assert TREE.resolve(f"/devices/a/b/{link}") is None
        assert TREE.text(f"/devices/a/b/{link}/x") is None


def test_bytes_that_are_no_text_stay_visible() -> None:
    assert TREE.text("/devices/a/b/odd") == "\\xff"


def test_a_file_is_no_folder() -> None:
    assert TREE.resolve("/devices/a/uevent/x") is None
    assert TREE.entries("/devices/a/uevent") == ()
    assert TREE.read("/devices/a") is None


def test_parents_are_folders_with_a_uevent() -> None:
    assert parent_device(TREE, "/devices/a/b/x") == "/devices/a/b"
    assert parent_device(TREE, "/devices/a/b") == "/devices/a"
    assert parent_device(TREE, "/devices/a") is None
    assert subsystem(TREE, "/devices/a/b") == "pci"
    assert subsystem(TREE, "/devices/a") is None


def test_entries_keep_the_order_of_the_source() -> None:
    tree = tree_of({"/s/9/a": b"", "/s/10/a": b"", "/s/1/a": b""}, {})
    assert tree.entries("/s") == ("9", "10", "1")


def test_a_changed_tree_is_another_one() -> None:
    other = TREE.with_file("/devices/a/b/x/value", b"8\n").without("/bus")
    assert (other.text("/class/net/n/value"), TREE.text("/class/net/n/value")) == ("8", "7")
    assert other.resolve("/bus/pci/slots") is None
    assert TREE.resolve("/bus/pci/slots") == "/bus/pci/slots"
    assert "bus" in TREE.entries("/")
    assert "bus" not in other.entries("/")


@pytest.mark.parametrize(
    ("files", "links", "folders"),
    [
        ({"/a": b"", "/a/b": b""}, {}, []),
        ({"/a": b""}, {"/a": "b"}, []),
        ({"/a/b": b""}, {"/a": "c"}, []),
        ({"/a": b""}, {}, ["/a"]),
    ],
)
def test_a_path_that_is_two_things_is_refused(
    files: dict[str, bytes], links: dict[str, str], folders: list[str]
) -> None:
    with pytest.raises(ValueError, match="two things"):
        tree_of(files, links, folders)


def test_what_is_made_of_a_tree_is_made_once_and_does_not_make_it_another() -> None:
    made = []

    def count(tree: Tree) -> int:
        made.append(tree)
        return len(tree.files)

    tree = tree_of({"/a": b""}, {})
    assert (tree.once(count), tree.once(count), len(made)) == (1, 1, 1)
    assert tree == tree_of({"/a": b""}, {})
    assert tree.with_file("/b", b"").once(count) == 2


STEPS = st.sampled_from(["a", "b", "c", "..", ".", ""])
PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


@settings(deadline=None)
@given(
    st.dictionaries(PATHS, st.binary(max_size=3), max_size=4),
    st.dictionaries(PATHS, st.lists(STEPS, max_size=6).map("/".join), max_size=4),
    st.lists(STEPS, max_size=8).map(lambda parts: "/" + "/".join(parts)),
)
def test_no_link_leads_out_or_round_for_ever(files: dict[str, bytes], links: dict[str, str], path: str) -> None:
    try:
        tree: Tree = tree_of(files, links)
    except ValueError:
        return
    real = tree.resolve(path)
    assert real is None or real in tree.files or real in tree.folders
    if real is not None:
        assert tree.resolve(real) == real
