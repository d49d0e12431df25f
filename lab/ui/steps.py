"""What-if steps by hand: taken and put in the picture, or chosen from lists; and the list of steps with undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets

from lab.core.errors import LabError
from lab.core.svg import Picture
from lab.naming.model import Machine
from lab.naming.rebuild import ACTIONS, DRAGS, step_of
from lab.naming.whatif import cards, places
from lab.naming.whatif.parts import TITLES
from lab.ui.chart import Chart

__all__ = ["Bench"]

NO_PLACE = "– nowhere –"


class Bench(ipywidgets.VBox):
    """A picture with things to take and places to put them, the same as lists and a button, and the steps so far.

    `step` asks for one more step, `keep` for only the first steps: callbacks of the explorer. `held` is the key of
    what was taken in the picture and is not yet put; `selected` and `asked` are the picture's.
    """

    selected = traitlets.Unicode("")
    asked = traitlets.Int(0)
    held = traitlets.Unicode("")

    def __init__(self) -> None:
        """Begin empty; `connect` tells whom to ask."""
        self.chart = Chart(grid=True, drags={word: list(to) for word, to in DRAGS.items()})
        self._more: Callable[[str], None] = lambda text: None
        self._keep: Callable[[int], None] = lambda many: None
        self.action = self._list("what if", list(ACTIONS))
        self.who = self._list("card", [])
        self.where = self._list("place", [])
        self.value = ipywidgets.Text(description="value", layout=ipywidgets.Layout(width="auto"))
        self.button = ipywidgets.Button(description="Do it", layout=ipywidgets.Layout(width="auto"))
        self.button.add_class("lab-more-button")
        lists = ipywidgets.Box([self.action, self.who, self.where, self.value])
        lists.add_class("lab-controls")
        row = ipywidgets.Box([lists, self.button])
        row.add_class("lab-below")
        row.add_class("lab-control-step")
        self.steps = ipywidgets.HBox()
        self.steps.add_class("lab-steps")
        super().__init__([self.chart, self.steps, row])
        self._machine: Machine | None = None
        traitlets.link((self.chart, "selected"), (self, "selected"))
        traitlets.link((self.chart, "asked"), (self, "asked"))
        self.chart.on_msg(self._on_message)
        self.action.observe(self._on_action, "value")
        self.button.on_click(lambda _button: self._on_button())

    def connect(self, more: Callable[[str], None], keep: Callable[[int], None]) -> None:
        """Ask `more` for one step more, and `keep` for only the first so many."""
        self._more, self._keep = more, keep

    def show(self, shown: tuple[Picture, Machine, tuple[str, ...]]) -> None:
        """The picture, the machine after the steps, and the steps."""
        picture, machine, steps = shown
        self.chart.show(picture)
        if machine is not self._machine:
            self._machine = machine
            self._offer(machine)
        self.steps.children = self._listed(steps)

    # -- inside -----------------------------------------------------------------------------------

    @staticmethod
    def _list(label: str, options: list[Any]) -> ipywidgets.Dropdown:
        return ipywidgets.Dropdown(description=label, options=options, layout=ipywidgets.Layout(width="auto"))

    @property
    def _needs(self) -> tuple[str, ...]:
        return ACTIONS[self.action.value][1]

    def _offer(self, machine: Machine) -> None:
        """The lists for this machine and the action that is chosen."""
        recorded = bool(machine.recorded)
        needs = self._needs
        self.button.disabled = recorded
        self.who.layout.display = None if {"card", "new"} & set(needs) else "none"
        self.where.layout.display = None if "place" in needs else "none"
        value = next((need for need in needs if need not in ("card", "new", "place")), "")
        self.value.layout.display = None if value else "none"
        self.value.description = value or "value"
        if "new" in needs:
            self._set(self.who, [(title, word) for word, title in TITLES.items()])
        elif not recorded:
            self._set(self.who, [(c.label, c.text) for c in cards(machine) if c.movable or "place" not in needs])
        if "place" in needs and not recorded:
            self._set(self.where, [(p.label, p.text) for p in places(machine)] or [(NO_PLACE, "")])

    @staticmethod
    def _set(made: ipywidgets.Dropdown, options: list[tuple[str, str]]) -> None:
        """New options; what was chosen stays if it is still offered."""
        old = made.value
        if list(made.options) != options:
            made.options = options
        made.value = old if old in [value for _, value in options] else options[0][1] if options else None

    def _on_action(self, _change: Any) -> None:
        if self._machine is not None:
            self._offer(self._machine)

    def _on_button(self) -> None:
        """The step that the lists say."""
        kind, needs = ACTIONS[self.action.value]
        words = [kind]
        for need in needs:
            if need == "place":
                words += ["at" if kind == "add" else "to", self.where.value or ""]
            elif need in ("card", "new"):
                words.append(self.who.value or "")
            else:
                words += ["=", self.value.value]
        self._more(" ".join(words))

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Something was taken or put in the picture; anything else is not from our page."""
        took, put = (content.get(k) for k in ("took", "put")) if isinstance(content, dict) else (None, None)
        if not isinstance(took, str) or not isinstance(put, (str, type(None))):
            return
        if put is None and took.partition(" ")[0] in DRAGS:
            self.held = "" if self.held == took else took
            return
        taken, target = (took, put) if put is not None else (self.held, took)
        if not taken:
            return  # a place alone says nothing
        self.held = ""
        try:
            text = step_of(taken, target)
        except LabError:
            return  # such as a new card onto "out"
        self._more(text)

    def _listed(self, steps: tuple[str, ...]) -> list[ipywidgets.Widget]:
        """Each step, and a button that takes the last one back."""
        said = [ipywidgets.Label(f"{number}. {text}") for number, text in enumerate(steps, 1)]
        if not steps:
            return [ipywidgets.Label("No step yet: drag a card to a place, or choose below.")]
        undo = ipywidgets.Button(description="Undo", tooltip="Take the last step back", layout={"width": "auto"})
        undo.add_class("lab-more-button")
        undo.on_click(lambda _button: self._keep(len(steps) - 1))
        return [*said, undo]

    def __repr__(self) -> str:
        """The picture's."""
        return repr(self.chart)
