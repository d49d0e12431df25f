"""Lanes of coloured segments on a canvas: 10^5 of them redrawn while the pointer moves."""

from __future__ import annotations

import sys
from array import array
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from lab.core import palette
from lab.core.lanes import Lanes, amount
from lab.core.svg import Picture
from lab.ui.mime import with_svg

__all__ = ["Timeline"]

HERE = Path(__file__).parent
SCRIPTS = ("timeline_lanes.js", "timeline_paint.js", "timeline.js")  # one module, in this order


class Timeline(anywidget.AnyWidget):
    """Shows `lab.core.lanes.Lanes`: zoom and pan, lane by lane and segment by segment, by pointer and by key.

    `selected` is the index of the chosen segment, -1 for none; set by the page or from Python. `height`
    is the room in pixels that legend, lanes and axis have together (few lanes take less). New data leave
    the window as it was zoomed, unless their first window (`Lanes.span`) is another one.
    """

    _esm = "".join((HERE / name).read_text("utf-8") for name in SCRIPTS)
    _css = palette.css() + (HERE / "timeline.css").read_text("utf-8")

    # start, end, who, what, group, lane, heights, state; see timeline_lanes.js
    columns = traitlets.Bytes(b"").tag(sync=True)
    meta: Any = traitlets.Dict().tag(sync=True)
    headline = traitlets.Unicode("").tag(sync=True)
    selected = traitlets.Int(-1).tag(sync=True)
    height = traitlets.Int(340).tag(sync=True)

    def __init__(self, lanes: Lanes | None = None, headline: str = "", **kwargs: Any) -> None:
        """Begin with `lanes`, or empty until `show` is called."""
        super().__init__(**kwargs)
        self._lanes: Lanes | None = None
        if lanes is not None:
            self.show(lanes, headline)

    def show(self, lanes: Lanes, headline: str = "") -> None:
        """Replace what is shown; `headline` is the answer in one sentence, read out as the picture's name.

        Nothing is chosen any more, unless the segments are the same ones.
        """
        self._lanes = lanes
        columns = _columns(lanes)
        with self.hold_sync():  # one message: columns never meet the names of other data
            if columns != self.columns:
                self.selected = -1
            self.columns = columns
            self.meta = _meta(lanes)
            self.headline = headline

    def picture(self) -> Picture:
        """The first window as a static picture."""
        if self._lanes is None:
            raise ValueError("nothing is shown yet")
        return self._lanes.to_picture(repr(self), self.headline)

    def __repr__(self) -> str:
        """How much it shows, without an address."""
        if self._lanes is None:
            return "Timeline()"
        count, (low, high) = len(self._lanes.names), self._lanes.span
        window = f"{amount(low)}–{amount(high)} {self._lanes.unit}".rstrip()
        return f"Timeline({count} lane{'' if count == 1 else 's'}, {len(self._lanes)} segments, {window})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        return bundle if self._lanes is None else with_svg(bundle, self.picture().standalone(), repr(self))


def _columns(lanes: Lanes) -> bytes:
    """The columns one behind the other, widest numbers first (so that each is aligned), little-endian."""
    parts = (lanes.start, lanes.end, lanes.who, lanes.what, lanes.group, lanes.lane, lanes.heights, lanes.state)
    return b"".join(_little(part) for part in parts)


def _little(column: array[Any]) -> bytes:
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()


def _meta(lanes: Lanes) -> dict[str, Any]:
    return {
        "count": len(lanes),
        "names": list(lanes.names),
        "states": [
            {
                "token": state.token,
                "word": state.word,
                "text": state.text,
                "outline": state.outline,
                "pattern": palette.TOKENS[state.token].pattern,
            }
            for state in lanes.states
        ],
        "unit": lanes.unit,
        "span": list(lanes.span),
        "notes": list(lanes.notes),
        "shares": list(lanes.shares),
        "marks": list(lanes.marks),
        "tops": list(lanes.tops),
        "heights": len(lanes.heights),
    }
