"""Both engines against every closed form; `make prove-pagefault` does it at full length with SimPy too."""

import dataclasses

import pytest

from lab.pagefault import run, theory
from tests.pagefault.closed_form_cases import CASES, FAMILIES, Case, verdict
from tests.pagefault.proof import gap


def test_there_are_200_cases_of_every_family() -> None:
    assert len(CASES) == 200
    assert {case.form for case in CASES} == set(FAMILIES)
    assert len({case.scenario.seed for case in CASES}) == 200
    assert all(
        case.expected.exact or (case.expected.utilisation is not None and case.expected.utilisation < 0.9999)
        for case in CASES
    )
    assert all(
        case.expected.exact == (case.scenario.compute_dist == case.scenario.page_in_dist == "det") for case in CASES
    )


@pytest.mark.timeout(900)  # most of it compiles
def test_the_fast_engine_agrees_in_all_200_cases() -> None:
    found = [(case, gap(case, "fast")) for case in CASES]
    far = [off for case, off in found if not case.expected.exact]
    assert verdict(far, [off for case, off in found if case.expected.exact]) == ""
    assert 0.8 < (sum(off * off for off in far) / len(far)) ** 0.5 < 1.2  # the intervals are as wide as they say


@pytest.mark.parametrize("case", CASES[::9], ids=lambda case: f"{case.form} {case.scenario.seed}")
def test_simpy_agrees_in_short_runs(case: Case) -> None:
    off = gap(case, "simpy", faults=2000)
    assert abs(off) < (1e-9 if case.expected.exact else 4.0)


@pytest.mark.parametrize("case", [c for c in CASES if c.form == "exact"], ids=lambda case: str(case.scenario.seed))
def test_where_nothing_varies_the_share_is_exact_and_so_is_the_throughput(case: Case) -> None:
    found = run(dataclasses.replace(case.scenario, faults=2000), case.mode)
    assert found.utilisation == pytest.approx(found.theory.utilisation, abs=1e-9)
    assert found.throughput == pytest.approx(found.theory.throughput, rel=0.01)


def test_the_verdict_counts() -> None:
    assert verdict([0.1] * 198 + [3.1, -4.9], [1e-12]) == ""
    assert "3 of 4 cases" in verdict([3.1, 3.2, -3.3, 0.0], [])
    assert "-5.1 standard errors" in verdict([0.0, -5.1], [])
    assert "1 deterministic cases are off, by 1.0e-08" in verdict([], [1e-8, 0.0])


def test_no_run_is_above_saturation() -> None:
    for case in CASES[::25]:
        s = dataclasses.replace(case.scenario, faults=2000)
        most = theory.saturation(s.compute, s.page_in, s.slots, s.vcpus, s.fault_cost(case.mode))
        assert run(s, case.mode).throughput <= most * 1.1  # 2,000 faults are a sample
