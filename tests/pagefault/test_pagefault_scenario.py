"""Every parameter refuses what is out of range; text and values are the same thing."""

import argparse
import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core import scenario
from lab.core.errors import LabError
from lab.pagefault import PRESETS, PageFaultScenario

DEFAULT = PageFaultScenario()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "async"),
        ("tasks", 0),
        ("tasks", 4097),
        ("tasks", True),
        ("vcpus", 0),
        ("vcpus", 257),
        ("shared", 1),
        ("slots", 0),
        ("slots", 65537),
        ("compute", 0.0),
        ("compute", float("nan")),
        ("compute", None),
        ("compute", 1e9),
        ("compute_dist", "normal"),
        ("page_in", -4.0),
        ("page_in", float("inf")),
        ("page_in_dist", "lognormal:-1"),
        ("overhead", -1.0),
        ("overhead", 1e9),
        ("overhead_sync", -1.0),
        ("overhead_halt", -1.0),
        ("overhead_pv", float("nan")),
        ("limit", -1),
        ("limit", 65537),
        ("tick", 0.5),
        ("scheduler", "lottery"),
        ("slice", 0.0),
        ("cores", 0),
        ("exit_cost", -1.0),
        ("injection_cost", 1e7),
        ("switch_cost", float("nan")),
        ("kernel", 1.5),
        ("send_always", "yes"),
        ("era", "2020"),
        ("access", "rate:1"),
        ("access", "zipf"),
        ("working_set", 0),
        ("memory", 0),
        ("shared_pages", True),  # of tasks that touch pages at a rate
        ("calculators", 1),  # under fifo
        ("host_slice", 0.5),
        ("migrate", 0.0),
        ("failure", "fire"),
        ("failure_at", 0),
        ("faults", 0),
        ("faults", 100_000_001),
        ("window", -1.0),
        ("window", 1e10),
        ("seed", -1),
        ("seed", 1 << 63),
        ("engine", "slow"),
    ],
)
def test_a_value_out_of_range_is_refused_by_the_name_of_its_option(name: str, value: object) -> None:
    changes: dict[str, Any] = {name: value}
    with pytest.raises(LabError, match="--" + name.replace("_", "-") + ":"):
        dataclasses.replace(DEFAULT, **changes)


def test_too_many_tasks_in_all_are_refused() -> None:
    with pytest.raises(LabError, match=r"--tasks: 4096 on each of 17 vCPUs make 69,632 tasks; at most 65,536"):
        PageFaultScenario(tasks=4096, vcpus=17)


def test_every_parameter_has_a_case_above() -> None:
    (mark,) = test_a_value_out_of_range_is_refused_by_the_name_of_its_option.pytestmark  # type: ignore[attr-defined]
    assert {name for name, _ in mark.args[1]} == {f.name for f in scenario.fields(PageFaultScenario)}


def parse(*words: str) -> PageFaultScenario:
    parser = argparse.ArgumentParser(exit_on_error=False)
    scenario.add_options(parser, PageFaultScenario)
    return scenario.from_options(PageFaultScenario, parser.parse_args(words))


def test_the_options_of_the_contract() -> None:
    words = (
        "--mode pv --tasks 8 --vcpus 2 --shared --slots 3 --compute 1.5 --compute-dist det --page-in 4ms "
        "--page-in-dist det --overhead 0 --overhead-sync 1 --overhead-halt 2 --overhead-pv 250ns --limit none "
        "--tick none --scheduler fifo --faults 1000 --window 60 --seed 7 --engine simpy"
    )
    assert parse(*words.split()) == PageFaultScenario(
        mode="pv", tasks=8, vcpus=2, shared=True, slots=3, compute=1.5, compute_dist="det", page_in=4000.0,
        page_in_dist="det", overhead=0.0, overhead_sync=1.0, overhead_halt=2.0, overhead_pv=0.25, limit=None,
        tick=None, scheduler="fifo", faults=1000, window=60.0, seed=7, engine="simpy",
    )  # fmt: skip
    assert parse() == DEFAULT
    assert parse("--slots", "inf").slots is None
    assert parse("--faults", "100000000").faults == 10**8  # a slider ends earlier, an option does not
    assert parse("--shared", "--no-shared").shared is False


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--page-in 4min", "--page-in: '4min' is not a duration"),
        ("--page-in ms", "--page-in: 'ms' is not a duration"),
        ("--compute 1e999", "--compute: '1e999' is not a duration"),
        ("--compute nan", "--compute: 'nan' is not a duration"),
        ("--tasks 2.5", "--tasks: '2.5' is not a whole number"),
        ("--slots many", "--slots: 'many' is not a whole number or inf"),
        ("--tick 4min", "--tick: '4min' is not a duration such as 4ms or none"),
    ],
)
def test_text_that_is_no_value(words: str, said: str) -> None:
    with pytest.raises(LabError, match=said):
        parse(*words.split())


durations = st.floats(min_value=1e-3, max_value=1e8)
scenarios = st.builds(
    PageFaultScenario,
    mode=st.sampled_from(("sync", "halt", "pv", "all")),
    tasks=st.integers(1, 256),
    vcpus=st.integers(1, 256),
    shared=st.booleans(),
    slots=st.none() | st.integers(1, 65536),
    compute=durations,
    compute_dist=st.sampled_from(("exp", "det")),
    page_in=durations,
    page_in_dist=st.sampled_from(("exp", "det")),
    overhead=st.floats(0, 1e8),
    overhead_sync=st.none() | st.floats(0, 1e8),
    overhead_pv=st.none() | st.floats(0, 1e8),
    limit=st.none() | st.integers(0, 65536),
    faults=st.integers(1, 10**8),
    window=st.floats(0, 1e9),
    seed=st.integers(0, (1 << 63) - 1),
)


@given(scenarios)
def test_the_equal_command_gives_the_scenario_back(wanted: PageFaultScenario) -> None:
    words = scenario.command_line(wanted, "pagefault", "run").split()
    assert words[:3] == ["kernel-lab", "pagefault", "run"]
    assert parse(*words[3:]) == wanted
    assert scenario.from_json(PageFaultScenario, scenario.to_json(wanted)) == wanted


@given(st.text(max_size=12))
def test_any_text_is_a_duration_or_an_error_of_the_user(text: str) -> None:
    field = next(f for f in scenario.fields(PageFaultScenario) if f.name == "page_in")
    try:
        value = scenario.parse_value(field, text)
    except LabError:
        return
    assert isinstance(value, float)


def test_presets_are_the_four_of_the_guide() -> None:
    assert [p.id for p in PRESETS] == ["P1", "P2", "P3", "P4"]
    first = PRESETS[0].scenario
    assert (first.tasks, first.vcpus, first.slots, first.compute, first.page_in) == (4, 1, None, 1e3, 4e3)
    assert (first.compute_dist, first.page_in_dist, first.overhead, first.seed, first.faults) == (
        "exp",
        "exp",
        0,
        1,
        5000,
    )
