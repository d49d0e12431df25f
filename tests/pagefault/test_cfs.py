"""CFS-like: rules by hand, and against a model that sorts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault.guest import DEFAULT_SLICE, NOBODY, SCHEDULERS, cfs
from lab.pagefault.records import Machine
from tests.pagefault.conftest import machine
from tests.pagefault.little_guest import LittleGuest, shares

LATENCY = DEFAULT_SLICE["cfs"]


def fair(tasks: int, latency: float = LATENCY) -> Machine:
    return machine(tasks, scheduler=SCHEDULERS["cfs"], slice=latency)


class Sorted:
    """CFS with a list that is sorted each time, for one vCPU and equal weights."""

    def __init__(self, tasks: int) -> None:
        self.ran, self.since = [0.0] * tasks, 0.0
        self.least, self.arrivals = 0.0, 0
        self.line: list[tuple[float, int, int]] = []
        self.asleep: set[int] = set()
        self.runs = NOBODY
        for t in range(tasks):
            self.put(t)
        self.choose()

    def put(self, t: int) -> None:
        self.line = sorted([*self.line, (self.ran[t], self.arrivals, t)])
        self.arrivals += 1

    def choose(self) -> None:
        self.runs, self.since = (self.line.pop(0)[2] if self.line else NOBODY), 0.0
        self.follow()

    def follow(self) -> None:
        known = [vruntime for vruntime, _, _ in self.line] + ([self.ran[self.runs]] if self.runs != NOBODY else [])
        if known:
            self.least = max(self.least, min(known))

    def obey(self, what: int, who: int, length: int) -> None:
        if self.runs != NOBODY:
            self.ran[self.runs] += length
            self.since += length
        self.follow()
        if what == 0 and self.runs != NOBODY and self.line and self.must_leave():
            self.put(self.runs)
            self.choose()
        elif what == 1 and self.runs != NOBODY:
            self.asleep.add(self.runs)
            self.choose()
        elif what == 2 and self.asleep:
            woken = sorted(self.asleep)[who % len(self.asleep)]
            self.asleep.remove(woken)
            self.ran[woken] = max(self.ran[woken], self.least - LATENCY / 2)
            self.put(woken)
            if self.runs == NOBODY:
                self.choose()
            elif self.ran[self.runs] - self.ran[woken] > 1000.0:
                self.put(self.runs)
                self.choose()

    def must_leave(self) -> bool:
        running = len(self.line) + 1
        share = LATENCY / running if running <= 8 else 750.0
        ahead = self.ran[self.runs] - self.line[0][0]
        return ahead >= 0 and (self.since > share or (self.since >= 750.0 and ahead > share))


@given(
    st.integers(1, 12),
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 11), st.sampled_from([0, 1, 250, 749, 750, 1000, 4000, 90_000])),
        max_size=120,
    ),
)
def test_like_a_sorted_list(tasks: int, commands: list[tuple[int, int, int]]) -> None:
    guest, model = LittleGuest(fair(tasks)), Sorted(tasks)
    guest.begin()
    for command in commands:
        guest.obey([command])
        model.obey(*command)
        assert guest.m.vcpus[0].task == model.runs
        assert [task.vruntime for task in guest.m.tasks] == model.ran
        assert guest.m.queues[0].min_vruntime == model.least


@pytest.mark.parametrize("tasks", [2, 3, 10])
def test_equal_shares(tasks: int) -> None:
    had = shares(fair(tasks), 1000.0, 10_000, {})
    assert sum(had) == 10_000_000.0
    assert max(had) - min(had) <= LATENCY


def test_the_share_of_many_is_the_minimum_granularity() -> None:
    guest = LittleGuest(fair(20))
    guest.begin()
    guest.run(0, 750.0)
    guest.tick(0)
    assert guest.m.vcpus[0].task == 0
    guest.run(0, 1.0)
    guest.tick(0)
    assert guest.m.vcpus[0].task == 1


def test_a_long_sleep_is_worth_half_a_latency() -> None:
    guest = LittleGuest(fair(2))
    guest.begin()
    guest.sleep(0)
    guest.run(0, 1_000_000.0)
    guest.wake(0, 0)
    assert guest.m.tasks[1].vruntime - guest.m.tasks[0].vruntime == LATENCY / 2
    assert guest.m.vcpus[0].task == 0  # it preempts
    ahead = 0.0
    while guest.m.vcpus[0].task == 0:
        guest.run(0, 10.0)
        ahead += 10.0
        guest.tick(0)
    assert LATENCY / 2 <= ahead <= LATENCY / 2 + 10.0


def test_a_nap_is_worth_nothing() -> None:
    guest = LittleGuest(fair(2))
    guest.begin()
    guest.run(0, 5000.0)
    guest.sleep(0)
    guest.run(0, 10.0)
    guest.wake(0, 0)
    assert guest.m.tasks[0].vruntime == 5000.0
    assert guest.m.vcpus[0].task == 1


@pytest.mark.parametrize(("behind", "expected"), [(0.0, 0), (1000.0, 0), (1000.1, 1), (-5.0, 0)])
def test_wake_up_granularity(behind: float, expected: int) -> None:
    m = fair(2)
    m.tasks[0].vruntime, m.tasks[1].vruntime = 50_000.0, 50_000.0 - behind
    assert cfs.preempts(m, 0, 0, 1) == expected


def test_who_is_stopped_in_a_fault_pays_for_it() -> None:
    guest = LittleGuest(fair(2))
    guest.begin()
    guest.run(0, 20_000.0)  # of which 19,900 us in a synchronous fault: the guest cannot tell
    guest.tick(0)
    other = 0.0
    while guest.m.vcpus[0].task == 1:
        guest.run(0, 1000.0)
        other += 1000.0
        guest.tick(0)
    assert other == 20_000.0


def test_a_faulter_that_is_told_gets_nearly_half() -> None:
    """Bursts of 120 us, page-ins of 103 us, beside one that calculates (as in the table published for arm64).

    By vruntime the faulter is owed half of the vCPU, as it could use 0.54; processor sharing would give it
    120 / (2 * 120 + 103) = 0.35. How near it comes to a half depends on how much credit a sleeper may keep
    while the other runs until the next tick.
    """
    naps = {0: (120.0, 103.0)}
    had = shares(fair(2, 3 * LATENCY), 1000.0, 4000, naps)
    assert had[0] / sum(had) == pytest.approx(0.5, abs=0.005)
    had = shares(fair(2), 4000.0, 1000, naps)
    assert 0.42 < had[0] / sum(had) < 0.5
