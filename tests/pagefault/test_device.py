"""The paging device: against a plain queue of c servers, one that is written as a textbook has it."""

import dataclasses
import heapq
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault import PageFaultScenario, run
from lab.pagefault.calendar import PAGE_IN, kind_of, who_of
from lab.pagefault.device import finished, read
from lab.pagefault.events import E_READ
from lab.pagefault.notes import COLUMNS
from lab.pagefault.randomness import LAWS, draw, stream
from lab.pagefault.randomness import PAGE_IN as PAGE_IN_STREAM
from lab.pagefault.records import Machine
from tests.pagefault.small_machine import machine


def live(m: Machine, asked: list[tuple[float, int]]) -> tuple[list[float], list[tuple[float, int]]]:
    """Work w is asked for at the time and by the task of `asked[w]`: when each is in memory; (start, work) of reads."""
    calendar = [(time, 1, w) for w, (time, _) in enumerate(asked)]
    heapq.heapify(calendar)
    for w, (_, task) in enumerate(asked):
        m.works[w].task = task
    ends, reads = [0.0] * len(asked), list[tuple[float, int]]()
    while calendar:
        now, order, w = heapq.heappop(calendar)
        if order:
            read(m, w, now)
        else:
            ends[w] = now
            finished(m, w, now)
        for i in range(m.run.outs):
            assert kind_of(m.out_code[i]) == PAGE_IN
            reads.append((now, who_of(m.out_code[i])))
            heapq.heappush(calendar, (now + m.out_delay[i], 0, who_of(m.out_code[i])))
        m.run.outs = 0
    return ends, reads


@given(st.integers(1, 6), st.integers(1, 40), st.integers(0, 10**6), st.sampled_from(["exp", "det", "lognormal"]))
def test_it_is_a_queue_of_c_servers_first_in_first_out(slots: int, works: int, seed: int, law: str) -> None:
    chance = random.Random(seed)
    asked = sorted((chance.random() * 50, chance.randrange(3)) for _ in range(works))
    m = machine(3, works, seed, slots=slots, page_in=4.0, page_in_law=LAWS[law], spread=0.9)
    ends, reads = live(m, asked)
    # the textbook's: work w begins when it is asked for and a server is free, in order
    streams = [stream(seed, PAGE_IN_STREAM, t) for t in range(3)]
    free, begun, expected = [0.0] * slots, [], []
    for time, task in asked:
        begin = max(time, heapq.heappop(free))
        end = begin + draw(LAWS[law], streams, task, 4.0, 0.9, [])
        heapq.heappush(free, end)
        begun.append(begin)
        expected.append(end)
    assert ends == expected
    assert [w for _, w in reads] == list(range(works))
    assert [now for now, _ in reads] == begun
    times = [time for time, _ in asked]
    assert m.run.most == max(sum(a <= t for a in times) - sum(e < t for e in ends) for t in times)
    assert m.run.under_way == m.run.waiting_count == 0


def test_a_task_s_pages_take_the_same_time_whoever_else_reads() -> None:
    def page_ins(others: int) -> list[float]:
        m = machine(3, 20, slots=2, page_in=4.0)
        asked = [(float(i), 1 if i % 4 == 0 else 2 * (i % others)) for i in range(20)]
        ends, reads = live(m, asked)
        began = {w: now for now, w in reads}
        return [ends[w] - began[w] for w in range(20) if asked[w][1] == 1]

    assert page_ins(1) == pytest.approx(page_ins(2), rel=1e-12)


def test_the_line_may_go_round_its_ring_many_times() -> None:
    m = machine(1, 4, slots=1, page_in=1.0, page_in_law=LAWS["det"])
    order = []
    for w in range(4):
        read(m, w, 0.0)
    at = who_of(m.out_code[0])
    for step in range(50):
        order.append(at)
        m.run.outs = 0
        finished(m, at, float(step))
        read(m, at, float(step))  # the one that was read asks again: it is the last in line
        at = who_of(m.out_code[0])
        assert m.run.outs == 1
    assert order == [i % 4 for i in range(50)]
    assert m.run.most == m.run.under_way == 4


def test_a_read_is_noted_when_its_slot_begins() -> None:
    m = machine(2, 3, slots=1, page_in=2.0, page_in_law=LAWS["det"], logging=1, window=1e9)
    for w, page in enumerate((70, 80, 90)):
        m.works[w].page, m.works[w].token, m.works[w].fault, m.works[w].vcpu = page, 10 + w, w, 0
    live(m, [(0.5, 0), (0.5, 1), (1.0, 0)])
    rows = [tuple(m.notes[i * COLUMNS : (i + 1) * COLUMNS]) for i in range(m.run.notes)]
    assert rows == [(E_READ, 0, 0, 0, 10, 70), (E_READ, 0, 1, 1, 11, 80), (E_READ, 0, 0, 2, 12, 90)]
    assert list(m.note_time[:3]) == [0.5, 2.5, 4.5]


def test_an_empirical_law_draws_from_its_table() -> None:
    m = machine(1, 200, slots=200, page_in=10.0, page_in_law=LAWS["empirical"], values=[0.5, 1.5])
    for w in range(200):
        m.works[w].task = 0
        read(m, w, 0.0)
    assert set(Counter(m.out_delay[: m.run.outs])) == {5.0, 15.0}


@pytest.mark.parametrize("law", ["exp", "det", "lognormal:0.9", "empirical:on-int"])
@pytest.mark.parametrize("access", ["rate", "stack:1.3", "zipf:0.8"])
def test_both_engines_read_the_same_pages_at_the_same_times(law: str, access: str) -> None:
    pytest.importorskip("numba")
    scenario = PageFaultScenario(
        tasks=3, slots=2, faults=200, window=1e9, access=access, working_set=20, memory=15, kernel=0.3, page_in_dist=law
    )
    for mode in ("sync", "pv"):
        plain = run(scenario, mode).events
        fast = run(dataclasses.replace(scenario, engine="fast"), mode).events
        assert len(plain) > 1000
        assert [event[1:] for event in fast] == [event[1:] for event in plain]
        assert [event.time for event in fast] == pytest.approx([event.time for event in plain], rel=1e-9)
