"""Each failure strikes where it should and nowhere else; the command lists them all with their sources."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lab.cli import main
from lab.pagefault import PageFaultScenario, failures
from lab.pagefault import events as ev
from lab.pagefault.events import Event
from lab.pagefault.failures import FAILURES, KNOWN, first_id, loses_zero
from lab.pagefault.host import MODE
from lab.pagefault.metrics import ENDED
from lab.pagefault.model import simulate
from lab.pagefault.protocol import ERA, can_be_told, token_of
from lab.pagefault.records import Machine
from lab.pagefault.result import events_of
from tests.pagefault.conftest import machine

PV, NOW = MODE["pv"], ERA["5.8+"]


def struck(name: str, **run_fields: Any) -> Any:
    return machine(2, **{"failure": FAILURES[name], "failure_at": 1000, "mode": PV, "era": NOW, **run_fields})


def test_the_options_and_the_descriptions_are_of_the_same_failures() -> None:
    assert set(FAILURES) == {"none", *(failure.id for failure in KNOWN)}
    assert sorted(FAILURES.values()) == list(range(len(FAILURES)))
    for failure in KNOWN:
        assert failure.number == FAILURES[failure.id] == getattr(failures, failure.id.upper().replace("-", "_"))
        assert failure.title
        assert failure.what.endswith(".")
        assert failure.at
        assert failure.reports
        assert failure.sources


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_only_itself(name: str) -> None:
    """With every rule asked where its own failure strikes, exactly that failure's own rules say so."""
    m = struck(name, failure_at=1)
    m.vcpus[0].done_count = 1
    strikes = {
        "lost-done": failures.wipes_done(m, 1),
        "kernel-injection": failures.panics(m, 1),
        "lapic-disabled": failures.deaf(m),
        "early-page": failures.early(m, 1),
        "unregistered": failures.unregistered(m),
        "no-memory": failures.no_memory(m, 1),
        "token-zero": int(loses_zero(m, 0, 0) and token_of(m, 0) == 0),
    }
    assert strikes == {other: int(other == name) for other in strikes}


@given(st.integers(1, 1 << 22))
@example(1)
@example(1 << 20)
@example((1 << 20) + 1)
def test_token_0_is_the_one_at_failure_at(at: int) -> None:
    m = struck("token-zero", failure_at=at)
    m.vcpus[0].ids = first_id(m)
    assert 0 <= m.vcpus[0].ids < 1 << 20
    skipped = (at - 1) % (1 << 20)  # the numbers go round: the first 0 comes in the first round
    m.vcpus[0].ids += max(skipped - 2, 0)
    tokens = [token_of(m, 0) for _ in range(min(skipped, 2) + 3)]
    assert [token for token in tokens if token == 0] == [0]
    assert tokens.index(0) == min(skipped, 2)
    assert tokens[-2:] == [0x1000, 0x2000]


def test_token_0_is_lost_only_where_another_page_is_delivered_over_it() -> None:
    m = machine(2, 2, failure=FAILURES["token-zero"])
    assert loses_zero(m, 0, 0) == 0  # nothing else is waiting: the guest reads the 0
    m.vcpus[0].done_count = 1
    assert loses_zero(m, 0, 0) == 1
    assert loses_zero(m, 0, 0x1000) == 0
    assert loses_zero(m, 1, 0) == 0  # what waits on another vCPU has another slot


def test_only_vcpu_0_can_have_a_token_of_0() -> None:
    m = machine(2, 2, failure=FAILURES["token-zero"], failure_at=1)
    for vcpu in m.vcpus:
        vcpu.ids = first_id(m)
    assert [token_of(m, v) for v in (0, 1)] == [0, 1]


def test_the_done_queue_is_lost_once() -> None:
    m = struck("lost-done", failure_at=3)
    assert [failures.wipes_done(m, completed) for completed in range(1, 8)] == [0, 0, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(("rule", "name"), [(failures.early, "early-page"), (failures.no_memory, "no-memory")])
def test_these_strike_every_so_many_faults(rule: Any, name: str) -> None:
    m = struck(name, failure_at=4)
    assert [rule(m, count) for count in range(1, 10)] == [0, 0, 0, 1, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(("kernel", "era", "dies"), [(0, "5.8+", 0), (1, "5.8+", 1), (0, "2010", 0), (1, "2010", 0)])
def test_a_guest_dies_of_a_not_present_in_kernel_mode_since_5_8(kernel: int, era: str, dies: int) -> None:
    m = struck("kernel-injection", era=ERA[era])
    assert can_be_told(m, 0, kernel) == 1  # the host does not look at the mode
    assert failures.panics(m, kernel) == dies


@pytest.mark.parametrize(("mode", "era", "is_deaf"), [("pv", "5.8+", 1), ("pv", "2010", 0), ("halt", "5.8+", 0)])
def test_a_disabled_lapic_matters_where_interrupts_are_needed(mode: str, era: str, is_deaf: int) -> None:
    assert failures.deaf(struck("lapic-disabled", mode=MODE[mode], era=ERA[era])) == is_deaf


# -- what a run of the model does with them


def ran(name: str, mode: str = "pv", **asked: Any) -> tuple[Machine, tuple[Event, ...]]:
    s = PageFaultScenario(**{"failure": name, "failure_at": 10, "faults": 200, "window": 1e9, "seed": 7, **asked})
    m = simulate(s, mode)
    return m, events_of(m)


def of_kind(log: tuple[Event, ...], kind: str) -> list[Event]:
    return [e for e in log if e.kind == kind]


def silent_afterwards(log: tuple[Event, ...]) -> None:
    """A lost task is lost for ever: nothing is told or run of it again."""
    for i, e in enumerate(log):
        if e.kind == ev.LOST:
            assert not [later for later in log[i + 1 :] if later.task == e.task and later.kind in (ev.RUN, ev.READY)]


def test_token_0_loses_its_task_where_the_next_ready_comes_at_once() -> None:
    lost = 0
    for at in range(20, 60):
        m, log = ran("token-zero", failure_at=at, tasks=8, limit=4)
        zeros = [e for e in of_kind(log, ev.NOT_PRESENT) if e.token == 0]
        if not zeros:  # a synchronous fault has used it up
            continue
        (zero,) = zeros
        ready = next(i for i, e in enumerate(log) if e.kind == ev.READY and e.token == 0)
        another = [e for e in log[ready + 1 :] if e.kind == ev.READY and e.time == log[ready].time]
        assert [e.task for e in of_kind(log, ev.LOST)] == [zero.task] * bool(another)
        assert m.run.gone == len(of_kind(log, ev.LOST))
        assert ENDED[m.run.ended] == "complete"
        silent_afterwards(log)
        lost += m.run.gone
    assert 0 < lost < 40  # both happen


def test_what_one_vcpu_has_queued_is_lost_with_its_done_queue() -> None:
    m, log = ran("lost-done", tasks=6, vcpus=2, failure_at=30)
    completed = of_kind(log, ev.COMPLETED)
    strikes = completed[29]
    before = [e for e in log[: log.index(strikes)] if e.vcpu == strikes.vcpu]
    queued = {e.token for e in of_kind(tuple(before), ev.NOT_PRESENT)} - {e.token for e in before if e.kind == ev.READY}
    lost = of_kind(log, ev.LOST)
    assert len(lost) == len(queued) == m.run.gone > 1
    assert {e.time for e in lost} == {strikes.time}
    assert {e.task for e in lost} == {e.task for e in before if e.kind == ev.NOT_PRESENT and e.token in queued}
    assert ENDED[m.run.ended] == "complete"  # the others go on
    silent_afterwards(log)


def test_with_one_vcpu_and_all_asleep_the_guest_is_stuck() -> None:
    m, log = ran("lost-done", tasks=2, page_in=1000.0, failure_at=3)
    assert ENDED[m.run.ended] == "stuck"
    assert m.run.gone == 2
    silent_afterwards(log)


@pytest.mark.parametrize(
    ("mode", "era", "ends"),
    [("pv", "5.8+", "panic"), ("pv", "2010", "complete"), ("halt", "5.8+", "complete")],
)
def test_the_guest_dies_at_its_first_fault_in_kernel_mode(mode: str, era: str, ends: str) -> None:
    m, log = ran("kernel-injection", mode, kernel=0.2, era=era)
    assert ENDED[m.run.ended] == ends
    if ends == "panic":
        (dead,) = of_kind(log, ev.PANIC)
        assert log[-1] == dead
        assert log[-2].kind in (ev.NOT_PRESENT, ev.READ)
        assert m.tasks[dead.task].kernel == 1
        assert [task.kernel for task in m.tasks].count(1) == 1


@pytest.mark.parametrize("vcpus", [1, 2])
def test_nothing_is_delivered_to_a_disabled_lapic_and_idle_vcpus_spin(vcpus: int) -> None:
    m, log = ran("lapic-disabled", tasks=3, vcpus=vcpus)
    assert ENDED[m.run.ended] == "spin"
    assert not of_kind(log, ev.READY)
    assert sorted(e.vcpu for e in of_kind(log, ev.SPIN)) == list(range(vcpus))
    assert m.run.gone == 3 * vcpus


@pytest.mark.parametrize("tick", [None, 5.0])
def test_in_kernel_mode_too_where_nobody_sleeps_but_the_vcpu_cannot_stay_halted(tick: float | None) -> None:
    m, log = ran("lapic-disabled", tasks=3, vcpus=2, kernel=1.0, tick=tick)
    assert ENDED[m.run.ended] == "spin"
    assert not of_kind(log, ev.READY)
    assert (len(of_kind(log, ev.SPIN)), m.run.gone) == (2, 0)


def test_an_early_page_leaves_a_dummy_and_nobody_sleeps() -> None:
    m, log = ran("early-page", failure_at=10)
    dummies = of_kind(log, ev.DUMMY)
    told = of_kind(log, ev.NOT_PRESENT)
    assert len(dummies) == len(told) // 10
    assert [e.token for e in dummies] == [e.token for e in told[9::10]]
    for dummy in dummies:
        at = log.index(dummy)
        task = next(e.task for e in told if e.token == dummy.token)
        following = next(e for e in log[at:] if e.kind == ev.RUN and e.vcpu == dummy.vcpu)
        assert following.task == task
        assert following.time == dummy.time  # nothing costs anything here
    assert (m.run.gone, ENDED[m.run.ended]) == (0, "complete")


@pytest.mark.parametrize("mode", ["halt", "pv"])
def test_an_unregistered_guest_runs_as_if_nobody_had_thought_of_asynchronous_faults(mode: str) -> None:
    m, log = ran("unregistered", mode)
    plain, sync_log = ran("none", "sync")
    assert tuple(e for e in log if e.kind != ev.WAKE_ALL) == sync_log
    assert m.run.fallbacks == m.run.completed
    assert list(m.spent) == list(plain.spent)


def test_without_memory_each_tenth_fault_stops_the_vcpu() -> None:
    m, log = ran("no-memory", tasks=5, failure_at=10)  # fault numbers 9, 19, ... are all of task 4
    assert {e.fault % 10 for e in of_kind(log, ev.STOPPED)} == {9}
    assert m.run.fallbacks == len(of_kind(log, ev.STOPPED))
    assert len(of_kind(log, ev.STOPPED)) == sum(e.fault % 10 == 9 for e in of_kind(log, ev.FAULT))


def test_the_command_lists_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pagefault", "failures"]) == 0
    told = capsys.readouterr().out
    assert main(["pagefault", "failures", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["failures"]
    assert [entry["id"] for entry in listed] == [failure.id for failure in KNOWN]
    for failure, entry in zip(KNOWN, listed, strict=True):
        assert f"{failure.id}: {failure.title}" in told
        assert all(source in told for source in failure.sources)
        assert set(entry) == {"id", "title", "what", "failure_at", "reports", "sources"}
        assert entry["sources"] == list(failure.sources)
