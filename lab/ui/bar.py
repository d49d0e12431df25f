"""Top and bottom of an explorer: headline and bar, and the why line."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from lab.core import palette

__all__ = ["Bar", "Canvas", "WhyLine"]

HERE = Path(__file__).parent


@dataclasses.dataclass(frozen=True, slots=True)
class Canvas:
    """What a picture is drawn for: `width` of the frame's inside and size of `text`, in px."""

    width: int = 920
    text: int = 14


class Bar(anywidget.AnyWidget):
    """Headline and bar: what the answer is, and what can be done with the whole picture."""

    _esm = HERE / "frame.js"
    _css = palette.css() + (HERE / "frame.css").read_text("utf-8")

    question = traitlets.Unicode("").tag(sync=True)
    headline = traitlets.Unicode("").tag(sync=True)
    badge = traitlets.Unicode("").tag(sync=True)
    files = traitlets.Int(0).tag(sync=True)  # how many the answer is for
    files_word = traitlets.Unicode("Rule files").tag(sync=True)
    presets: Any = traitlets.List().tag(sync=True)  # [[id, title], ...]
    preset = traitlets.Unicode("").tag(sync=True)
    changed = traitlets.Int(0).tag(sync=True)  # parameters that differ from the preset
    size = traitlets.Int(14).tag(sync=True)  # px: 14, 18, 22
    width = traitlets.Int(Canvas().width).tag(sync=True)  # px inside the frame, told by the page
    table_shown = traitlets.Bool(False).tag(sync=True)
    command = traitlets.Unicode("").tag(sync=True)
    error = traitlets.Unicode("").tag(sync=True)
    error_at = traitlets.Unicode("").tag(sync=True)  # the parameter at whose control it is shown

    def __repr__(self) -> str:
        """The headline."""
        return f"Bar({self.headline!r})"


class WhyLine(anywidget.AnyWidget):
    """The why line: one sentence, Enter opens the full trace."""

    _esm = HERE / "why.js"
    _css = palette.css() + (HERE / "why.css").read_text("utf-8")

    line = traitlets.Unicode("").tag(sync=True)
    trace: Any = traitlets.List().tag(sync=True)
    asked = traitlets.Int(0).tag(sync=True)  # counts how often the picture asked for the trace

    def __repr__(self) -> str:
        """The line."""
        return f"WhyLine({self.line!r})"
