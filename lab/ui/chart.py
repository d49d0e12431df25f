"""A picture drawn in Python, shown as SVG; shapes with a key can be chosen by mouse and keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from lab.core import palette
from lab.core.svg import Picture
from lab.ui.mime import with_svg

__all__ = ["Chart"]

HERE = Path(__file__).parent
SCRIPTS = ("drag.js", "chart.js")


class Chart(anywidget.AnyWidget):
    """Shows a `lab.core.svg.Picture`.

    `selected` is the key of the shape that was chosen last, "" for none: set by a click, by Enter,
    or from Python. Arrow keys move between the shapes that have a key; the widget is one tab stop.
    With `grid` they move by place, up and down too, and choose as they go; `asked` then counts how often Enter
    asked for all that there is to say about the chosen shape. `drags` makes shapes draggable: by the first word of
    their key the first words of those they can be dropped on. Then the page sends `{"took": key}` for a click or
    Enter, `{"took": key, "put": key}` for a drop.
    """

    _esm = "".join((HERE / name).read_text("utf-8") for name in SCRIPTS)
    _css = palette.css() + (HERE / "chart.css").read_text("utf-8")

    svg = traitlets.Unicode("").tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)
    grid = traitlets.Bool(False).tag(sync=True)
    asked = traitlets.Int(0).tag(sync=True)
    drags: Any = traitlets.Dict().tag(sync=True)

    def __init__(self, picture: Picture | None = None, **kwargs: Any) -> None:
        """Begin with `picture`, or empty until `show` is called."""
        super().__init__(**kwargs)
        self._picture: Picture | None = None
        if picture is not None:
            self.show(picture)

    def show(self, picture: Picture) -> None:
        """Replace the picture; the chosen key stays chosen if the new picture has it too."""
        self._picture = picture
        self.svg = picture.svg()

    def __repr__(self) -> str:
        """What it shows, without an address."""
        return f"Chart({self._picture.title!r})" if self._picture else "Chart()"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        return with_svg(bundle, self._picture.standalone(), repr(self)) if self._picture else bundle
