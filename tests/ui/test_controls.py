"""Controls from parameters: every kind of parameter gives a control whose value comes back unchanged."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import ipywidgets
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.core.scenario import Field, Parameter, check, fields
from lab.ui.controls import control, set_value, value_of


@dataclasses.dataclass(frozen=True, slots=True)
class Every:
    count: Annotated[int, Parameter("A count", low=1, high=128)] = 4
    large: Annotated[int, Parameter("A seed", low=0, high=10**9)] = 1
    factor: Annotated[int, Parameter("A size", low=16, high=24_683, log=True)] = 16
    share: Annotated[float, Parameter("A share", low=0, high=1)] = 0.5
    burst: Annotated[float, Parameter("A burst", unit="us", low=0.1, high=1e6, log=True)] = 1000.0
    limit: Annotated[int | None, Parameter("A limit", low=0, high=64, absent="none")] = None
    stops: Annotated[float, Parameter("Stops", low=0, high=10, steps=(0, 1, 10))] = 0.0
    word: Annotated[str, Parameter("A word", choices=("a", "b"))] = "a"
    text: Annotated[str, Parameter("A text")] = "x"
    flag: Annotated[bool, Parameter("A flag")] = False
    steps: Annotated[tuple[str, ...], Parameter("Steps")] = ()

    def __post_init__(self) -> None:
        check(self)


BY_NAME = {f.name: f for f in fields(Every)}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "count": st.integers(1, 128),
    "large": st.integers(0, 10**9),
    "factor": st.integers(16, 24_683),
    "share": st.floats(0, 1),
    "burst": st.floats(0.1, 1e6),
    "limit": st.none() | st.integers(0, 64),
    "stops": st.floats(0, 10),
    "word": st.sampled_from(["a", "b"]),
    "text": st.text(st.characters(categories=["L", "N"]), min_size=1),
    "flag": st.booleans(),
    "steps": st.lists(st.text("abc=./,;\\", min_size=1), max_size=3).map(tuple),
}


@pytest.mark.parametrize("name", list(BY_NAME))
@given(data=st.data())
def test_any_value_can_be_set_and_read_back(name: str, data: st.DataObject) -> None:
    field = BY_NAME[name]
    made = control(field, field.default)
    value = data.draw(VALUES[name])
    set_value(field, made, value)
    assert value_of(field, made) == value


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("count", ipywidgets.IntSlider),
        ("large", ipywidgets.Combobox),
        ("factor", ipywidgets.SelectionSlider),
        ("burst", ipywidgets.SelectionSlider),
        ("limit", ipywidgets.SelectionSlider),
        ("word", ipywidgets.Dropdown),
        ("flag", ipywidgets.Checkbox),
    ],
)
def test_each_kind_of_parameter_has_its_control(name: str, kind: type) -> None:
    assert type(control(BY_NAME[name], BY_NAME[name].default)) is kind


def stops_of(field: Field) -> list[Any]:
    return [written for _, written in control(field, field.default).options]


def test_a_logarithmic_slider_goes_in_steps_of_1_2_5_within_its_bounds() -> None:
    assert stops_of(BY_NAME["factor"]) == [
        "16", "20", "50", "100", "200", "500", "1000", "2000", "5000", "10000", "20000", "24683",
    ]  # fmt: skip


def test_an_absent_quantity_is_the_last_stop_and_declared_stops_are_kept() -> None:
    assert stops_of(BY_NAME["limit"])[-1] == "none"
    assert stops_of(BY_NAME["stops"]) == ["0", "1", "10"]


def test_a_duration_is_read_out_in_its_unit() -> None:
    field = BY_NAME["burst"]
    shown = {written: text for text, written in control(field, 1000.0).options}
    assert (shown["0.1"], shown["1ms"], shown["1s"]) == ("100 ns", "1 ms", "1 s")


def test_a_text_that_is_no_number_is_the_user_s_error() -> None:
    field = BY_NAME["large"]
    made = control(field, 1)
    made.value = "many"
    with pytest.raises(LabError, match="whole number"):
        value_of(field, made)


def test_a_choice_that_is_not_offered_is_refused() -> None:
    field = BY_NAME["word"]
    with pytest.raises(LabError, match="not offered"):
        set_value(field, control(field, "a"), "c")
