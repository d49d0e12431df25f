"""Which form applies to a scenario, what spoils each, and the figures of the design guide."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault import MODES, PRESETS, PageFaultScenario, theory


def rounded(scenario: PageFaultScenario, mode: str) -> int:
    share = theory.which(scenario, mode).utilisation
    assert share is not None
    return round(100 * share)


def test_the_figures_of_the_design_guide() -> None:
    p1, p2, p3, p4 = (preset.scenario for preset in PRESETS)
    change = dataclasses.replace
    assert [rounded(change(p1, tasks=n), "sync") for n in (1, 2, 4, 8)] == [20, 20, 20, 20]
    assert [rounded(change(p1, tasks=n), "pv") for n in (1, 2, 4, 8)] == [20, 38, 69, 97]
    assert [rounded(change(p2, slots=c), "pv") for c in (None, 4, 2, 1)] == [97, 86, 50, 25]
    assert [rounded(change(p3, tasks=n), "pv") for n in (64, 65)] == [76, 50]
    assert rounded(change(p3, limit=None), "pv") == 78
    assert rounded(p4, "sync") == 77
    assert [rounded(change(p4, tasks=n), "pv") for n in (2, 8, 64)] == [66, 67, 67]
    slow = change(p4, page_in=50.0, tasks=2)
    assert (rounded(slow, "sync"), rounded(slow, "pv")) == (17, 30)


WAIT, LOSS, TAKACS, CHAIN = "C/(C+S+o)", "1 - ErlangB(N, S/C)", "Takács M/G/1//N", "chain over pages at each burst"
BIRTH, LIMIT, OWN = (
    "birth and death of pages under way", "Markov chain (queued, stopped)", "closed network, a class for each vCPU",
)  # fmt: skip
REPAIR, EVEN = "machine repair: c slots for V vCPUs", "min(V/(C+o), c/S, N/(C+S+o)) C/V"
DET = {"compute_dist": "det", "page_in_dist": "det"}
LOGNORMAL = {"page_in_dist": "lognormal:0.8"}
TICKING = {"scheduler": "cfs", "tick": 4000.0}


@pytest.mark.parametrize(
    ("changes", "mode", "formula"),
    [
        ({}, "sync", WAIT),
        ({}, "halt", WAIT),
        (DET | {"overhead": 1.0}, "sync", WAIT),
        ({"scheduler": "cfs", "tick": 10.0, "compute_dist": "det"}, "sync", WAIT),
        ({"vcpus": 2, "slots": 1}, "sync", REPAIR),
        ({"vcpus": 3, "slots": 2, "overhead": 1.0, "compute_dist": "det"}, "halt", REPAIR),
        ({"vcpus": 3, "slots": 2, "compute_dist": "det", **TICKING}, "sync", ""),
        ({"vcpus": 3, "slots": 2} | DET, "sync", "min(V/(C+S+o), c/S) C/V"),
        ({"vcpus": 3, "slots": 1, "page_in_dist": "det"}, "sync", "Takács M/G/1//V, the slot as server"),
        ({"vcpus": 3, "slots": 2, "page_in_dist": "det"}, "sync", ""),
        ({"vcpus": 3, "slots": 1} | LOGNORMAL, "sync", ""),
        ({}, "pv", LOSS),
        ({"page_in_dist": "det"}, "pv", LOSS),
        (LOGNORMAL, "pv", LOSS),
        ({"vcpus": 3}, "pv", LOSS),
        (TICKING, "pv", LOSS),
        ({"scheduler": "eevdf", "slots": 2}, "pv", BIRTH),
        ({"vcpus": 3, "slots": 11}, "pv", OWN),
        ({"vcpus": 3, "slots": 11, "overhead": 1.0}, "pv", ""),
        ({"vcpus": 3, "slots": 11, "page_in_dist": "det"}, "pv", ""),
        ({"vcpus": 256, "tasks": 16, "slots": 11}, "pv", ""),
        ({"slots": 1}, "pv", "(1 - a^N)/(1 - a^(N+1))"),
        ({"slots": 1, "page_in_dist": "det"}, "pv", "1/(p0 + S/C)"),
        ({"slots": 1} | LOGNORMAL, "pv", ""),
        ({"slots": 2}, "pv", BIRTH),
        ({"slots": 2, "page_in_dist": "det"}, "pv", ""),
        ({"vcpus": 2, "shared": True}, "pv", BIRTH),
        ({"vcpus": 2, "shared": True} | LOGNORMAL, "pv", BIRTH),
        ({"vcpus": 2, "shared": True, "slots": 3}, "pv", BIRTH),
        ({"vcpus": 2, "shared": True, "slots": 3} | LOGNORMAL, "pv", ""),
        ({"vcpus": 2, "shared": True, "overhead": 1.0}, "pv", ""),
        ({"overhead_pv": 0.5}, "pv", TAKACS),
        ({"overhead_pv": 0.5, **TICKING}, "pv", TAKACS),
        ({"overhead_pv": 0.5, "page_in_dist": "det"}, "pv", ""),
        ({"overhead_pv": 0.5, "slots": 2}, "pv", CHAIN),
        ({"compute_dist": "det"}, "pv", TAKACS),
        ({"compute_dist": "det", **TICKING}, "pv", ""),
        ({"compute_dist": "det", "slots": 2}, "pv", CHAIN),
        ({"compute_dist": "det", "slots": 2, "tasks": 3000, "limit": None}, "pv", ""),
        (DET, "pv", EVEN),
        (DET | {"slots": 2, "overhead": 1.0}, "pv", EVEN),
        (DET | {"slots": 2, "vcpus": 2, "shared": True}, "pv", EVEN),
        (DET | {"slots": 2, "vcpus": 2}, "pv", ""),
        (DET | {"limit": 3}, "pv", ""),
        (DET | {"scheduler": "cfs"}, "pv", ""),
        ({"limit": 0}, "pv", WAIT),
        ({"limit": 3}, "pv", LIMIT),
        ({"limit": 3, "slots": 4}, "pv", LIMIT),
        ({"limit": 3, "slots": 3}, "pv", CHAIN),
        ({"limit": 3, "overhead": 1.0}, "pv", CHAIN),
        ({"limit": 3, "compute_dist": "det"}, "pv", CHAIN),
        ({"limit": 3, "page_in_dist": "det"}, "pv", ""),
        ({"limit": 3, "vcpus": 2}, "pv", LIMIT),
        ({"limit": 3, "vcpus": 2, "slots": 7}, "pv", ""),
        ({"limit": 4}, "pv", LOSS),
        ({"limit": 7, "vcpus": 2, "shared": True}, "pv", ""),
        # what else a scenario may ask for
        ({"vcpus": 2, "cores": 2}, "pv", LOSS),
        ({"vcpus": 2, "cores": 1}, "pv", ""),
        ({"vcpus": 2, "cores": 1}, "sync", ""),
        ({"tick": 10.0}, "sync", WAIT),
        ({"tick": 10.0}, "halt", ""),
        ({"tick": 10.0}, "pv", LOSS),
        ({"exit_cost": 1.0, "injection_cost": 1.0, "switch_cost": 1.0}, "sync", WAIT),
        ({"exit_cost": 1.0, "injection_cost": 1.0, "switch_cost": 1.0}, "halt", WAIT),
        ({"exit_cost": 1.0, "limit": 0}, "pv", WAIT),
        ({"exit_cost": 1.0}, "pv", ""),
        ({"injection_cost": 1.0}, "pv", ""),
        ({"switch_cost": 1.0}, "pv", ""),
        ({"switch_cost": 1.0, **TICKING}, "sync", ""),
        ({"kernel": 0.1}, "sync", WAIT),
        ({"kernel": 0.1}, "halt", WAIT),
        ({"kernel": 0.1}, "pv", ""),
        ({"kernel": 0.1, "send_always": True}, "pv", LOSS),
        ({"era": "2010"}, "pv", LOSS),
        ({"era": "2010", "overhead": 1.0}, "pv", ""),
        ({"era": "2010", "limit": 3}, "pv", ""),
        ({"access": "zipf:1"}, "sync", ""),
        ({"access": "stack:1.5"}, "pv", LOSS),
        ({"access": "stack:1.5", "compute_dist": "det"}, "pv", ""),
        ({"access": "stack:1.5", "memory": 1024}, "pv", ""),
        ({"access": "stack:1.5", "slots": 1, "page_in_dist": "lognormal:1"}, "pv", ""),
        ({"calculators": 1, **TICKING}, "pv", ""),
        ({"calculators": 1, **TICKING}, "sync", ""),
        ({"migrate": 100.0}, "pv", ""),
        ({"failure": "token-zero"}, "pv", ""),
    ],
)
def test_which_form_applies(changes: dict[str, Any], mode: str, formula: str) -> None:
    scenario = dataclasses.replace(PageFaultScenario(tasks=4), **changes)
    found = theory.which(scenario, mode)
    assert found.formula == formula, found.reason
    assert (found.utilisation is None) == (not formula) == found.reason.startswith("no closed form: ")
    assert bool(found.source) == bool(formula)
    assert (found.throughput is None) == (not formula)
    if found.utilisation is not None:
        assert found.throughput == pytest.approx(found.utilisation * scenario.vcpus / scenario.compute) or (
            "share of touches that fault" in found.source
        )
        assert found.exact == (scenario.compute_dist == scenario.page_in_dist == "det")


def test_exits_are_part_of_the_overhead_where_nobody_is_interrupted() -> None:
    s = PageFaultScenario(exit_cost=1.0, overhead=0.5)
    shares = [theory.which(s, mode).utilisation for mode in ("sync", "halt")]
    assert shares == [theory.stopped_share(1.0, 4.0, 1.5), theory.stopped_share(1.0, 4.0, 2.5)]


def test_everything_fixed() -> None:
    plain = PageFaultScenario(tasks=3, mode="pv", compute_dist="det", page_in_dist="det")
    for changes, share in (({}, 3 / 5), ({"tasks": 6}, 1.0), ({"slots": 2}, 2 / 4), ({"overhead": 1.0}, 3 / 6)):
        assert theory.which(dataclasses.replace(plain, **changes), "pv").utilisation == pytest.approx(share)
    several = dataclasses.replace(plain, vcpus=3, slots=2)
    assert theory.which(several, "sync").utilisation == pytest.approx(2 / 4 / 3)


@given(
    st.integers(1, 40), st.integers(1, 4), st.booleans(), st.none() | st.integers(1, 64),
    st.floats(0.01, 1e4), st.floats(0.01, 1e4), st.none() | st.integers(0, 64),
    st.sampled_from(("exp", "det")), st.sampled_from(("exp", "det", "lognormal:1")), st.floats(0, 100),
)  # fmt: skip
def test_every_form_keeps_to_its_bounds(
    tasks: int, vcpus: int, shared: bool, slots: int | None, compute: float, page_in: float, limit: int | None,
    compute_dist: str, page_in_dist: str, overhead: float,
) -> None:  # fmt: skip
    s = PageFaultScenario(
        tasks=tasks, vcpus=vcpus, shared=shared, slots=slots, compute=compute, page_in=page_in, limit=limit,
        compute_dist=compute_dist, page_in_dist=page_in_dist, overhead=overhead,
    )  # fmt: skip
    most = theory.saturation(compute, page_in, slots, vcpus, overhead)
    found = {mode: theory.which(s, mode) for mode in MODES}
    for one in found.values():
        assert one.throughput is None or 0 < one.throughput <= most * (1 + 1e-9)
    sync, pv = found["sync"].utilisation, found["pv"].utilisation
    if sync is not None and pv is not None:  # sync never beats pv at the same overhead
        assert pv >= sync * (1 - 1e-9)
