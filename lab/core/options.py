"""A scenario as text: each value as it is typed, the options of a command, and the command line again."""

from __future__ import annotations

import argparse
import math
import re
import shlex
from collections.abc import Sequence
from typing import Any, TypeVar

from lab.core.errors import LabError
from lab.core.parameter import Field, Value, allowed, fields, named

__all__ = ["add_options", "command_line", "format_value", "from_options", "parse_value"]

S = TypeVar("S")
_US = {"ns": 1e-3, "us": 1.0, "µs": 1.0, "ms": 1e3, "s": 1e6}
_DURATION = re.compile(r"^\s*([0-9.eE+-]+?)\s*(ns|us|µs|ms|s)?\s*$")


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
        raise LabError(f"{field.option}: {text!r} is not {named(field)}") from None
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
            notes.append(allowed(field))
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
