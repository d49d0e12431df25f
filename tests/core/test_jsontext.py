"""JSON that any reader takes; the oracle is the json module with its extensions refused."""

import dataclasses
import json
import math
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


def test_dataclasses_sets_and_keys() -> None:
    value = {3: Pair(math.inf, (Pair(1.5, ()), {"b", "a"}))}
    assert jsontext.plain(value) == {"3": {"left": "inf", "right": [{"left": 1.5, "right": []}, ["a", "b"]]}}


def test_keys_keep_their_order() -> None:
    assert jsontext.dumps({"z": 1, "a": 2}, indent=None) == '{"z": 1, "a": 2}'


def test_what_has_no_plain_form_is_a_bug() -> None:
    with pytest.raises(TypeError):
        jsontext.dumps(object())
    with pytest.raises(TypeError):
        jsontext.dumps(b"bytes")
