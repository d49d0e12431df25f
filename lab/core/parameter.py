"""What a parameter of a scenario is, and what values it may have.

A scenario is a frozen dataclass whose fields are `Annotated[type, Parameter(...)]`. The types
understood are `bool`, `int`, `float`, `str`, `tuple[str, ...]`, and `int | None` or `float | None`
for a quantity that may be absent (a limit that is not there), which is written as `Parameter.absent`.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from typing import Any, TypeVar

from lab.core.errors import LabError

__all__ = ["Field", "Parameter", "Preset", "Value", "allowed", "check", "fields", "named"]

S = TypeVar("S")
Value = bool | int | float | str | tuple[str, ...] | None


@dataclasses.dataclass(frozen=True, slots=True)
class Parameter:
    """What one field of a scenario means.

    `help`: one sentence. `unit`: "" for a bare number, "us" for a duration in microseconds
    (then text such as "4ms" is understood). `low`, `high`: inclusive bounds. `choices`: the
    words allowed; one that ends with ":" goes on. `absent`: the word that stands for None
    ("inf", "none"). `label`: what a control is called, by default the field's name. `log`: a
    slider moves by factors.
    `steps`: the values a slider stops at, where bounds alone would be no good guide.
    """

    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    absent: str = ""
    label: str = ""
    log: bool = False
    steps: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """A parameter in its place: `name` in the dataclass, `kind` of value, default and meaning."""

    name: str
    kind: str  # "bool" | "int" | "float" | "str" | "list"
    default: Value
    parameter: Parameter

    @property
    def option(self) -> str:
        """The command-line option, e.g. `--page-in` for `page_in`."""
        return "--" + self.name.replace("_", "-")

    @property
    def negative(self) -> str:
        """The option that says no to a `bool`, e.g. `--no-shared`; `option` says yes; neither takes a value."""
        return "--no-" + self.name.replace("_", "-")

    @property
    def label(self) -> str:
        """What a control for it is called."""
        return self.parameter.label or self.name.replace("_", " ")


@dataclasses.dataclass(frozen=True, slots=True)
class Preset(typing.Generic[S]):
    """A named scenario that shows one point: `id` (N1, S1, P1) is the same in prose, CLI and tests."""

    id: str
    title: str
    scenario: S
    point: str


def fields(cls: type) -> tuple[Field, ...]:
    """The parameters of the scenario class `cls`, in the order they are declared.

    Raises `TypeError` (a bug in the class) for a field without a `Parameter` or of another type.
    """
    return _fields(cls)


@functools.cache
def _fields(cls: Any) -> tuple[Field, ...]:
    hints = typing.get_type_hints(cls, include_extras=True)
    found = []
    for item in dataclasses.fields(cls):
        hint = hints[item.name]
        meta = [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Parameter)]
        if len(meta) != 1 or item.default is dataclasses.MISSING:
            raise TypeError(f"{cls.__name__}.{item.name} needs one Parameter and a default")
        found.append(Field(item.name, _kind(typing.get_args(hint)[0]), item.default, meta[0]))
    return tuple(found)


def _kind(base: Any) -> str:
    if typing.get_origin(base) in (typing.Union, types.UnionType):
        base = next(a for a in typing.get_args(base) if a is not type(None))
    if typing.get_origin(base) is tuple:
        return "list"
    if base in (bool, int, float, str):
        return str(base.__name__)
    raise TypeError(f"no scenario field can be of type {base!r}")


def check(scenario: object) -> None:
    """Refuse a scenario whose values are out of range; a scenario calls this in `__post_init__`.

    Raises `LabError` that names the option, its value and the range.
    """
    for field in fields(type(scenario)):
        _check_value(field, getattr(scenario, field.name))


def _check_value(field: Field, value: object) -> None:
    p = field.parameter
    if value is None:
        if not p.absent:
            raise LabError(f"{field.option}: a value is needed")
        return
    if field.kind == "list":
        if not isinstance(value, tuple) or not all(isinstance(v, str) for v in value):
            raise LabError(f"{field.option}: {value!r} is not a list of texts")
        return
    wanted: tuple[type, ...] = {"bool": (bool,), "int": (int,), "float": (int, float), "str": (str,)}[field.kind]
    if not isinstance(value, wanted) or (isinstance(value, bool) and field.kind != "bool"):
        raise LabError(f"{field.option}: {value!r} is not {named(field)}")
    if p.choices and value not in p.choices and not _goes_on(p, value):
        raise LabError(f"{field.option}: {value!r} is not one of {', '.join(p.choices)}")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if isinstance(value, float) and not math.isfinite(value):
            raise LabError(f"{field.option}: {value} is no finite number")
        if (p.low is not None and value < p.low) or (p.high is not None and value > p.high):
            raise LabError(f"{field.option}: {_in_full(value)} is out of range, allowed is {allowed(field)}")


def _goes_on(p: Parameter, value: object) -> bool:
    """A choice that ends with a colon takes something behind it."""
    return any(str(value).startswith(choice) for choice in p.choices if choice.endswith(":"))


def named(field: Field) -> str:
    """What a value of `field` is called in a message."""
    words = {"bool": "yes or no", "int": "a whole number", "float": "a number", "str": "a text", "list": "a list"}
    word = "a duration such as 4ms" if field.parameter.unit == "us" else words[field.kind]
    return f"{word} or {field.parameter.absent}" if field.parameter.absent else word


def _in_full(value: float) -> str:
    """A number as it would be typed: every digit of a whole one, unless that filled the line."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else "such a number"
    return str(int(value)) if abs(value) < 1e15 and value.is_integer() else f"{value:g}"


def allowed(field: Field) -> str:
    """The range of `field` in words."""
    p, unit = field.parameter, f" {field.parameter.unit}" if field.parameter.unit else ""
    low = "" if p.low is None else _in_full(p.low)
    high = "" if p.high is None else _in_full(p.high)
    if low and high:
        text = f"{low} to {high}{unit}"
    else:
        text = f"at least {low}{unit}" if low else f"at most {high}{unit}" if high else "any"
    return f"{text} or {p.absent}" if p.absent else text
