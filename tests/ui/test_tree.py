"""The tree widget: what it sends, how it reads as text."""

from __future__ import annotations

import dataclasses

from lab.ui.tree import TreeView


@dataclasses.dataclass(frozen=True)
class Line:
    key: str
    label: str = "a"
    note: str = ""
    token: str = ""
    mark: str = ""
    opened: bool = True
    children: tuple[Line, ...] = ()


@dataclasses.dataclass(frozen=True)
class Some:
    headline: str
    roots: tuple[Line, ...]

    def standalone(self) -> str:
        return "<?xml version='1.0'?><svg/>"


PICTURE = Some("`x` is on top.", (Line("a", children=(Line("a/b", token="good", mark="✓"),)), Line("c", opened=False)))


def test_sends_the_tree_as_plain_values() -> None:
    tree = TreeView(PICTURE)
    assert tree.label == "x is on top."
    assert [root["key"] for root in tree.roots] == ["a", "c"]
    assert tree.roots[0]["children"][0] == {
        "key": "a/b", "label": "a", "note": "", "token": "good", "mark": "✓", "opened": True, "children": []
    }  # fmt: skip
    assert tree.roots[1]["opened"] is False


def test_the_chosen_key_stays_when_another_tree_is_shown() -> None:
    tree = TreeView(PICTURE)
    tree.selected = "a/b"
    tree.show(Some("other", PICTURE.roots))
    assert (tree.selected, tree.label) == ("a/b", "other")


def test_repr_has_no_address_and_the_bundle_a_standalone_picture() -> None:
    tree = TreeView(PICTURE)
    assert repr(tree) == "TreeView('x is on top.')"
    assert repr(TreeView()) == "TreeView()"
    made = tree._repr_mimebundle_()
    data = made[0] if isinstance(made, tuple) else made
    assert data["image/svg+xml"].startswith("<?xml")
    assert data["text/plain"] == "TreeView('x is on top.')"
