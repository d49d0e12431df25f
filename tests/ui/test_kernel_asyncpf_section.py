"""KVM and the simulator event by event: what was recorded, settings that nobody has run, and a trace that differs."""

from __future__ import annotations

import dataclasses

import pytest

from lab.core.errors import LabError
from lab.realkernel.asyncpf.recorded import names, recorded
from lab.realkernel.asyncpf.result import read_run
from lab.realkernel.asyncpf.settings import PRESETS, Settings
from lab.ui import kernel_asyncpf, pagefault_kernel
from lab.ui.kernel_asyncpf_foretold import MOST_DRAWN
from lab.ui.kernel_run import NOT_RUN, RECORDED


def test_every_bundled_run_is_offered_and_shown() -> None:
    made = pagefault_kernel()
    offered = {preset.scenario: preset.id for preset in made.subject.presets}
    assert {preset.scenario for preset in PRESETS} <= set(offered)
    assert len(made.subject.presets) == len(offered), "no two alike"
    for name in names():
        run = recorded(name)
        made.load(offered[run.settings])
        assert made.bar.badge == RECORDED
        assert [row[1:4] for row in made.view.table.rows if row[1]] == [
            (kind, f"{token:#x}", page) for kind, token, page in run.comparison.real
        ]
        if run.comparison.first_difference is None:
            said = f"All {len(run.comparison.real)} events of KVM came as predicted, in order and token."
        else:
            place = run.comparison.first_difference[0]
            said = (
                f"The same counts; the order parts at event {place}. "
                "Not fixed by these settings: another guest's scheduler and another pager."
            )
        assert made.bar.headline == said
        assert "speed-up" in made.subject.picture.says.value


def test_it_opens_on_a_run_in_which_rules_alone_decide() -> None:
    made = pagefault_kernel()
    run = recorded(kernel_asyncpf._known()[made.scenario])
    assert run.order_must_agree
    assert run.agrees
    assert made.bar.badge == RECORDED
    assert made.bar.command.startswith("kernel-lab kernel asyncpf")
    picture = made.subject.picture
    assert len(picture.order._lanes) == 2 * sum(kind == "not_present" for kind, _, _ in run.comparison.real), (
        "each page is in both runs"
    )
    assert "<svg" in made.view.svg()


def test_a_segment_is_told_in_words() -> None:
    made = pagefault_kernel()
    made.subject.picture.order.selected = 0
    assert "is asked for at event 0" in made.why.line
    assert made.why.trace[0].startswith("counts: ")


def test_the_toggle_shows_each_run_over_its_own_clock() -> None:
    made = pagefault_kernel("random-user")
    picture = made.subject.picture
    assert picture.times.layout.display == "none"
    picture.toggle.value = True
    assert (picture.order.layout.display, picture.times.layout.display) == ("none", None)
    real, predicted = (timeline._lanes for timeline in picture.clocks)
    assert len(real) > 0
    assert len(predicted) > 0
    made.load("A9")
    assert made.bar.badge == NOT_RUN, "of one run alone there is no pair of clocks"
    assert (picture.order.layout.display, picture.times.layout.display) == (None, "none")
    assert picture.toggle.layout.display == "none"


def test_settings_that_nobody_has_run_show_the_prediction_alone() -> None:
    made = pagefault_kernel(tasks=3, pages=6, order="lifo", batch=3, compute=7)
    assert made.bar.badge == NOT_RUN
    assert made.bar.headline == (
        "Not run with these settings: run it. Predicted: 12 events, at most 3 pages under way."
    )
    assert [row[1] for row in made.view.table.rows].count("ready") == 6
    assert made.subject.picture.toggle.layout.display == "none"
    made.set(flags="0x0")
    assert made.bar.headline.endswith("at most one page under way.")
    assert made.why.line.startswith("Predicted: try 6, not_present 6")


def test_a_trace_that_differs_names_the_first_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two events of a recording are exchanged; then a count is wrong."""
    run = recorded("random-user")
    real = list(run.comparison.real)
    at = next(i for i in range(8, len(real)) if real[i][0] != real[i + 1][0])
    real[at], real[at + 1] = real[at + 1], real[at]
    bad = dataclasses.replace(run, comparison=dataclasses.replace(run.comparison, real=tuple(real)))
    monkeypatch.setattr(kernel_asyncpf, "_recorded", lambda settings: bad)
    made = pagefault_kernel("random-user")
    assert f"in order up to event {at}: " in made.bar.headline
    assert "was predicted" in made.bar.headline
    states = {made.subject.picture.order._lanes.states[s].word for s in made.subject.picture.order._lanes.state}
    assert "not as predicted" in states

    counts = {**run.comparison.counts, "told": dataclasses.replace(run.comparison.counts["told"], real=0)}
    worse = dataclasses.replace(run, comparison=dataclasses.replace(run.comparison, counts=counts))
    monkeypatch.setattr(kernel_asyncpf, "_recorded", lambda settings: worse)
    made.set()
    assert made.bar.headline == "The counts differ: real KVM had 0 told and not 32."


@pytest.mark.parametrize(
    ("accel", "said"),
    [
        ("tcg", "The same counts; the order parts at event 8. Not fixed by these settings: under tcg threads run side"),
        ("", "Not fixed by these settings: unknown accelerator: order not judged."),
        ("icount", "The same counts; in order up to event 8: "),
    ],
)
def test_why_an_order_may_be_another_is_said_by_case(accel: str, said: str) -> None:
    run = recorded("told")
    real = list(run.comparison.real)
    real[8], real[9] = real[9], real[8]
    bad = dataclasses.replace(run, accel=accel, comparison=dataclasses.replace(run.comparison, real=tuple(real)))
    assert said in kernel_asyncpf.headline(bad)
    assert "times decide" not in kernel_asyncpf.headline(bad)


def test_a_run_that_contradicts_itself_is_no_success() -> None:
    run = recorded("told")
    log = run.log.replace("BOOT 0xb", "BOOT 0")
    bad = read_run("told", run.settings, run.trace, log, accel="icount")
    assert bad.comparison.first_difference is None
    said = "The counts are as predicted, but the run contradicts itself: the guest began with flags 0x0 instead of 0xb."
    assert kernel_asyncpf.headline(bad) == said


def test_of_many_pages_only_so_many_are_drawn_as_can_be_told_apart() -> None:
    made = pagefault_kernel(pages=1024, tasks=8, delay=0.0, gap=0.0)
    picture = made.subject.picture
    assert made.bar.headline.startswith("Not run with these settings: run it. Predicted: 2048 events")
    assert len(made.view.table.rows) == 2048
    groups = {group for group in picture.order._lanes.group if group >= 0}
    assert MOST_DRAWN <= len(groups) <= MOST_DRAWN + 8 + 1
    assert f"The first {MOST_DRAWN} pages of 1024 are drawn." in picture.says.value


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(LabError, match="'P1' is not one of "):
        pagefault_kernel("P1")
    with pytest.raises(LabError, match="--tasks: 97"):
        Settings(tasks=97)
