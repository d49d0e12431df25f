"""JSON that every reader takes: no NaN, no Infinity, keys in the order given."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring  # the C one, where there is one
from typing import Any

__all__ = ["dumps", "plain"]

_FIELDS: dict[type, tuple[str, ...] | None] = {}
_WORDS = {None: "null", True: "true", False: "false"}


def plain(value: Any) -> Any:
    """`value` with dataclasses, tuples and mappings as plain objects and lists.

    An infinite number becomes the text "inf" or "-inf"; a NaN becomes null.
    """
    level = _level(value)
    if isinstance(level, dict):
        return {k: plain(v) for k, v in level.items()}
    return [plain(v) for v in level] if isinstance(level, list) else level


def dumps(value: Any, indent: int | None = 1) -> str:
    """`value` as JSON text (see `plain`); raises `TypeError` for what has no plain form."""
    if indent is None:
        text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
    else:  # the standard encoder leaves C for Python where it indents, and would need a plain copy of all first
        parts: list[str] = []
        _put(value, parts.append, "\n", " " * indent)
        text = "".join(parts)
    return text.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair has no UTF-8, but a JSON escape


def _level(value: Any) -> Any:
    """`value` as a dict with text keys, a list, or a single value that is in neither; what is inside stays as it is."""
    kind = type(value)
    if kind is str or kind is int or value is None or kind is bool or kind is list:
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return None if math.isnan(value) else "inf" if value > 0 else "-inf"
    names = _field_names(kind)
    if names is not None:
        return {name: getattr(value, name) for name in names}
    if isinstance(value, Mapping):
        return {str(k): v for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, (set, frozenset)):
        return sorted(plain(v) for v in value)
    return value


def _field_names(kind: type) -> tuple[str, ...] | None:
    """The fields of a dataclass; None for any other class."""
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(f.name for f in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else None
    return _FIELDS[kind]


def _put(value: Any, put: Callable[[str], None], line: str, step: str) -> None:
    """Hand the text of `value` to `put`, piece by piece; `line` begins a line as deep as what `value` stands in."""
    value = _level(value)
    kind = type(value)
    if kind is str:
        put(encode_basestring(value))
    elif kind is dict or kind is list:
        if not value:
            put("{}" if kind is dict else "[]")
            return
        inside = line + step
        between = ("{" if kind is dict else "[") + inside
        for item in value:
            put(between)
            if kind is dict:
                put(encode_basestring(item))
                put(": ")
                item = value[item]
            _put(item, put, inside, step)
            between = f",{inside}"
        put(line + ("}" if kind is dict else "]"))
    elif value is None or kind is bool:
        put(_WORDS[value])
    elif kind is int:
        put(int.__repr__(value))
    else:
        put(json.dumps(value, ensure_ascii=False, allow_nan=False))
