"""Plans of grids: which runs, which seeds, and what is refused."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.pagefault import PageFaultScenario
from lab.pagefault.grid.plan import field_named, plan, seed_of

BASE = PageFaultScenario(faults=100)


def test_every_combination_mode_and_replication_once() -> None:
    found = plan(BASE, ["tasks=1,2,4", "page-in=3us,1ms"], 2)
    jobs = found.jobs()
    assert len(jobs) == 3 * 2 * 2 * 3
    assert len({(j.point, j.replication, j.scenario.mode) for j in jobs}) == len(jobs)
    assert [found.values(p) for p in range(6)] == [(t, s) for t in (1, 2, 4) for s in (3.0, 1000.0)]
    assert found.label(5) == "tasks 4, page-in 1 ms"
    for job in jobs:
        assert (job.scenario.tasks, job.scenario.page_in) == found.values(job.point)
        assert (job.scenario.faults, job.scenario.window) == (100, 0.0)


def test_modes_of_a_replication_share_a_seed_that_nothing_else_has() -> None:
    jobs = plan(BASE, ["tasks=1,2,4", "page-in=3us,1ms"], 5).jobs()
    seeds: dict[tuple[int, int], set[int]] = {}
    for job in jobs:
        seeds.setdefault((job.point, job.replication), set()).add(job.scenario.seed)
    assert all(len(found) == 1 for found in seeds.values())
    assert len(set.union(*seeds.values())) == len(seeds) == 30


def test_a_seed_does_not_depend_on_the_rest_of_the_grid() -> None:
    """So that a grid can grow and keep what is done; and both engines, and every length of run, meet the same."""
    small, large = plan(BASE, ["tasks=4"], 1), plan(BASE, ["page-in=4us,9us", "tasks=1,2,3,4"], 3)
    (one,) = {j.scenario.seed for j in small.jobs()}
    where = next(p for p in range(8) if large.values(p) == (4.0, 4))
    assert one in {j.scenario.seed for j in large.jobs() if j.point == where and j.replication == 0}
    longer = plan(PageFaultScenario(faults=999, mode="pv", window=5.0), ["tasks=4"])
    assert {j.scenario.seed for j in longer.jobs()} == {one}


def test_seeds_stay_what_they_are() -> None:
    """SHA-256 of the text, worked out by hand with another program: printf '[1, {"tasks": 2}, 0]' | sha256sum."""
    assert seed_of(1, PageFaultScenario(tasks=2), 0) == int("ac18a61597fa9682", 16) >> 1


@given(st.integers(0, (1 << 63) - 1), st.integers(0, 9999), st.integers(1, 4096))
def test_every_seed_is_one_that_a_scenario_takes(base: int, replication: int, tasks: int) -> None:
    seed = seed_of(base, PageFaultScenario(tasks=tasks), replication)
    assert PageFaultScenario(seed=seed).seed == seed


def test_a_grid_without_axes_is_the_scenario_itself() -> None:
    found = plan(BASE, [], 3)
    assert len(found.points) == 1
    assert found.label(0) == "the scenario"
    assert len(found.jobs()) == 9


@pytest.mark.parametrize("word", ["page_in", "page-in", "PAGE-IN", " page-in "])
def test_a_parameter_goes_by_its_option_and_its_label(word: str) -> None:
    assert field_named(word).name == "page_in"
    assert field_named("burst").name == "compute"


@pytest.mark.parametrize(
    ("over", "replications", "said"),
    [
        (["tasks"], 1, "--over: 'tasks' has no values"),
        (["colour=1"], 1, "--over: 'colour' is no parameter; known are tasks,"),
        (["tasks=1,x"], 1, "--over: 'x' is not a whole number"),
        (["tasks=1,,2"], 1, "--over: '' is not a whole number"),
        (["scheduler="], 1, "has an empty value"),
        (["tasks=0"], 1, "--tasks: 0 is out of range"),
        (["tasks=1,2", "tasks=3"], 1, "--over: tasks is named twice"),
        (["seed=1,2"], 1, "--over: seed cannot be varied; seeds follow from --seed"),
        (["mode=pv"], 1, "--over: mode cannot be varied"),
        (["window=1"], 1, "--over: window cannot be varied"),
        ([], 0, "--replications: 0 is out of range"),
        ([], 10_001, "--replications: 10001 is out of range"),
        (["tasks=" + ",".join(map(str, range(1, 400))), "page-in=" + ",".join(map(str, range(1, 400)))], 1,
         "--over: 477,603 runs; at most 100,000"),
    ],
)  # fmt: skip
def test_bad_plans_are_errors_of_the_user(over: list[str], replications: int, said: str) -> None:
    with pytest.raises(LabError, match=re.escape(said)):
        plan(BASE, over, replications)


@settings(max_examples=50)
@given(st.text(max_size=30))
def test_any_text_is_an_axis_or_an_error_of_the_user(text: str) -> None:
    try:
        found = plan(BASE, [text])
    except LabError:
        return
    assert found.axes[0].values


def test_values_given_twice_count_once_and_words_are_understood() -> None:
    found = plan(BASE, ["slots=inf,1,1,2", "shared=yes,no"])
    assert found.axes[0].values == (None, 1, 2)
    assert found.axes[1].values == (True, False)
    assert [found.axes[0].label(v) for v in found.axes[0].values] == ["∞", "1", "2"]
    assert found.over() == {"slots": ["inf", 1, 2], "shared": [True, False]}
