"""A slider whose stops are not all values but the groups of values that give one result."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from lab.core import palette

__all__ = ["Stop", "StopSlider"]

HERE = Path(__file__).parent


@dataclasses.dataclass(frozen=True, slots=True)
class Stop:
    """One stop: what it is called, the `value` that moving there gives, and every value that it `holds`."""

    label: str
    value: Any
    holds: tuple[Any, ...] = ()

    def __contains__(self, value: Any) -> bool:
        """True if `value` lies at this stop."""
        return value == self.value or value in self.holds


class StopSlider(anywidget.AnyWidget):
    """A slider over `Stop`s. `value` is the parameter's value: it need not be that of the stop, only lie at it."""

    _esm = HERE / "stops.js"
    _css = palette.css() + (HERE / "stops.css").read_text("utf-8")

    description = traitlets.Unicode("").tag(sync=True)
    tooltip = traitlets.Unicode("").tag(sync=True)
    labels: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)
    index = traitlets.Int(0).tag(sync=True)
    value: Any = traitlets.Any(None)

    def __init__(self, stops: Sequence[Stop], value: Any, **kwargs: Any) -> None:
        """Stand at the stop that holds `value`."""
        super().__init__(**kwargs)
        self.stops: tuple[Stop, ...] = ()
        self.offer(stops, value)

    def offer(self, stops: Sequence[Stop], value: Any) -> None:
        """Have these stops from now on and stand at the one that holds `value`; `ValueError` if none does."""
        index = next((i for i, stop in enumerate(stops) if value in stop), None)
        if index is None:
            raise ValueError(f"{value!r} lies at no stop")
        self.stops = tuple(stops)
        with self.hold_sync():
            self.value = value
            self.labels = [stop.label for stop in stops]
            self.index = index

    @traitlets.observe("index")
    def _moved(self, change: Any) -> None:
        """The page moved the handle: the value is the stop's, unless it lies there already."""
        index = change["new"]
        if 0 <= index < len(self.stops) and self.value not in self.stops[index]:
            self.value = self.stops[index].value

    def __repr__(self) -> str:
        """What it says."""
        return f"StopSlider({self.description!r}, {self.stops[self.index].label!r})"
