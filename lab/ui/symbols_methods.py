"""A chart of several methods, and a list to add one or to take one away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets

from lab.core.errors import LabError
from lab.core.svg import Picture
from lab.symbols.structures import STRUCTURES
from lab.ui.chart import Chart
from lab.ui.symbols_names import SINGLE_LOOKUPS

__all__ = ["MethodsChart", "single_lookups"]


def single_lookups(methods: tuple[str, ...]) -> tuple[str, ...]:
    """`methods`, or `LabError` if one of them answers whole batches only."""
    batches = [m for m in methods if m not in SINGLE_LOOKUPS]
    if batches:
        raise LabError(f"--methods: a {STRUCTURES[batches[0]].word} answers whole batches only; leave it out here")
    return methods


class MethodsChart(ipywidgets.VBox):
    """A chart with a drop-down below it; `toggle` is called with the method that the reader adds or removes.

    `selected` is the chart's.
    """

    selected = traitlets.Unicode("")

    def __init__(self) -> None:
        """Begin empty."""
        self.chart = Chart()
        self.toggle: Callable[[str], None] = lambda method: None
        self.list = ipywidgets.Dropdown(options=[("+ Add a method", "")], layout=ipywidgets.Layout(width="auto"))
        self.list.tooltip = "Add or remove a method"
        row = ipywidgets.Box([self.list], layout=ipywidgets.Layout(width="200px", align_self="flex-end"))
        row.add_class("lab-controls")
        row.add_class("lab-methods")
        super().__init__([self.chart, row])
        traitlets.link((self.chart, "selected"), (self, "selected"))
        self.list.observe(self._on_list, "value")

    def show(self, shown: tuple[Picture, tuple[str, ...]]) -> None:
        """The picture, and the methods that it shows."""
        picture, methods = shown
        self.chart.show(picture)
        added = [(f"add {STRUCTURES[m].word}", m) for m in SINGLE_LOOKUPS if m not in methods]
        removed = [(f"remove {STRUCTURES[m].word}", m) for m in methods] if len(methods) > 1 else []
        options = [("+ Add a method", ""), *added, *removed]
        if list(self.list.options) != options:
            self.list.options = options
        self.list.value = ""

    def _on_list(self, change: Any) -> None:
        if change["new"]:
            self.toggle(change["new"])
            self.list.value = ""

    def __repr__(self) -> str:
        """The chart's."""
        return repr(self.chart)
