"""The published tables: what is fitted fits, what is predicted is near, what is rejected is far."""

import argparse
import dataclasses
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core import jsontext
from lab.core.progress import Cancelled
from lab.pagefault import published, run, theory
from lab.pagefault.commands import published as command
from lab.pagefault.published import ARM64, GLEB, Arm64, Calibration
from lab.pagefault.published.calibration import HALVINGS

FIGURES = {(f.table, f.name): f for f in published.figures()}


def test_three_figures_give_three_unknowns() -> None:
    fit = Calibration.by_vruntime()
    assert (fit.compute, fit.page_in, fit.fixed) == pytest.approx((120.0, 103.27, 3.46), abs=0.01)
    assert fit.page_in < fit.compute  # as the form assumes: the task that faults can use its half
    for figure in FIGURES.values():
        if figure.role == "fitted":
            assert figure.difference == pytest.approx(0.0, abs=1e-9)


@given(st.floats(1, 1e3), st.floats(0.01, 0.99), st.floats(0, 100))
def test_the_calibration_finds_what_a_table_was_made_of(compute: float, part: float, fixed: float) -> None:
    page_in, many = compute * part, 55_000 / 1e6
    made = Arm64(
        sync_alone=fixed + many * (compute + page_in),
        sync_beside=fixed + 2 * many * (compute + page_in),
        pv_beside=fixed + 2 * many * compute,
    )
    found = Calibration.by_vruntime(made)
    assert (found.compute, found.page_in) == pytest.approx((compute, page_in), rel=1e-6)
    assert found.fixed == pytest.approx(fixed, abs=1e-9)


def test_the_calculations_work_is_predicted_within_five_per_cent() -> None:
    figure = FIGURES["arm64", "calculation, pv over sync"]
    assert figure.role == "predicted"
    assert figure.published == pytest.approx(0.525, abs=1e-3)
    assert figure.theory == pytest.approx(0.537, abs=1e-3)
    assert figure.difference is not None
    assert abs(figure.difference) < 0.05


@given(st.floats(0.1, 1e4), st.floats(0.1, 1e4))
def test_processor_sharing_is_rejected_whatever_the_times(compute: float, page_in: float) -> None:
    ratio = Calibration(compute, page_in, 0.0).ratio(theory.sharing_share(compute, page_in))
    assert ratio == pytest.approx(1.0, rel=1e-9)
    assert ratio / ARM64.ratio > 1.9
    assert FIGURES["arm64", "calculation, pv by processor sharing over sync"].theory == pytest.approx(1.0)
    assert FIGURES["arm64", "pv beside a calculation by processor sharing in both, s"].theory == ARM64.sync_beside


def test_the_table_of_2010_has_one_free_parameter() -> None:
    figure = FIGURES["2010", "work, pv over sync"]
    assert figure.published == pytest.approx(1.909, abs=1e-3)
    assert figure.role == "fitted"
    assert "S/C = 20.9" in figure.why
    assert GLEB.spread == pytest.approx(0.104, abs=1e-3)
    assert GLEB.sync < GLEB.halt < GLEB.pv
    s = published.gleb_scenario()
    assert s.page_in / s.compute == pytest.approx(20.87, abs=0.01)


def test_simulated_fairness_is_between_its_limits() -> None:
    """Round robin at every tick comes to processor sharing; virtual runtime stays nearer to half."""
    plain = published.arm64_scenario(1, faults=150, compute=1000.0, page_in=860.0)
    sharing = run(dataclasses.replace(plain, scheduler="rr", slice=1.0, tick=20.0), "pv")
    assert sharing.calculated == pytest.approx(theory.sharing_share(1000.0, 860.0), abs=0.01)
    fair = run(dataclasses.replace(plain, faults=1000), "pv")
    assert 0.5 - 0.01 < fair.calculated < sharing.calculated


def test_waiting_is_charged_where_the_guest_is_not_told() -> None:
    found = run(published.arm64_scenario(1, faults=4000), "sync")
    assert found.calculated == pytest.approx(theory.charged_share(), abs=0.02)


def test_simulated_order_of_2010() -> None:
    found = {mode: run(published.gleb_scenario(faults=1500), mode) for mode in ("sync", "halt", "pv")}
    sync, halt, pv = (found[mode] for mode in ("sync", "halt", "pv"))
    assert sync.throughput * 1.02 < halt.throughput < pv.throughput
    assert sync.utilisation < halt.utilisation < pv.utilisation  # all tasks' computing
    # the workers alone: a fair scheduler charges a halt as a stop, so the published 1.128 is not explained
    assert halt.calculated / sync.calculated == pytest.approx(1.0, abs=0.03)
    assert pv.calculated / sync.calculated == pytest.approx(GLEB.ratio("pv"), abs=0.05)


def test_the_model_calibrated_by_itself_is_near_too() -> None:
    """Its CFS forgives a sleeper what it lags behind more than half a latency: a little above the law of half each."""
    fit = Calibration.by_model(faults=1000)
    assert fit.compute == pytest.approx(Calibration.by_vruntime().compute, rel=0.08)
    pv, sync = (run(published.arm64_scenario(1, fit, faults=3000), mode) for mode in ("pv", "sync"))
    assert fit.fixed + pv.elapsed / 1e6 * ARM64.faults / 3000 == pytest.approx(ARM64.pv_beside, rel=0.01)
    ratio = pv.calculated * pv.elapsed / (sync.calculated * sync.elapsed)
    assert ARM64.ratio < ratio == pytest.approx(ARM64.ratio, rel=0.10)


def test_the_command_prints_every_figure() -> None:
    report = command._run(argparse.Namespace(simulate=False, engine="simpy"))
    data = json.loads(jsontext.dumps(report.data))
    assert len(data["figures"]) == len(FIGURES)
    assert {f["role"] for f in data["figures"]} == {"fitted", "predicted", "rejected", "order"}
    assert all(f["why"] and f["source"] for f in data["figures"])
    assert data["calibration"]["arm64"]["compute"] == pytest.approx(120.0)
    assert "0.5375" in report.text
    assert "burst 120.0 us, page-in 103.3 us, fixed 3.46 s" in report.text


def test_progress_is_told_before_anything_runs_and_within_every_run() -> None:
    """So that Cancel is heard in the search for a burst too, not only between runs: never a second apart."""
    told: list[tuple[int, int, str]] = []
    gaps = []
    last = time.thread_time()

    def tell(done: int, total: int, label: str) -> None:
        nonlocal last
        now = time.thread_time()  # of this thread alone: a busy machine is not our slowness
        gaps.append(now - last)
        last = now
        told.append((done, total, label))
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        published.figures(simulate=True, progress=tell)
    assert told[0] == (0, HALVINGS + 7, "arm64: which burst fits")
    assert [one[0] for one in told] == sorted(one[0] for one in told)
    assert {done for done, _, _ in told} == {0, 1, 2}
    assert all(sum(done == at for done, _, _ in told) > 5 for at in (0, 1))
    assert max(gaps) < 1.0


def test_cancel_at_the_first_call_runs_nothing() -> None:
    def stop(done: int, total: int, label: str) -> None:
        raise Cancelled

    before = time.thread_time()
    with pytest.raises(Cancelled):
        published.figures(simulate=True, progress=stop)
    assert time.thread_time() - before < 0.5
