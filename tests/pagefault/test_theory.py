"""The closed forms against one another and against chains solved by brute force."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.pagefault import theory

loads = st.floats(0.01, 100.0)


def stationary(rates: dict[tuple[int, int], float], states: int) -> list[float]:
    """The stationary distribution of a Markov chain, by plain Gaussian elimination."""
    rows = [[0.0] * (states + 1) for _ in range(states)]
    for (a, b), rate in rates.items():
        rows[b][a] += rate
        rows[a][a] -= rate
    rows[-1] = [1.0] * (states + 1)  # they add up to 1
    for i in range(states):
        pivot = max(range(i, states), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(states):
            if r != i and rows[r][i]:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[i], strict=True)]
    return [rows[i][-1] / rows[i][i] for i in range(states)]


@pytest.mark.parametrize(("tasks", "slots", "share"), [(8, None, 0.969580), (8, 4, 0.861471), (8, 2, 0.498531)])
def test_sample_values(tasks: int, slots: int | None, share: float) -> None:
    assert theory.slots_share(tasks, 4.0, slots) == pytest.approx(share, abs=1e-6)


def test_sample_values_of_overhead_and_limit() -> None:
    assert theory.overhead_share(8, 1.0, 4.0, 0.25) == pytest.approx(0.795547, abs=1e-6)
    assert theory.limited(80.0, 64) == pytest.approx(0.496326, abs=1e-6)


@given(st.integers(1, 60), loads)
def test_a_slot_for_each_task_is_erlangs_loss_formula(tasks: int, load: float) -> None:
    assert theory.slots_share(tasks, load, None) == pytest.approx(1 - theory.erlang_b(tasks, load), rel=1e-9)
    assert theory.slots_share(tasks, load, tasks + 3) == theory.slots_share(tasks, load, None)


@given(st.integers(1, 60), loads)
def test_one_slot(tasks: int, load: float) -> None:
    assert theory.one_slot(tasks, load) == pytest.approx(theory.slots_share(tasks, load, 1), rel=1e-9)


def test_one_slot_at_and_near_equal_rates() -> None:
    assert theory.one_slot(7, 1.0) == 7 / 8
    assert theory.one_slot(7, 1.0 + 1e-13) == pytest.approx(7 / 8, abs=1e-12)
    assert theory.one_slot(4096, 1e8) == pytest.approx(1e-8)


@given(st.integers(1, 40), loads)
def test_without_overhead_takacs_is_erlang(tasks: int, load: float) -> None:
    assert theory.overhead_share(tasks, 1.0, load, 0.0) == pytest.approx(1 - theory.erlang_b(tasks, load), rel=1e-9)


@given(loads, st.floats(0, 10))
def test_one_task_waits_alone_whatever_the_form(load: float, overhead: float) -> None:
    alone = theory.stopped_share(1.0, load, overhead)
    assert theory.overhead_share(1, 1.0, load, overhead) == pytest.approx(alone, rel=1e-12)
    assert theory.overhead_share(1, 1.0, load, overhead, fixed_burst=True) == pytest.approx(alone, rel=1e-12)
    assert theory.limited(load, 0) == pytest.approx(theory.stopped_share(1.0, load), rel=1e-12)


@pytest.mark.parametrize(("load", "limit"), [(4.0, 1), (4.0, 3), (0.5, 5), (20.0, 16), (80.0, 64)])
def test_the_limit_against_the_chain_solved_by_elimination(load: float, limit: int) -> None:
    n = limit + 1  # states 0..K: m queued and running; K+1..2K+1: m queued and stopped
    rates: dict[tuple[int, int], float] = {(limit, n + limit): 1.0}
    for m in range(n):
        if m < limit:
            rates[m, m + 1] = 1.0
        if m:
            rates[m, m - 1] = rates[n + m, n + m - 1] = m / load
        rates[n + m, m] = 1 / load
    chain = stationary(rates, 2 * n)
    assert theory.limited(load, limit) == pytest.approx(sum(chain[:n]), rel=1e-9)


@pytest.mark.parametrize(("tasks", "vcpus", "slots"), [(8, 2, 3), (12, 3, None), (5, 5, 2), (6, 1, 4)])
def test_a_shared_queue_against_the_chain_solved_by_elimination(tasks: int, vcpus: int, slots: int | None) -> None:
    load, rates = 3.0, dict[tuple[int, int], float]()
    for m in range(tasks):
        rates[m, m + 1] = min(tasks - m, vcpus)
        rates[m + 1, m] = min(m + 1, slots or tasks) / load
    chain = stationary(rates, tasks + 1)
    busy = sum(p * min(tasks - m, vcpus) for m, p in enumerate(chain)) / vcpus
    assert theory.slots_share(tasks, load, slots, vcpus) == pytest.approx(busy, rel=1e-9)


@settings(deadline=None)
@given(st.integers(1, 4096), st.floats(1e-11, 1e11), st.integers(0, 65536), st.integers(1, 65536))
def test_no_form_overflows(tasks: int, load: float, limit: int, slots: int) -> None:
    shares = [
        1 - theory.erlang_b(tasks, load),
        theory.one_slot(tasks, load),
        theory.slots_share(tasks, load, slots),
        theory.overhead_share(tasks, 1.0, load, 0.5),
        theory.overhead_share(tasks, 1.0, load, 0.5, fixed_burst=True),
        theory.limited(load, min(limit, 4096)),
    ]
    assert all(0 <= share <= 1 for share in shares)
