"""EEVDF: rules by hand, and against exact fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault.guest import NOBODY, SCHEDULERS
from lab.pagefault.records import Machine
from tests.pagefault.conftest import machine
from tests.pagefault.little_guest import LittleGuest, shares

SLICE, TICK = 750, 1000
HAIR = Fraction(1, 500)  # us: two of the nanoseconds that the rules leave to rounding


def eevdf(tasks: int) -> Machine:
    return machine(tasks, scheduler=SCHEDULERS["eevdf"], slice=float(SLICE), tick=float(TICK))


class Exact:
    """EEVDF in fractions for one vCPU: it keeps the accounts and judges each choice, up to a hair."""

    def __init__(self, tasks: int) -> None:
        self.ran = [Fraction(0)] * tasks
        self.deadline = [Fraction(SLICE)] * tasks
        self.lag = [Fraction(0)] * tasks
        self.least = Fraction(0)
        self.there = set(range(tasks))  # ready or running

    def mean(self) -> Fraction:
        return sum((self.ran[t] for t in self.there), Fraction(0)) / len(self.there)

    def run(self, t: int, length: int) -> None:
        self.ran[t] += length
        most = max(2 * SLICE, TICK)
        self.lag[t] = min(max(self.mean() - self.ran[t], Fraction(-most)), Fraction(most))
        self.least = max(self.least, min(self.ran[other] for other in self.there))

    def wake(self, t: int) -> None:
        n = len(self.there)
        self.ran[t] = self.mean() - self.lag[t] * (n + 1) / n if n else self.least
        self.deadline[t] = self.ran[t] + SLICE
        self.there.add(t)

    def renew(self, t: int) -> bool:
        due = self.ran[t] >= self.deadline[t] - HAIR / 2
        if due:
            self.deadline[t] = self.ran[t] + SLICE
        return due

    def judge(self, chosen: int) -> None:
        """`chosen` is eligible, and nobody who surely is has an earlier deadline."""
        assert self.ran[chosen] <= self.mean() + HAIR
        sure = [t for t in self.there if self.ran[t] <= self.mean()]
        assert self.deadline[chosen] <= min(self.deadline[t] for t in sure) + HAIR


@given(
    st.integers(1, 9),
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 8), st.sampled_from([0, 1, 100, 749, 750, 1000, 4000, 90_000])),
        max_size=100,
    ),
)
def test_the_choice_is_right(tasks: int, commands: list[tuple[int, int, int]]) -> None:
    guest, exact = LittleGuest(eevdf(tasks)), Exact(tasks)
    guest.begin()
    for what, who, length in commands:
        before, asleep = guest.m.vcpus[0].task, sorted(guest.asleep)
        guest.obey([(what, who, length)])
        now = guest.m.vcpus[0].task
        if before != NOBODY:
            exact.run(before, length)
        if what == 0 and before != NOBODY:
            if exact.renew(before):
                exact.judge(now)
            else:
                assert now == before
        elif what == 1 and before != NOBODY:
            exact.there.remove(before)
            if exact.there:
                exact.judge(now)
        elif what == 2 and asleep:
            woken = asleep[who % len(asleep)]
            exact.wake(woken)
            due = before != NOBODY and exact.renew(before)
            if before == NOBODY or due or now == woken:
                exact.judge(now)
            else:
                assert now == before
        for t in exact.there:
            assert guest.m.tasks[t].vruntime == pytest.approx(float(exact.ran[t]), abs=1e-6)
            assert guest.m.tasks[t].deadline == pytest.approx(float(exact.deadline[t]), abs=1e-6)


@pytest.mark.parametrize("tasks", [2, 3, 10])
def test_equal_shares(tasks: int) -> None:
    had = shares(eevdf(tasks), 1000.0, 10_000, {})
    assert sum(had) == 10_000_000.0
    assert max(had) - min(had) <= 2 * TICK


def lag_of(m: Machine, t: int) -> float:
    there = [task.vruntime for u, task in enumerate(m.tasks) if task.on_queue or m.vcpus[0].task == u]
    return sum(there) / len(there) - m.tasks[t].vruntime


@pytest.mark.parametrize(("lead", "owed"), [(300.0, -200.0), (900.0, -600.0), (90_000.0, -1500.0)])
def test_what_is_owed_outlasts_a_sleep(lead: float, owed: float) -> None:
    """Of three, one runs ahead by `lead`: it owes two thirds of that, at most two slices, a second later as well."""
    guest = LittleGuest(eevdf(3))
    guest.begin()
    guest.run(0, lead)
    guest.sleep(0)
    assert guest.m.tasks[0].lag == pytest.approx(owed)
    for _ in range(1000):
        guest.run(0, 1000.0)
        guest.tick(0)
    guest.wake(0, 0)
    assert lag_of(guest.m, 0) == pytest.approx(owed)


def test_a_long_sleep_gains_nothing() -> None:
    guest = LittleGuest(eevdf(2))
    guest.begin()
    guest.sleep(0)
    for _ in range(1000):
        guest.run(0, 1000.0)
        guest.tick(0)
    guest.wake(0, 0)
    assert lag_of(guest.m, 0) == pytest.approx(0.0)
    assert guest.m.tasks[0].vruntime == pytest.approx(guest.m.tasks[1].vruntime)


def test_the_tick_gives_a_longer_leash() -> None:
    guest = LittleGuest(machine(2, scheduler=SCHEDULERS["eevdf"], slice=750.0, tick=4000.0))
    guest.begin()
    guest.run(0, 90_000.0)
    assert guest.m.tasks[0].lag == -4000.0


def test_who_is_not_eligible_waits_whatever_its_deadline() -> None:
    m = eevdf(2)
    guest = LittleGuest(m)
    guest.begin()
    guest.run(0, 400.0)
    m.tasks[0].deadline, m.tasks[1].deadline = 500.0, 5000.0
    guest.put_back(0)
    assert m.vcpus[0].task == 1


def test_equal_deadlines_go_by_arrival() -> None:
    guest = LittleGuest(eevdf(4))
    guest.begin()
    order = []
    for _ in range(4):
        order.append(guest.m.vcpus[0].task)
        guest.sleep(0)
    assert order == [0, 1, 2, 3]


def test_a_woken_task_with_the_earlier_deadline_runs_at_once() -> None:
    guest = LittleGuest(eevdf(2))
    guest.begin()
    guest.sleep(0)
    guest.run(0, 100.0)
    guest.wake(0, 0)  # placed at V = 100 like the one that runs: its deadline is 850, the other's 750
    assert guest.m.vcpus[0].task == 1
    guest.run(0, 700.0)
    guest.tick(0)  # 800 is past 750: a new deadline, 1550
    assert guest.m.vcpus[0].task == 0


def test_who_is_stopped_in_a_fault_pays_for_it() -> None:
    guest = LittleGuest(eevdf(2))
    guest.begin()
    guest.run(0, 20_000.0)
    guest.tick(0)
    other = 0.0
    while guest.m.vcpus[0].task == 1:
        guest.run(0, 1000.0)
        other += 1000.0
        guest.tick(0)
    assert other == pytest.approx(20_000.0, abs=1000.0)


def test_beside_one_that_calculates_a_faulter_has_what_processor_sharing_gives() -> None:
    """No credit for sleeping: bursts of C, page-ins of S give C / (2C + S), unlike under CFS."""
    had = shares(eevdf(2), 1000.0, 4000, {0: (120.0, 103.0)})
    assert had[0] / sum(had) == pytest.approx(120 / (2 * 120 + 103), abs=0.001)
