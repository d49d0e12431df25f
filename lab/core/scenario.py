"""Typed, declarative parameters: one list of them drives options, widgets, validation and JSON.

A scenario is a frozen dataclass whose fields are `Annotated[type, Parameter(...)]`. The types
understood are `bool`, `int`, `float`, `str`, `tuple[str, ...]`, and `int | None` or `float | None`
for a quantity that may be absent (a limit that is not there), which is written as `Parameter.absent`.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import math
import re
import shlex
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from lab.core.errors import LabError

__all__ = [
    "Field",
    "Parameter",
    "Preset",
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
Value = bool | int | float | str | tuple[str, ...] | None

_US = {"ns": 1e-3, "us": 1.0, "µs": 1.0, "ms": 1e3, "s": 1e6}
_DURATION = re.compile(r"^\s*([0-9.eE+-]+?)\s*(ns|us|µs|ms|s)?\s*$")


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
        raise LabError(f"{field.option}: {value!r} is not {_named(field)}")
    if p.choices and value not in p.choices and not _goes_on(p, value):
        raise LabError(f"{field.option}: {value!r} is not one of {', '.join(p.choices)}")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if isinstance(value, float) and not math.isfinite(value):
            raise LabError(f"{field.option}: {value} is no finite number")
        if (p.low is not None and value < p.low) or (p.high is not None and value > p.high):
            raise LabError(f"{field.option}: {_in_full(value)} is out of range, allowed is {_range(field)}")


def _goes_on(p: Parameter, value: object) -> bool:
    """A choice that ends with a colon takes something behind it."""
    return any(str(value).startswith(choice) for choice in p.choices if choice.endswith(":"))


def _named(field: Field) -> str:
    words = {"bool": "yes or no", "int": "a whole number", "float": "a number", "str": "a text", "list": "a list"}
    word = "a duration such as 4ms" if field.parameter.unit == "us" else words[field.kind]
    return f"{word} or {field.parameter.absent}" if field.parameter.absent else word


def _in_full(value: float) -> str:
    """A number as it would be typed: every digit of a whole one, unless that filled the line."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else "such a number"
    return str(int(value)) if abs(value) < 1e15 and value.is_integer() else f"{value:g}"


def _range(field: Field) -> str:
    p, unit = field.parameter, f" {field.parameter.unit}" if field.parameter.unit else ""
    low = "" if p.low is None else _in_full(p.low)
    high = "" if p.high is None else _in_full(p.high)
    if low and high:
        text = f"{low} to {high}{unit}"
    else:
        text = f"at least {low}{unit}" if low else f"at most {high}{unit}" if high else "any"
    return f"{text} or {p.absent}" if p.absent else text


def parse_value(field: Field, text: str) -> Value:
    """The value that `text` writes for `field`: a number, a duration such as `4ms`, a word.

    Returns it unchecked against its range (`check` does that). Raises `LabError` if the text
    is no value of this kind.
    """
    text = text.strip()
    if field.parameter.absent and text == field.parameter.absent:
        return None
    try:
        if field.kind == "bool":
            return {"yes": True, "true": True, "no": False, "false": False}[text.lower()]
        if field.parameter.unit == "us":
            match = _DURATION.match(text)
            if match is None:
                raise ValueError
            number = float(match[1]) * _US[match[2] or "us"]
            if not math.isfinite(number):
                raise ValueError
            return number
        if field.kind in ("int", "float"):
            if "_" in text or not text.isascii():  # Python takes 1_0 and the digits of every script
                raise ValueError
            return int(text) if field.kind == "int" else float(text)
    except (ValueError, KeyError, OverflowError):
        raise LabError(f"{field.option}: {text!r} is not {_named(field)}") from None
    return (text,) if field.kind == "list" else text


def format_value(field: Field, value: Value) -> str:
    """How `value` is written on a command line, so that `parse_value` gives it back."""
    if value is None:
        return field.parameter.absent
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    if not isinstance(value, float):
        return str(value)
    if field.parameter.unit == "us":
        for unit in ("s", "ms"):  # as a person writes it, where that gives back the very same number
            text = f"{value / _US[unit]:.12g}"
            if value >= _US[unit] and len(text) <= 6 and float(text) * _US[unit] == value:
                return text + unit
    return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


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


def add_options(parser: argparse.ArgumentParser, cls: type, only: Sequence[str] = ()) -> None:
    """Give `parser` one option per parameter of `cls` (or of those named in `only`); `bool` gets two, without value."""
    for field in fields(cls):
        if only and field.name not in only:
            continue
        p = field.parameter
        notes = [p.help]
        if p.choices:
            notes.append("one of " + ", ".join(p.choices))
        elif p.low is not None or p.high is not None or p.absent:
            notes.append(_range(field))
        default = format_value(field, field.default) or "none given"
        if field.kind == "bool":
            for option, word in ((field.option, "yes"), (field.negative, "no")):
                told = f"{p.help} (default {default})" if word == "yes" else f"the opposite of {field.option}"
                parser.add_argument(
                    option, dest=field.name, action="store_const", const=word, help=told.replace("%", "%%")
                )
            continue
        parser.add_argument(
            field.option,
            dest=field.name,
            metavar=field.name.upper(),
            default=None,
            action="append" if field.kind == "list" else "store",
            help=f"{'; '.join(notes)} (default {default})".replace("%", "%%"),
        )


def from_options(cls: type[S], options: argparse.Namespace, base: S | None = None) -> S:
    """The scenario that parsed options describe; what was not given comes from `base` or the defaults.

    Raises `LabError` for text that is no value or a value out of range.
    """
    values: dict[str, Any] = {}
    for field in fields(cls):
        given = getattr(options, field.name, None)
        if given is None:
            values[field.name] = field.default if base is None else getattr(base, field.name)
        elif field.kind == "list":
            values[field.name] = tuple(given)
        else:
            values[field.name] = parse_value(field, given)
    return cls(**values)


def command_line(scenario: object, *command: str, always: Sequence[str] = ("seed",)) -> str:
    """The `kernel-lab ...` line equal to `scenario`: what differs from the defaults, and `always`."""
    words = ["kernel-lab", *command]
    for field in fields(type(scenario)):
        value = getattr(scenario, field.name)
        if value == field.default and field.name not in always:
            continue
        if field.kind == "bool":
            words.append(field.option if value else field.negative)
            continue
        for item in value if isinstance(value, tuple) else (value,):
            text = format_value(field, item)
            words += [f"{field.option}={text}"] if text.startswith("-") else [field.option, text]
    return shlex.join(words)


def preset_by_id(presets: Sequence[Preset[S]], wanted: str) -> Preset[S]:
    """The preset called `wanted` (case does not matter); raises `LabError` with the known ids."""
    for preset in presets:
        if preset.id.lower() == wanted.lower():
            return preset
    raise LabError(f"--preset: {wanted!r} is not one of {', '.join(p.id for p in presets)}")
