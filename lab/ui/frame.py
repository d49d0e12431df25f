"""The frame that the three explorers share: headline, bar, picture, controls, why line.

A room describes itself as a `Subject`; `Explorer` does the rest: presets, reset, text size, table,
export, the equal command, errors at the input. It holds no rule of any room.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import ipywidgets

from lab.core.errors import LabError
from lab.core.scenario import Field, Preset, fields, preset_by_id
from lab.core.table import Table
from lab.ui.bar import Bar, Canvas, WhyLine
from lab.ui.controls import control, set_value, value_of
from lab.ui.mime import with_svg
from lab.ui.stops import Stop, StopSlider
from lab.ui.table import TableView

__all__ = ["Canvas", "Explorer", "PictureWidget", "Subject", "View", "Why"]

S = TypeVar("S")


@dataclasses.dataclass(frozen=True, slots=True)
class Why:
    """Where the chosen thing comes from: one `line`, and the full `trace` a line each."""

    line: str
    trace: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """What one scenario shows.

    `headline`: the answer in one sentence. `picture`: what the picture widget's `show` takes.
    `table`: the same data. `svg`: the stand-alone picture, drawn when asked for. `why`: the reason
    for a key of the picture ("" for what is most worth explaining). `badge`: a word such as "edited".
    `files`: name and content of the files that the answer is for, to be saved as they are; `files_word` what they are.
    """

    headline: str
    picture: Any
    table: Table
    svg: Callable[[], str]
    why: Callable[[str], Why]
    badge: str = ""
    files: Sequence[tuple[str, str | bytes]] = ()
    files_word: str = "Rule files"


class PictureWidget(Protocol):
    """A widget that can stand in the frame's middle: it shows a value and says what was chosen in it."""

    def show(self, picture: Any) -> None:
        """Replace the picture."""

    def observe(self, handler: Callable[[Any], None], names: str) -> None:
        """As every widget has it; `selected` is the trait the frame listens to."""


@dataclasses.dataclass(frozen=True, slots=True)
class Subject(Generic[S]):
    """One room as the frame sees it.

    `name`: what it is called in `repr`. `question`: the explorer's question. `presets`: the first one
    opens. `primary`: names of at most four parameters that stand in the open; `more`: those under
    "More". `view`: scenario and canvas to what is shown, in under 100 ms. `command`: the equal
    command line. `picture`: the widget in the middle. `words`: what a text box offers, by
    parameter; `picks`: label and value of what a drop-down offers for a text. `stops`: from the scenario the
    stops of a slider, each a group of values that give one result. `fit`: the nearest scenario that can be
    shown, asked for when a control has moved.
    """

    name: str
    question: str
    presets: Sequence[Preset[S]]
    primary: tuple[str, ...]
    view: Callable[[S, Canvas], View]
    command: Callable[[S], str]
    picture: Any
    more: tuple[str, ...] = ()
    words: Mapping[str, Callable[[], Sequence[str]]] = dataclasses.field(default_factory=dict)
    picks: Mapping[str, Callable[[], Sequence[tuple[str, str]]]] = dataclasses.field(default_factory=dict)
    stops: Mapping[str, Callable[[S], Sequence[Stop]]] = dataclasses.field(default_factory=dict)
    fit: Callable[[S], S] = lambda scenario: scenario


class Explorer(ipywidgets.VBox):
    """A `Subject` on the page; `scenario` is what is shown, `view` the answer to it."""

    def __init__(self, subject: Subject[Any], preset: str = "", **changes: Any) -> None:
        """Open on `preset`, or on the subject's first one, with `changes` of its parameters as `set` takes them.

        Raises `LabError` for an unknown id, and as `set` does.
        """
        self.subject = subject
        self._preset = preset_by_id(subject.presets, preset) if preset else subject.presets[0]
        self.scenario = self._preset.scenario
        self._quiet = False
        self._fields = {f.name: f for f in fields(type(self.scenario)) if f.name in subject.primary + subject.more}
        self.bar = Bar(
            question=subject.question, presets=[[p.id, p.title] for p in subject.presets], preset=self._preset.id
        )
        self.why = WhyLine()
        self.table = TableView(layout=ipywidgets.Layout(display="none"))
        self.controls = {name: self._control(field) for name, field in self._fields.items()}
        primary = ipywidgets.Box([self.controls[n] for n in subject.primary])
        primary.add_class("lab-controls")
        self._more = ipywidgets.Box([self.controls[n] for n in subject.more], layout=ipywidgets.Layout(display="none"))
        self._more.add_class("lab-controls")
        self._more.add_class("lab-more")
        self._more_button = ipywidgets.ToggleButton(description="More", tooltip="Show all parameters")
        self._more_button.add_class("lab-more-button")
        row = [primary, self._more_button] if subject.more else [primary]
        below = ipywidgets.Box(row)
        below.add_class("lab-below")
        subject.picture.add_class("lab-picture")
        middle = ipywidgets.Box([subject.picture, self.table])
        middle.add_class("lab-middle")
        super().__init__([self.bar, middle, below, self._more, self.why])
        self.add_class("lab")
        self.add_class("lab-frame")
        self.bar.observe(self._on_preset, "preset")
        self.bar.observe(self._on_canvas, ["size", "width"])
        self.bar.observe(self._on_table, "table_shown")
        self.bar.on_msg(self._on_message)
        self._more_button.observe(self._on_more, "value")
        subject.picture.observe(self._on_selected, "selected")
        if subject.picture.has_trait("asked"):
            subject.picture.observe(self._on_asked, "asked")
        self._show()
        if changes:
            self.set(**changes)

    # -- what others call -------------------------------------------------------------------------

    def load(self, preset: str) -> None:
        """Show a preset exactly; raises `LabError` for an unknown id."""
        self._preset = preset_by_id(self.subject.presets, preset)
        self.bar.preset = self._preset.id
        self._settle(self._preset.scenario)

    def set(self, **changes: Any) -> None:
        """Change parameters by name; raises `LabError` for an unknown name or a value out of range."""
        unknown = sorted(set(changes) - {f.name for f in fields(type(self.scenario))})
        if unknown:
            raise LabError(f"{unknown[0]!r} is no parameter of the {self.subject.name} explorer")
        self._settle(dataclasses.replace(self.scenario, **changes))

    def attempt(self, name: str, value: Any) -> None:
        """Change one parameter as a control does: what is wrong with `value` is said at that control."""
        try:
            self.set(**{name: value})
        except LabError as error:
            self._complain(str(error), name)

    # -- inside -----------------------------------------------------------------------------------

    def _control(self, field: Field) -> ipywidgets.DOMWidget:
        offered = self.subject.words.get(field.name, tuple)()
        picks = self.subject.picks.get(field.name, tuple)()
        if field.name in self.subject.stops:
            made = self._slider(field)
        else:
            made = control(field, getattr(self.scenario, field.name), offered, picks)
        made.observe(lambda _change, name=field.name: self._on_control(name), "value")
        return made

    def _slider(self, field: Field) -> StopSlider:
        stops = self.subject.stops[field.name](self.scenario)
        words = {"description": field.label, "tooltip": field.parameter.help}
        made = StopSlider(stops, getattr(self.scenario, field.name), **words)
        made.add_class(f"lab-control-{field.name}")
        return made

    def _settle(self, scenario: Any) -> None:
        """Show `scenario` and move every control to it, without each control asking for a new picture."""
        before = self.scenario
        self.scenario = scenario
        try:
            self._show()
        except LabError:
            self.scenario = before
            raise
        self._move_controls(tuple(self._fields))

    def _move_controls(self, names: Sequence[str]) -> None:
        """Let these controls say what the scenario says."""
        self._quiet = True
        try:
            for name in names:
                set_value(self._fields[name], self.controls[name], getattr(self.scenario, name))
        finally:
            self._quiet = False

    def _on_control(self, name: str) -> None:
        if self._quiet:
            return
        before = self.scenario
        try:
            value = value_of(self._fields[name], self.controls[name])
            if value == getattr(before, name):
                self._complain("", "")
                return
            asked = dataclasses.replace(before, **{name: value})
            self.scenario = self.subject.fit(asked)
            self._show()
            self._move_controls([n for n in self._fields if getattr(asked, n) != getattr(self.scenario, n)])
        except LabError as error:  # the last good picture stays
            self.scenario = before
            self._complain(str(error), name)

    def _show(self) -> None:
        """Ask the room for its view of the scenario and put it on the page."""
        canvas = Canvas(min(max(self.bar.width, 320), 1200), self.bar.size)
        view = self.subject.view(self.scenario, canvas)
        stops = {name: offered(self.scenario) for name, offered in self.subject.stops.items()}
        self.view = view
        self._offer(stops)
        preset = self._preset.scenario
        changed = [f.name for f in fields(type(preset)) if getattr(preset, f.name) != getattr(self.scenario, f.name)]
        with self.bar.hold_sync():
            self.bar.headline = view.headline
            self.bar.badge = view.badge
            self.bar.files = len(view.files)
            self.bar.files_word = view.files_word
            self.bar.changed = len(changed)
            self.bar.command = self.subject.command(self.scenario)
        hidden = len([n for n in changed if n in self.subject.more])
        self._more_button.description = f"More ({hidden} changed)" if hidden else "More"
        self.subject.picture.show(view.picture)
        if self.subject.picture.has_trait("headline"):  # a canvas has no title of its own
            self.subject.picture.headline = view.headline
        if self.bar.table_shown:
            self.table.show(view.table)
        self._explain()
        self._complain("", "")

    def _offer(self, stops: Mapping[str, Sequence[Stop]]) -> None:
        """Give the sliders their new stops; the values stay."""
        self._quiet, quiet = True, self._quiet
        try:
            for name, offered in stops.items():
                self.controls[name].offer(offered, getattr(self.scenario, name))
        finally:
            self._quiet = quiet

    def _complain(self, text: str, name: str) -> None:
        with self.bar.hold_sync():
            self.bar.error = text
            self.bar.error_at = name

    def _explain(self) -> None:
        chosen = self.subject.picture.selected
        why = self.view.why("" if chosen == -1 else str(chosen))  # -1: no segment of a timeline
        with self.why.hold_sync():
            self.why.line = why.line
            self.why.trace = list(why.trace)

    def _on_selected(self, _change: Any) -> None:
        self._explain()

    def _on_asked(self, _change: Any) -> None:
        self.why.asked += 1

    def _on_preset(self, change: Any) -> None:
        if change["new"] != self._preset.id:
            self.load(change["new"])

    def _on_canvas(self, _change: Any) -> None:
        self._show()

    def _on_table(self, change: Any) -> None:
        if change["new"]:
            self.table.show(self.view.table)
        self.table.layout.display = "block" if change["new"] else "none"
        self.subject.picture.layout.display = "none" if change["new"] else None

    def _on_more(self, change: Any) -> None:
        self._more.layout.display = None if change["new"] else "none"

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Reset, or a file that the page saves; anything else is not from our page."""
        wanted = content.get("do") if isinstance(content, dict) else None
        if wanted == "reset":
            self.load(self._preset.id)
        elif wanted == "files":
            for name, held in self.view.files:
                if isinstance(held, bytes):
                    self.bar.send({"save": name, "mime": "application/octet-stream"}, buffers=[held])
                else:
                    self.bar.send({"save": name, "mime": "text/plain", "text": held})
        elif wanted in ("svg", "csv", "json"):
            text, mime = {
                "svg": lambda: (self.view.svg(), "image/svg+xml"),
                "csv": lambda: (self.view.table.to_csv(), "text/csv"),
                "json": lambda: (self.view.table.to_json(), "application/json"),
            }[wanted]()
            self.bar.send({"save": f"{self.subject.name}-{self._preset.id}.{wanted}", "mime": mime, "text": text})

    def __repr__(self) -> str:
        """Name, preset and headline: what a text-only reader needs."""
        return f"{self.subject.name} explorer, {self._preset.id}: {self.view.headline}"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_svg(super()._repr_mimebundle_(**kwargs), self.view.svg(), repr(self))
