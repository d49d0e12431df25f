"""Typed, declarative parameters: one list of them drives options, widgets, validation and JSON.

What a parameter is: `parameter`; as text and on a command line: `options`; here JSON and presets.
Import all of it from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from lab.core.errors import LabError
from lab.core.options import add_options, command_line, format_value, from_options, parse_value
from lab.core.parameter import Field, Parameter, Preset, Value, check, fields

__all__ = [
    "Field",
    "Parameter",
    "Preset",
    "Value",
    "add_options",
    "check",
    "command_line",
    "fields",
    "format_value",
    "from_json",
    "from_options",
    "parse_value",
    "preset_by_id",
    "to_json",
]

S = TypeVar("S")


def to_json(scenario: object) -> dict[str, Any]:
    """The scenario as a plain object; an absent quantity is its word ("inf", "none")."""
    out: dict[str, Any] = {}
    for field in fields(type(scenario)):
        value = getattr(scenario, field.name)
        out[field.name] = (
            field.parameter.absent if value is None else list(value) if isinstance(value, tuple) else value
        )
    return out


def from_json(cls: type[S], data: Mapping[str, Any]) -> S:
    """A scenario of `cls` from what `to_json` gave; a missing key takes its default.

    Raises `LabError` for an unknown key or a value out of range.
    """
    known = {field.name: field for field in fields(cls)}
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise LabError(f"scenario: unknown parameter {unknown[0]!r}; known are {', '.join(known)}")
    values: dict[str, Value] = {}
    for name, value in data.items():
        field = known[name]
        if isinstance(value, list):
            value = tuple(value)
        if field.parameter.absent and value == field.parameter.absent:
            value = None
        values[name] = value
    return cls(**values)


def preset_by_id(presets: Sequence[Preset[S]], wanted: str) -> Preset[S]:
    """The preset called `wanted` (case does not matter); raises `LabError` with the known ids."""
    for preset in presets:
        if preset.id.lower() == wanted.lower():
            return preset
    raise LabError(f"--preset: {wanted!r} is not one of {', '.join(p.id for p in presets)}")
