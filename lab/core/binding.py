"""One loop, several callees: a copy of a function in which a global name means another function."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

__all__ = ["bind"]


def bind(function: Callable[..., Any], suffix: str = "", **names: Any) -> Any:
    """A copy of `function` whose global `names` mean something else; `suffix` tells its name from others."""
    assert isinstance(function, FunctionType)
    copy = FunctionType(function.__code__, {**function.__globals__, **names}, function.__name__, function.__defaults__)
    copy.__qualname__ = function.__qualname__ + suffix
    return copy
