"""The race of comparisons: lanes that run side by side, one comparison a step."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from lab.core import jsontext, palette
from lab.core.scenario import to_json
from lab.symbols.lane_picture import draw_still, lane_boxes, race_picture, said
from lab.symbols.race import RATE, Lane, Race
from lab.ui.mime import with_svg

__all__ = ["RaceView", "Shown"]

HERE = Path(__file__).parent
SPOKEN = 24  # comparisons of a long lane that are told one by one; then every hundredth


@dataclasses.dataclass(frozen=True, slots=True)
class Shown:
    """A race, and the `width` and `text` size in px to draw it for."""

    race: Race
    width: int = 920
    text: int = 14


class RaceView(anywidget.AnyWidget):
    """Shows a `Race` when it is over; Space plays it from the start, → and ← go by one comparison.

    `selected` is the comparison that was stepped to, "" for the race as a whole. `wish`, if set, is called
    with "random" or "missing" when the reader asks for such a name; `toggle` with the id of a method that the
    reader adds or removes, one of `methods` (pairs of id and word).
    """

    _esm = HERE / "race.js"
    _css = palette.css() + (HERE / "race.css").read_text("utf-8")

    svg = traitlets.Unicode("").tag(sync=True)
    lanes: Any = traitlets.List().tag(sync=True)
    topic = traitlets.Unicode("").tag(sync=True)  # which race it is, whatever its size
    rate = traitlets.Int(RATE).tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)
    methods: Any = traitlets.List().tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:
        """Empty until `show` is called."""
        super().__init__(**kwargs)
        self._shown: Shown | None = None
        self.wish: Callable[[str], None] | None = None
        self.toggle: Callable[[str], None] | None = None
        self.on_msg(self._on_message)

    def show(self, shown: Shown) -> None:
        """Replace the race; a new one stands at its end, the same one in another size stays where it is."""
        self._shown = shown
        boxes = lane_boxes(shown.race, shown.width, shown.text)
        topic = jsontext.dumps(to_json(shown.race.scenario), indent=None)
        with self.hold_sync():
            if topic != self.topic:
                self.selected = ""
            self.topic = topic
            self.svg = draw_still(shown.race, shown.width, shown.text).svg()
            self.lanes = [
                {**dataclasses.asdict(box), **_course(lane, box.shown)}
                for lane, box in zip(shown.race.lanes, boxes, strict=True)
            ]

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        wanted = content.get("do") if isinstance(content, dict) else None
        if wanted in ("random", "missing") and self.wish is not None:
            self.wish(wanted)
        method = content.get("method") if wanted == "method" else None
        if self.toggle is not None and isinstance(method, str) and method in [known for known, _ in self.methods]:
            self.toggle(method)

    def __repr__(self) -> str:
        """The headline."""
        return f"RaceView({self._shown.race.headline!r})" if self._shown else "RaceView()"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if self._shown is None:
            return bundle
        picture = race_picture(self._shown.race, self._shown.width, self._shown.text)
        return with_svg(bundle, picture.standalone(), repr(self))


def _course(lane: Lane, letters: int) -> dict[str, Any]:
    """A lane's run for the page: what each step lights, leaves open and says.

    A scan lights every place up to its step, so it needs no lists; what it says is thinned out.
    """
    total = lane.comparisons
    scan = lane.id == "linear"
    steps = range(total + 1)
    told = [k for k in steps if not scan or k <= SPOKEN or k % 100 == 0 or k == total]
    return {
        "id": lane.id,
        "word": lane.word,
        "total": total,
        "places": lane.index.places,
        "found": lane.found,
        "scan": scan,
        "probes": [] if scan else list(lane.trace.probes),
        "open": [] if scan else [[list(r) for r in lane.open_after(k)] for k in steps],
        "end": lane.trace.probes[-1] if lane.found else -1,
        "said": {str(k): said(lane, k, letters) for k in told},
    }
