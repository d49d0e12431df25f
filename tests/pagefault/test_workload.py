"""Touches and memory: against Che's and King's formulas, an LRU list in plain Python, and compiled code."""

import dataclasses
import itertools
import math
from collections import Counter, OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.pagefault import PageFaultScenario, run
from lab.pagefault.access import ACCESS, Access, missing_share, parse_access, prepare, shares
from lab.pagefault.events import FIRST_PAGE, page_of
from lab.pagefault.randomness import CHOICE, stream, uniform
from lab.pagefault.records import Machine
from lab.pagefault.theory import which
from lab.pagefault.workload import HIT, kernel_mode, loaded, rank, touch
from tests.pagefault.small_machine import machine


def guest(text: str, tasks: int, working_set: int, memory: int, one_set: bool = False, seed: int = 1) -> Machine:
    access = parse_access(text)
    start = prepare(access, tasks, working_set, memory, one_set)
    return machine(
        tasks, seed=seed, access=access.code, depth=access.depth, working_set=working_set, memory=memory,
        one_set=int(one_set), steps=start.steps, lru=start.lru, lru_first=start.lru_first, lru_last=start.lru_last,
        resident=start.resident,
    )  # fmt: skip


def in_memory(m: Machine) -> list[int]:
    """The pages in memory, the one used last first, and that the list is sound in both directions."""
    found, at, before = list[int](), m.run.lru_first, -1
    while at != -1:
        assert m.lru[2 * at] == before
        found.append(at)
        before, at = at, m.lru[2 * at + 1]
    assert m.run.lru_last == before
    assert m.run.resident == len(found) == len(set(found)) <= m.run.memory
    absent = [i for i in range(len(m.lru) // 2) if m.lru[2 * i] == -2]
    assert sorted([*found, *absent]) == list(range(len(m.lru) // 2))
    return found


def misses(m: Machine, touches: int, seed: int = 5) -> int:
    """Of touches by tasks in a random order, each missing page read at once."""
    order, count = [stream(seed, CHOICE, 999)], 0
    for _ in range(touches):
        page = touch(m, int(uniform(order, 0) * m.run.faulting), 0)
        if page != HIT:
            count += 1
            loaded(m, page)
    return count


def test_with_plain_rates_every_touch_is_a_fault_on_a_page_of_its_own() -> None:
    m = guest("rate", 2, 10, 5)
    assert [touch(m, 1, fault) for fault in range(5)] == [page_of(fault) for fault in range(5)]
    assert m.choices == machine(2).choices  # nothing is drawn


@pytest.mark.parametrize("text", ["rate", "stack:1", "zipf:1"])
def test_a_calculator_never_faults(text: str) -> None:
    m = guest(text, 3, 8, 6)
    m.run.faulting = 2
    assert [touch(m, 2, fault) for fault in range(50)] == [HIT] * 50


@pytest.mark.parametrize("theta", ["0", "0.7", "1", "2.5"])
@pytest.mark.parametrize("memory", [3, 8, 60, 124])
def test_stack_distances_fault_as_often_as_their_power_law_says(theta: str, memory: int) -> None:
    n, m = 20_000, guest(f"stack:{theta}", 4, 32, memory)
    weights = [d ** -float(theta) for d in range(1, 33)]
    expected = math.fsum(w for d, w in enumerate(weights, 1) if d > memory // 4) / math.fsum(weights)
    assert missing_share(parse_access(f"stack:{theta}"), 4, 32, memory) == pytest.approx(expected, rel=1e-12)
    found = sum(touch(m, i % 4, i) != HIT for i in range(n))
    assert found / n == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / n))


@given(st.integers(1, 50), st.floats(0, 4), st.integers(0, 49), st.integers(0, (1 << 64) - 1))
def test_the_stack_s_short_cut_is_the_distance_drawn_by_inversion(count: int, theta: float, held: int, at: int) -> None:
    m = machine(1, access=ACCESS["stack"], working_set=count, memory=held, steps=shares(count, theta), choices=[at, 0])
    distance = 1 + rank(m.steps, count, uniform([at], 0))
    assert (touch(m, 0, 7) == page_of(7)) == (distance > held)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.floats(0, 1, exclude_max=True))
def test_a_rank_is_found_by_bisection_as_by_looking_at_all(weights: list[int], u: float) -> None:
    weights[-1] += 1
    steps = [value / sum(weights) for value in itertools.accumulate(weights)]
    assert rank(steps, len(steps), u) == next(i for i, value in enumerate(steps) if value > u)


def test_zipf_draws_each_page_as_often_as_its_law_says() -> None:
    n, m = 30_000, guest("zipf:1.1", 1, 20, 1)
    m.run.memory = 0  # every touch is a miss
    m.run.resident, m.run.lru_first, m.run.lru_last, m.lru = 0, -1, -1, [-2] * 40
    counts = Counter(touch(m, 0, 0) - FIRST_PAGE for _ in range(n))
    weights = [d**-1.1 for d in range(1, 21)]
    expected = [n * w / math.fsum(weights) for w in weights]
    assert sum((counts[i] - e) ** 2 / e for i, e in enumerate(expected)) < 43.8  # 99.9 % of chi squared, 19 degrees


def test_tasks_have_working_sets_of_their_own_or_all_the_same() -> None:
    own = guest("zipf:0", 3, 10, 6)
    for t in (0, 1, 2):
        seen = {page - FIRST_PAGE for page in (touch(own, t, 0) for _ in range(300)) if page != HIT}
        assert seen == set(range(10 * t + 2, 10 * t + 10))  # the two hottest of each are in memory
    one = guest("zipf:0", 3, 10, 6, one_set=True)
    assert {touch(one, 2, 0) - FIRST_PAGE for _ in range(300)} - {HIT - FIRST_PAGE} == set(range(6, 10))


@pytest.mark.parametrize(
    ("text", "tasks", "working_set", "memory", "one_set"),
    [
        ("zipf:0.6", 1, 500, 100, False),
        ("zipf:1", 1, 500, 250, False),
        ("zipf:1.2", 4, 200, 200, False),
        ("zipf:0.9", 4, 300, 150, True),
        ("zipf:0", 2, 100, 50, False),
    ],
)
def test_lru_misses_as_often_as_che_s_approximation_says(
    text: str, tasks: int, working_set: int, memory: int, one_set: bool
) -> None:
    m = guest(text, tasks, working_set, memory, one_set)
    misses(m, 5_000)
    n = 30_000
    found = misses(m, n, seed=6) / n
    expected = missing_share(parse_access(text), tasks, working_set, memory, one_set)
    # chance (misses repel each other a little, so binomial is generous) and the approximation's own error, below 1 %
    assert found == pytest.approx(expected, abs=3 * math.sqrt(expected * (1 - expected) / n) + 0.01 * expected)
    in_memory(m)


@pytest.mark.parametrize(("depth", "memory"), [("0.8", 300), ("1", 2490), ("1.5", 40), ("10", 2)])
def test_che_s_age_is_the_one_at_which_memory_is_full(depth: str, memory: int) -> None:
    weights = [d ** -float(depth) for d in range(1, 2501)]
    p = [w / math.fsum(weights) for w in weights]
    low, high = 0.0, 1.0
    while math.fsum(-math.expm1(-x * high) for x in p) < memory:
        high *= 2
    for _ in range(50):
        middle = (low + high) / 2
        full = math.fsum(-math.expm1(-x * middle) for x in p) >= memory
        low, high = (low, middle) if full else (middle, high)
    expected = math.fsum(x * math.exp(-x * high) for x in p)
    # far down the ranks are taken in groups
    assert missing_share(parse_access(f"zipf:{depth}"), 1, 2500, memory) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("memory", [1, 2, 3])
@pytest.mark.parametrize("depth", ["0", "1", "2"])
def test_a_few_pages_miss_as_often_as_king_s_exact_formula_says(memory: int, depth: str) -> None:
    # W. F. King III, "Analysis of Paging Algorithms", 1971: how likely each order of the pages in memory is
    weights = [d ** -float(depth) for d in range(1, 6)]
    p = [w / math.fsum(weights) for w in weights]
    expected = 0.0
    for held in itertools.permutations(range(5), memory):
        likely, left = 1.0, 1.0
        for page in held:
            likely *= p[page] / left
            left -= p[page]
        expected += likely * left
    n, m = 30_000, guest(f"zipf:{depth}", 1, 5, memory)
    found = misses(m, n) / n
    assert found == pytest.approx(expected, abs=5 * math.sqrt(expected * (1 - expected) / n))


@given(
    st.integers(1, 4), st.integers(1, 12), st.integers(1, 30), st.booleans(), st.integers(0, 99),
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=80),
)  # fmt: skip
def test_memory_is_the_same_as_an_lru_list_in_plain_python(
    tasks: int, working_set: int, memory: int, one_set: bool, seed: int, calls: list[tuple[int, bool]]
) -> None:
    """Pages asked for are read at once, or together when one is read at once: as vCPUs with tables of their own do."""
    try:
        m = guest("zipf:1", tasks, working_set, memory, one_set, seed)
    except LabError:
        assert memory >= working_set * (1 if one_set else tasks)
        return
    held = OrderedDict.fromkeys(reversed(in_memory(m)))
    under_way: list[int] = []
    for t, at_once in calls:
        page = touch(m, t % tasks, 0)
        if page != HIT:
            under_way.append(page)
            assert page - FIRST_PAGE not in held
        else:
            held.move_to_end(m.run.lru_first)
        if at_once:
            for read in under_way:
                loaded(m, read)
                held[read - FIRST_PAGE] = None
                held.move_to_end(read - FIRST_PAGE)
                if len(held) > memory:
                    held.popitem(last=False)
            under_way.clear()
        assert in_memory(m) == list(reversed(held))


def test_kernel_mode_is_drawn_with_its_share_and_shifts_no_touch() -> None:
    n, plain, m = 10_000, guest("zipf:1", 2, 50, 20), guest("zipf:1", 2, 50, 20)
    m.run.kernel = 0.3
    found = 0
    for i in range(n):
        assert touch(m, i % 2, i) == touch(plain, i % 2, i)
        found += kernel_mode(m, i % 2)
        assert kernel_mode(plain, i % 2) == 0
    assert found / n == pytest.approx(0.3, abs=4 * math.sqrt(0.3 * 0.7 / n))
    assert plain.choices[2:] == machine(2).choices[2:]  # a share of 0 draws nothing
    m.run.kernel = 1.0
    assert all(kernel_mode(m, 0) for _ in range(1000))


@given(st.floats(0, 10), st.integers(1, 3000), st.integers(1, 8), st.integers(1, 3000), st.booleans())
def test_the_share_that_faults_is_a_share_and_falls_with_memory(
    depth: float, working_set: int, tasks: int, memory: int, one_set: bool
) -> None:
    for kind in ("stack", "zipf"):
        if kind == "stack" and one_set:
            continue
        more, less = (
            missing_share(Access(kind, depth), tasks, working_set, x, one_set) for x in (memory, memory + tasks)
        )
        assert 0 <= less <= more + 1e-9
        assert more <= 1 + 1e-9
        if memory >= tasks * working_set:
            assert more == 0


@pytest.mark.parametrize(
    "text",
    ["", "rate:1", "stack", "zipf:", "zipf:x", "zipf:nan", "zipf:-1", "stack:inf", "stack:10.1", "lru:1", "Rate"],
)
def test_another_way_to_touch_pages_is_refused(text: str) -> None:
    with pytest.raises(LabError, match=r"rate, stack:THETA or zipf:S|exponent"):
        parse_access(text)


@given(st.text())
def test_any_text_is_an_access_or_a_line_that_refuses_it(text: str) -> None:
    try:
        found = parse_access(text)
    except LabError:
        return
    assert found.kind in ACCESS


@pytest.mark.parametrize(
    ("access", "tasks", "working_set", "memory", "what"),
    [
        ("zipf:1", 4, 100, 400, "would fault"),
        ("stack:1", 4, 100, 400, "would fault"),
        ("stack:9", 1, 1000, 900, "would fault"),
        ("zipf:10", 1, 1000, 900, "would fault"),
        ("zipf:1", 65536, 65536, 10, "are simulated"),
    ],
)
def test_what_would_never_end_or_not_fit_is_refused(
    access: str, tasks: int, working_set: int, memory: int, what: str
) -> None:
    with pytest.raises(LabError, match=what):
        prepare(parse_access(access), tasks, working_set, memory)


@pytest.mark.parametrize("mode", ["sync", "pv"])
def test_stack_touches_that_hit_make_bursts_longer_and_nothing_else(mode: str) -> None:
    """Touches fault independently, so exponential bursts between faults stay exponential: closed forms apply."""
    tasks, depth = 3, "stack:1.3"
    scenario = PageFaultScenario(
        tasks=tasks, page_in=8.0, access=depth, working_set=40, memory=45, limit=None, faults=8_000, seed=5
    )
    share = missing_share(parse_access(depth), tasks, 40, 45)
    longer = dataclasses.replace(scenario, access="rate", compute=scenario.compute / share)
    expected, found = which(longer, mode).utilisation, run(scenario, mode)
    assert expected is not None
    assert 0.1 < share < 0.9
    assert found.ci95 is not None
    assert found.utilisation == pytest.approx(expected, abs=1.5 * found.ci95)
