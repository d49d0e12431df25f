"""JSON that any reader takes; the oracle is the json module with its extensions refused."""

import dataclasses
import enum
import json
import math
from types import MappingProxyType
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core import jsontext

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def refuse(word: str) -> NoReturn:
    raise AssertionError(f"{word} is no JSON")


def expected(value: Any) -> Any:
    """The same value with the two rules of `plain` applied by hand."""
    match value:
        case float() if math.isnan(value):
            return None
        case float() if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        case dict():
            return {k: expected(v) for k, v in value.items()}
        case list() | tuple():
            return [expected(v) for v in value]
    return value


@given(VALUES)
def test_strict_readers_get_the_value_back(value: Any) -> None:
    text = jsontext.dumps(value)
    assert json.loads(text.encode("utf-8"), parse_constant=refuse) == expected(value)


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    left: float
    right: tuple[object, ...]


class Colour(enum.IntEnum):
    RED = 3


def test_dataclasses_sets_and_keys() -> None:
    value = {3: Pair(math.inf, (Pair(1.5, ()), {"b", "a"}))}
    assert jsontext.plain(value) == {"3": {"left": "inf", "right": [{"left": 1.5, "right": []}, ["a", "b"]]}}


def test_keys_keep_their_order() -> None:
    assert jsontext.dumps({"z": 1, "a": 2}, indent=None) == '{"z": 1, "a": 2}'


@given(VALUES, st.sampled_from([0, 1, 2, 4]))
def test_the_indented_text_is_that_of_the_standard_encoder(value: Any, indent: int) -> None:
    shown = {1: value, "1": (Pair(0.5, (value, {3, 1})), MappingProxyType({None: value, True: []}), Colour.RED, {})}
    text = json.dumps(jsontext.plain(shown), indent=indent, ensure_ascii=False)
    assert jsontext.dumps(shown, indent) == text.encode("utf-8", "backslashreplace").decode()


def test_what_has_no_plain_form_is_a_bug() -> None:
    with pytest.raises(TypeError):
        jsontext.dumps(object())
    with pytest.raises(TypeError):
        jsontext.dumps(b"bytes")
