"""Controls made from a scenario's parameters: one ipywidgets control per parameter, nothing listed twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import ipywidgets

from lab.core.duration import duration
from lab.core.errors import LabError
from lab.core.scenario import Field, format_value, parse_value
from lab.ui.stops import StopSlider

__all__ = ["control", "set_value", "value_of"]

_BETWEEN = re.compile(r"(?<!\\);")
SLIDER_SPAN = 512  # a whole-number range up to this long gets every stop


def control(
    field: Field, value: Any, words: Sequence[str] = (), picks: Sequence[tuple[str, str]] = ()
) -> ipywidgets.DOMWidget:
    """A control for `field` that stands at `value`.

    Choices give a drop-down, choices that count upwards (v238, v239, ...) a slider, ranges a slider
    (by stops where the scale is logarithmic or where the quantity may be absent), the rest a text
    box; `words` are what a text box offers. `picks` (label, value) make a text a drop-down.
    """
    p = field.parameter
    unit = {"us": "µs"}.get(p.unit, p.unit)
    common: dict[str, Any] = {
        "description": f"{field.label} ({unit})" if unit and not _spells_unit(field) else field.label,
        "tooltip": f"{p.help}; several are separated by ;" if field.kind == "list" else p.help,
        "layout": ipywidgets.Layout(width="auto"),
    }
    if field.kind == "bool":
        made = ipywidgets.Checkbox(value=bool(value), indent=False, **common)
    elif _counts_upwards(p.choices):
        made = ipywidgets.SelectionSlider(options=[(c, c) for c in p.choices], value=value, **common)
    elif picks:
        made = ipywidgets.Dropdown(options=_with(list(picks), value), value=value, **common)
    elif p.choices and not any(choice.endswith(":") for choice in p.choices):  # such a one needs something typed
        made = ipywidgets.Dropdown(options=list(p.choices), value=value, **common)
    elif _has_slider(field):
        made = _slider(field, value, common)
    else:
        made = ipywidgets.Combobox(options=list(words), value=_written(field, value), continuous_update=False, **common)
    made.add_class(f"lab-control-{field.name}")
    return made


def _counts_upwards(choices: Sequence[str]) -> bool:
    """True for a scale written as words: one letter and a number that grows, five of them or more."""
    numbers = [int(c[1:]) for c in choices if c[1:].isdecimal() and c[0] == choices[0][0]]
    return 5 <= len(choices) == len(numbers) and numbers == sorted(set(numbers))


def _with(picks: list[tuple[str, str]], value: str) -> list[tuple[str, str]]:
    """`picks`, with `value` among them: it may be a file that nobody offered."""
    return picks if value in [written for _, written in picks] else [*picks, (value, value)]


def _has_slider(field: Field) -> bool:
    """A range makes a slider, unless nobody could hit a value on it (a seed)."""
    p = field.parameter
    if field.kind not in ("int", "float") or p.low is None or p.high is None:
        return False
    return bool(p.log or p.steps or field.kind == "float" or p.high - p.low <= SLIDER_SPAN)


def _slider(field: Field, value: Any, common: dict[str, Any]) -> ipywidgets.DOMWidget:
    p = field.parameter
    if field.kind == "int" and not (p.log or p.steps or p.absent):
        return ipywidgets.IntSlider(value=value, min=int(p.low or 0), max=int(p.high or 0), **common)
    return ipywidgets.SelectionSlider(options=_options(field, value), value=format_value(field, value), **common)


def _options(field: Field, value: Any) -> list[tuple[str, str]]:
    """The stops of a slider with `value` among them: how each is read out, and how a command writes it."""
    stops = {_number(field, s) for s in (field.parameter.steps or _stops(field))}
    if value is not None:
        stops.add(value)
    every = [*sorted(stops), *([None] if field.parameter.absent else [])]
    return [(_read_out(field, stop), format_value(field, stop)) for stop in every]


def _number(field: Field, stop: float) -> Any:
    return int(stop) if field.kind == "int" else float(stop)


def _stops(field: Field) -> list[float]:
    """1-2-5 steps over a logarithmic range, a hundred even ones over a plain one."""
    low, high = field.parameter.low or 0.0, field.parameter.high or 0.0
    if not field.parameter.log:
        if field.kind == "int":
            return [float(n) for n in range(int(low), int(high) + 1)]
        return [round(low + (high - low) * i / 100, 12) for i in range(101)]
    stops, power = [low, high], -9
    while 10.0**power <= high:
        stops += [float(f"{m}e{power}") for m in (1, 2, 5) if low <= float(f"{m}e{power}") <= high]
        power += 1
    return stops


def _spells_unit(field: Field) -> bool:
    return field.parameter.unit == "us" and field.kind == "float"


def _read_out(field: Field, value: Any) -> str:
    if value is None:
        return {"inf": "∞", "none": "none"}.get(field.parameter.absent, field.parameter.absent)
    if _spells_unit(field):
        return duration(value, 4) if value else "0 µs"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _written(field: Field, value: Any) -> str:
    r"""What a text box holds: the texts of a list stand between semicolons, one within a text is written `\;`."""
    if field.kind == "list":
        return " ; ".join(text.replace(";", r"\;") for text in value)
    return format_value(field, value)


def value_of(field: Field, made: ipywidgets.DOMWidget) -> Any:
    """What the control says now; raises `LabError` for a text that is no value of this parameter."""
    if field.kind == "list":
        return tuple(step for part in _BETWEEN.split(made.value) if (step := part.strip().replace(r"\;", ";")))
    if isinstance(made, (ipywidgets.Combobox, ipywidgets.SelectionSlider)):
        return parse_value(field, made.value)
    return made.value


def set_value(field: Field, made: ipywidgets.DOMWidget, value: Any) -> None:
    """Move the control to `value`; a slider that has no such stop gets it."""
    if isinstance(made, StopSlider):
        made.offer(made.stops, value)
    elif isinstance(made, ipywidgets.SelectionSlider):
        text = format_value(field, value)
        if text not in [written for _, written in made.options]:
            made.options = _options(field, value)
        made.value = text
    elif isinstance(made, ipywidgets.Combobox):
        made.value = _written(field, value)
    elif isinstance(made, ipywidgets.Dropdown) and not field.parameter.choices:
        made.options = _with(list(made.options), value)
        made.value = value
    elif isinstance(made, ipywidgets.Dropdown) and value not in made.options:
        raise LabError(f"{field.option}: {value!r} is not offered")
    else:
        made.value = value
