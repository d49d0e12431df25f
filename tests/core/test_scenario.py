"""One list of parameters: options, text, JSON and checks agree with each other."""

import argparse
import dataclasses
import json
import math
import shlex
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core import jsontext, scenario
from lab.core.errors import LabError
from lab.core.scenario import Parameter, Preset


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """One parameter of every kind."""

    tasks: Annotated[int, Parameter("how many tasks", low=1, high=128)] = 4
    burst: Annotated[float, Parameter("time between faults", unit="us", low=1, high=1e6, log=True)] = 1000.0
    slots: Annotated[int | None, Parameter("pages read at once", low=1, high=64, absent="inf")] = None
    share: Annotated[float, Parameter("a share", low=-1, high=1)] = 0.5
    law: Annotated[str, Parameter("law of the times", choices=("exponential", "fixed"))] = "exponential"
    trace: Annotated[bool, Parameter("keep every event")] = False
    step: Annotated[tuple[str, ...], Parameter("a change, may be repeated")] = ()
    note: Annotated[str, Parameter("any text")] = ""
    seed: Annotated[int, Parameter("seed of all streams", low=0)] = 1

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        scenario.check(self)


SAMPLES = st.builds(
    Sample,
    tasks=st.integers(1, 128),
    burst=st.floats(1, 1e6),
    slots=st.none() | st.integers(1, 64),
    share=st.floats(-1, 1),
    law=st.sampled_from(["exponential", "fixed"]),
    trace=st.booleans(),
    step=st.lists(st.text().map(str.strip).filter(bool)).map(tuple),
    note=st.text().map(str.strip),
    seed=st.integers(0, 2**63),
)


def field(name: str) -> scenario.Field:
    return next(f for f in scenario.fields(Sample) if f.name == name)


def parsed(words: list[str], base: Sample | None = None) -> Sample:
    parser = argparse.ArgumentParser()
    scenario.add_options(parser, Sample)
    return scenario.from_options(Sample, parser.parse_args(words), base)


@given(SAMPLES)
def test_the_command_line_gives_the_scenario_back(sample: Sample) -> None:
    words = shlex.split(scenario.command_line(sample, "sample", "run"))
    assert words[:3] == ["kernel-lab", "sample", "run"]
    assert parsed(words[3:]) == sample


@given(SAMPLES)
def test_json_gives_the_scenario_back(sample: Sample) -> None:
    text = jsontext.dumps(scenario.to_json(sample))
    assert scenario.from_json(Sample, json.loads(text)) == sample


@given(SAMPLES, SAMPLES)
def test_what_is_not_given_comes_from_the_base(given_: Sample, base: Sample) -> None:
    options = ["--tasks", str(given_.tasks)]
    assert parsed(options, base) == dataclasses.replace(base, tasks=given_.tasks)


@given(st.sampled_from(scenario.fields(Sample)), st.text(st.characters(exclude_categories=())))
def test_any_text_is_a_value_or_a_user_error(item: scenario.Field, text: str) -> None:
    try:
        value = scenario.parse_value(item, text)
        dataclasses.replace(Sample(), **{item.name: value})  # type: ignore[arg-type]
    except LabError as error:
        assert str(error).startswith(item.option + ":")  # noqa: PT017 - most texts raise nothing


@given(st.dictionaries(st.sampled_from([f.name for f in scenario.fields(Sample)]) | st.text(), st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers() | st.text()))))  # fmt: skip
def test_any_object_is_a_scenario_or_a_user_error(data: dict[str, Any]) -> None:
    try:
        sample = scenario.from_json(Sample, data)
    except LabError:
        return
    assert scenario.from_json(Sample, scenario.to_json(sample)) == sample


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("4ms", 4000), ("4 ms", 4000), ("10us", 10), ("10µs", 10), ("1s", 1e6), ("250ns", 0.25), ("7", 7), ("1e3", 1000)],
)
def test_durations(text: str, microseconds: float) -> None:
    assert scenario.parse_value(field("burst"), text) == pytest.approx(microseconds)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("tasks", "0", "--tasks: 0 is out of range, allowed is 1 to 128"),
        ("tasks", "many", "--tasks: 'many' is not a whole number"),
        ("tasks", "1.5", "--tasks: '1.5' is not a whole number"),
        ("tasks", "9" * 400, "is out of range, allowed is 1 to 128"),
        ("burst", "4 minutes", "--burst: '4 minutes' is not a duration such as 4ms"),
        ("burst", "nan", "--burst: 'nan' is not a duration such as 4ms"),
        ("burst", "2s", "--burst: 2000000 is out of range, allowed is 1 to 1000000 us"),
        ("burst", "0.5", "--burst: 0.5 is out of range, allowed is 1 to 1000000 us"),
        ("burst", "1e30", "--burst: 1e+30 is out of range"),
        ("tasks", "9" * 23, f"--tasks: {'9' * 23} is out of range, allowed is 1 to 128"),
        ("tasks", "1_0", "--tasks: '1_0' is not a whole number"),
        ("tasks", "٤", "--tasks: '٤' is not a whole number"),
        ("share", "0_1", "--share: '0_1' is not a number"),
        ("share", "٠", "--share: '٠' is not a number"),
        ("share", "nan", "--share: nan is no finite number"),
        ("share", "inf", "--share: inf is no finite number"),
        ("slots", "0", "--slots: 0 is out of range, allowed is 1 to 64 or inf"),
        ("slots", "none", "--slots: 'none' is not a whole number or inf"),
        ("law", "normal", "--law: 'normal' is not one of exponential, fixed"),
        ("trace", "perhaps", "--trace: 'perhaps' is not yes or no"),
        ("seed", "-1", "--seed: -1 is out of range, allowed is at least 0"),
    ],
)
def test_bad_text_is_refused_by_name(name: str, text: str, message: str) -> None:
    with pytest.raises(LabError) as caught:
        dataclasses.replace(Sample(), **{name: scenario.parse_value(field(name), text)})  # type: ignore[arg-type]
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"taks": 1}, "unknown parameter 'taks'; known are tasks, burst"),
        ({"tasks": True}, "--tasks: True is not a whole number"),
        ({"tasks": 2.0}, "--tasks: 2.0 is not a whole number"),
        ({"tasks": None}, "--tasks: a value is needed"),
        ({"burst": "4ms"}, "--burst: '4ms' is not a duration"),
        ({"step": [1]}, "--step: (1,) is not a list of texts"),
        ({"share": math.nan}, "--share: nan is no finite number"),
    ],
)
def test_bad_json_is_refused_by_name(data: dict[str, Any], message: str) -> None:
    with pytest.raises(LabError) as caught:
        scenario.from_json(Sample, data)
    assert message in str(caught.value)


def test_help_names_range_unit_and_default() -> None:
    parser = argparse.ArgumentParser(prog="x")
    scenario.add_options(parser, Sample, only=["burst", "slots", "law"])
    text = " ".join(parser.format_help().split())
    assert "time between faults; 1 to 1000000 us (default 1ms)" in text
    assert "pages read at once; 1 to 64 or inf (default inf)" in text
    assert "one of exponential, fixed (default exponential)" in text
    assert "--tasks" not in text


def test_the_command_line_is_short_and_has_the_seed() -> None:
    assert scenario.command_line(Sample(), "sample") == "kernel-lab sample --seed 1"
    changed = Sample(slots=4, burst=10.0, step=("add a", "add b"))
    line = scenario.command_line(changed, "sample")
    assert parsed(shlex.split(line)[2:]) == changed
    assert "tasks" not in line


def test_a_class_that_is_no_scenario_is_a_bug() -> None:
    @dataclasses.dataclass
    class Bare:
        x: int = 1

    @dataclasses.dataclass
    class Odd:
        x: Annotated[bytes, Parameter("bytes")] = b""

    @dataclasses.dataclass
    class Open:
        x: Annotated[int, Parameter("no default")]

    for cls in (Bare, Odd, Open):
        with pytest.raises(TypeError):
            scenario.fields(cls)


def test_presets_are_found_by_id() -> None:
    presets = [Preset("P1", "one", Sample(), "a point"), Preset("P2", "two", Sample(tasks=8), "another")]
    assert scenario.preset_by_id(presets, "p2").scenario.tasks == 8
    with pytest.raises(LabError, match="--preset: 'P9' is not one of P1, P2"):
        scenario.preset_by_id(presets, "P9")
