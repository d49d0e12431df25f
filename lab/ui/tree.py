"""A tree on the page, as the ARIA pattern has it: arrows move and unfold, Home and End, Enter chooses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import anywidget
import traitlets

from lab.core import palette
from lab.ui.mime import with_svg

__all__ = ["Branch", "TreePicture", "TreeView"]

HERE = Path(__file__).parent


class Branch(Protocol):
    """A line of the tree: `label` its name, `note` what it is, `token` and `mark` its state, "" for none.

    `key` is its own in the whole tree; `opened`: its `children` are shown at first.
    """

    @property
    def key(self) -> str:
        """What `selected` says when this line is chosen."""

    @property
    def label(self) -> str:
        """The line's own name, in letters of equal width."""

    @property
    def note(self) -> str:
        """What follows the name."""

    @property
    def token(self) -> str:
        """A palette token, "" for no state."""

    @property
    def mark(self) -> str:
        """The state's mark."""

    @property
    def opened(self) -> bool:
        """Whether the children are shown at first."""

    @property
    def children(self) -> Sequence[Branch]:
        """The lines below it."""


class TreePicture(Protocol):
    """What `TreeView.show` takes: a sentence, the trees, and a still picture for pages without a kernel."""

    @property
    def headline(self) -> str:
        """What the tree shows, in a sentence."""

    @property
    def roots(self) -> Sequence[Branch]:
        """The trees, top to bottom."""

    def standalone(self) -> str:
        """The tree as stand-alone SVG."""


class TreeView(anywidget.AnyWidget):
    """Shows a `TreePicture`; `selected` is the key of the line that was chosen last, "" for none.

    A line keeps its fold when a new tree has the same key.
    """

    _esm = HERE / "tree.js"
    _css = palette.css() + (HERE / "tree.css").read_text("utf-8")

    label = traitlets.Unicode("").tag(sync=True)
    roots: Any = traitlets.List().tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)

    def __init__(self, picture: TreePicture | None = None, **kwargs: Any) -> None:
        """Begin with `picture`, or empty until `show` is called."""
        super().__init__(**kwargs)
        self._picture: TreePicture | None = None
        if picture is not None:
            self.show(picture)

    def show(self, picture: TreePicture) -> None:
        """Replace the tree; the chosen key stays chosen if the new tree has it too."""
        self._picture = picture
        with self.hold_sync():
            self.label = picture.headline.replace("`", "")
            self.roots = _plain(picture.roots)

    def __repr__(self) -> str:
        """What it shows, without an address."""
        return f"TreeView({self.label!r})" if self._picture else "TreeView()"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        return with_svg(bundle, self._picture.standalone(), repr(self)) if self._picture else bundle


def _plain(branches: Iterable[Branch]) -> list[dict[str, Any]]:
    return [
        {
            "key": b.key,
            "label": b.label,
            "note": b.note,
            "token": b.token,
            "mark": b.mark,
            "opened": b.opened,
            "children": _plain(b.children),
        }
        for b in branches
    ]
