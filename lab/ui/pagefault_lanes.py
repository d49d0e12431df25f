"""The picture of the page-fault explorer: its timeline, and the lanes that unfold by name."""

from __future__ import annotations

from typing import Any

import ipywidgets
import traitlets

from lab.core.lanes import Lanes
from lab.pagefault.picture import GROUPS
from lab.ui.timeline import Timeline

__all__ = ["LANES", "FaultLanes"]

LANES = ("halt", *GROUPS)  # what unfolds
ROOM, LANE, AREA = 300, 21, 60  # px of the timeline while folded; the least for a lane, and where some are stacked
TOP = 110  # px of legend and axis, in a narrow frame
FEW = 12  # so many lanes at most are all made higher for the sake of those that are stacked


class FaultLanes(ipywidgets.VBox):
    """The timeline of a comparison, and the lanes that unfold by name.

    `selected` is the timeline's; `unfolded` says which of `LANES` are open.
    """

    selected = traitlets.Int(-1)
    unfolded: Any = traitlets.Tuple()

    def __init__(self) -> None:
        """Begin folded and empty."""
        self.timeline = Timeline(height=ROOM)
        self.says = ipywidgets.HTML()
        self.says.add_class("lab-says")
        self.toggles = {
            name: ipywidgets.ToggleButton(description=name, tooltip=f"Show or hide: {name}", layout={"width": "auto"})
            for name in LANES
        }
        self.toggles["tasks in halt"].layout.display = "none"  # while there is no halt
        for made in self.toggles.values():
            made.add_class("lab-toggle")
        row = ipywidgets.HBox([self.says, *self.toggles.values()])
        row.add_class("lab-unfold")
        super().__init__([self.timeline, row])
        traitlets.link((self.timeline, "selected"), (self, "selected"))
        for made in self.toggles.values():
            made.observe(self._on_toggle, "value")

    def show(self, shown: tuple[Lanes, str, str]) -> None:
        """Lanes, the headline (their name for readers of screens), and what the numbers rest on."""
        found, headline, basis = shown
        count = len(found.names)
        each = AREA if any(found.tops) and count <= FEW else LANE
        self.timeline.height = max(ROOM, TOP + each * count)
        self.timeline.show(found, headline)
        self.says.value = f"<span>{basis}</span>"

    def _on_toggle(self, _change: Any) -> None:
        self.toggles["tasks in halt"].layout.display = None if self.toggles["halt"].value else "none"
        self.unfolded = tuple(name for name, made in self.toggles.items() if made.value)

    def __repr__(self) -> str:
        """The timeline's."""
        return repr(self.timeline)
