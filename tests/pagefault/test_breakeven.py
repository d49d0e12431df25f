"""Break-even: roots where theory has forms, and a search that is as sure as it says where it has none."""

import dataclasses
import itertools
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.cli import main
from lab.core import jsontext
from lab.core.errors import LabError
from lab.pagefault import PRESETS, PageFaultScenario, theory
from lab.pagefault.grid import break_even
from lab.pagefault.grid.breakeven import METHODS
from lab.pagefault.grid.ranges import root

P = {p.id: dataclasses.replace(p.scenario, faults=400) for p in PRESETS}


def share(scenario: PageFaultScenario, mode: str) -> float:
    """Theory's share of time computing."""
    found = theory.which(scenario, mode).utilisation
    assert found is not None
    return found


def test_p4_never_pays_for_a_quick_page_whatever_the_tasks() -> None:
    """C/(C+o) = 10/15 and C/(C+S) = 10/13: UI.md's figures, also beyond the limit, where pv has no form."""
    found = break_even(P["P4"], "tasks", high=4096)
    assert (found.answer, found.method, found.changes, found.value) == ("never", "theory", (), None)
    assert found.sentence() == (
        "Async never pays for tasks from 1 to 4096: "
        "whatever their number, pv computes at most C/(C+o) = 67 %, sync 77 %."
    )


def test_p4_pays_from_a_page_in_on() -> None:
    found = break_even(P["P4"], "page-in")
    assert (found.answer, found.method) == ("from", "theory")
    assert found.value is not None
    at = dataclasses.replace(P["P4"], page_in=found.value)
    assert share(at, "pv") == pytest.approx(share(at, "sync"), rel=1e-9)
    assert found.sentence().startswith("Async pays from a page-in of 5.37 µs on: there pv and sync are equal by theory")


@pytest.mark.parametrize(
    ("preset", "over", "answer", "value"),
    [("P1", "tasks", "from", 2), ("P3", "tasks", "from", 2), ("P2", "slots", "always", None),
     ("P4", "overhead-pv", "up to", 2.8668792), ("P4", "burst", "never", None)],
)  # fmt: skip
def test_presets(preset: str, over: str, answer: str, value: float | None) -> None:
    found = break_even(P[preset], over)
    assert (found.answer, found.method) == (answer, "theory")
    assert found.value == (None if value is None else pytest.approx(value, rel=1e-6))


def test_two_tasks_against_a_formula_of_their_own() -> None:
    """Two tasks, exponential, equal overhead 0: U = 1 - B(2, a) beats 1/(1+a) for every a; with one task they tie."""
    for page_in in (0.01, 1.0, 100.0):
        s = PageFaultScenario(page_in=page_in)
        assert break_even(s, "tasks").value == 2


@settings(max_examples=25, deadline=None)
@given(st.floats(0.1, 50), st.floats(0.1, 50), st.integers(1, 12), st.integers(1, 4))
def test_the_first_task_that_pays_is_the_first(page_in: float, overhead: float, low: int, wide: int) -> None:
    """Against asking theory for every number of tasks in turn."""
    s = PageFaultScenario(page_in=page_in, overhead_sync=0.0, overhead_pv=overhead, compute=10.0)
    found = break_even(s, "tasks", low=low, high=low + 10 * wide)
    pays = [share(dataclasses.replace(s, tasks=n), "pv") > share(dataclasses.replace(s, tasks=n), "sync") * (1 + 1e-12)
            for n in range(low, low + 10 * wide + 1)]  # fmt: skip
    edges = [low + i + 1 for i, (a, b) in enumerate(itertools.pairwise(pays)) if a != b]
    assert [change.after for change in found.changes] == edges
    assert found.always == pays[0]


def test_a_wide_range_finds_the_same_edge_as_a_narrow_one() -> None:
    s = PageFaultScenario(compute=10.0, page_in=400.0, overhead_sync=0.0, overhead_pv=300.0, limit=None)
    narrow, wide = break_even(s, "tasks", high=60), break_even(s, "tasks", high=4096)
    assert narrow.changes == wide.changes
    assert len(narrow.changes) <= 1


def test_simulation_brackets_what_theory_knows() -> None:
    exact = break_even(P["P4"], "page-in").value
    found = break_even(dataclasses.replace(P["P4"], faults=50), "page-in", low=1, high=100, method="simulation")
    (change,) = found.changes
    assert exact is not None
    assert change.before < exact < change.after
    assert change.after / change.before < 4
    assert found.sentence().startswith("Async begins to pay between page-in ")
    assert "95 % sure at the" in found.reason
    assert {one.pays for one in found.tried} >= {True, False}


def test_simulation_finds_whole_numbers_exactly() -> None:
    few = dataclasses.replace(P["P1"], faults=150)
    found = break_even(few, "tasks", high=9, method="simulation")
    assert found == break_even(few, "tasks", high=9, method="simulation")
    assert (found.answer, found.value) == ("from", 2)
    assert found.sentence().startswith("Async pays from 2 tasks on: 95 % sure")
    with_none = dataclasses.replace(P["P4"], page_in_dist="det", slots=1, faults=100)
    assert break_even(with_none, "tasks", high=6, method="simulation").answer == "never"


def test_a_tie_does_not_pay_and_needs_no_luck() -> None:
    """One task, no overhead: the two modes do the same to the last bit, or nearly."""
    s = dataclasses.replace(P["P1"], tasks=1, faults=100)
    found = break_even(s, "page-in", low=10, high=100, method="simulation")
    assert found.answer == "never"
    assert all(one.runs == 8 for one in found.tried)


def test_auto_simulates_only_where_a_form_is_missing() -> None:
    missing = PageFaultScenario(tasks=4, slots=2, page_in_dist="det", faults=100)
    assert theory.which(missing, "pv").utilisation is None
    assert break_even(missing, "page-in", low=1, high=4).method == "simulation"
    with pytest.raises(LabError, match="--by: theory has no form for page-in 1 µs; use --by simulation"):
        break_even(missing, "page-in", low=1, high=4, method="theory")


@pytest.mark.parametrize(
    ("over", "options", "said"),
    [
        ("colour", {}, "--over: 'colour' is no parameter"),
        ("scheduler", {}, "--over: scheduler has no break-even"),
        ("seed", {}, "--over: seed has no break-even"),
        ("tasks", {"low": 5, "high": 5}, "--from: 5 to --to 5 is no range of --tasks"),
        ("tasks", {"low": 1.5}, "--from: --tasks takes whole numbers"),
        ("tasks", {"high": 10**6}, "--tasks: 1000000 is out of range"),
        ("tasks", {"method": "luck"}, f"--by: 'luck' is not one of {', '.join(METHODS)}"),
    ],
)
def test_bad_questions(over: str, options: dict[str, float], said: str) -> None:
    with pytest.raises(LabError, match=re.escape(said)):
        break_even(PageFaultScenario(faults=100), over, **options)  # type: ignore[arg-type]


def test_a_root_is_found_to_the_last_bits() -> None:
    assert root(lambda x: x * x - 2, 0, 4) == pytest.approx(2**0.5, rel=1e-15)
    assert root(lambda x: 2 - x * x, 1e-6, 1e6) == pytest.approx(2**0.5, rel=1e-15)


def test_json_and_table(capsys: pytest.CaptureFixture[str]) -> None:
    found = break_even(P["P4"], "page-in")
    data = json.loads(jsontext.dumps(found.to_json()))
    assert (data["answer"], data["over"], data["confidence"]) == ("from", "page_in", None)
    assert data["tried"][0]["sync"] == pytest.approx(10 / 11)
    table = found.to_table()
    assert [row[-1] for row in table.rows] == sorted([row[-1] for row in table.rows], key=bool)
    words = ["pagefault", "break-even", "--preset", "P4", "--over", "page-in", "--from", "1us", "--to", "1ms"]
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("Async pays from a page-in of 5.37 µs on: ")
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["value"] == pytest.approx(found.value, rel=1e-12)
    assert main([*words[:-1], "x"]) == 2
    assert "--to: 'x' is not a duration" in capsys.readouterr().err
