"""The measuring protocol on a clock of our own, so that every figure is known beforehand."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core import timing
from lab.core.timing import Measurement


class FakeClock:
    """A clock that only the subjects move."""

    def __init__(self) -> None:
        self.now = 0
        self.order: list[str] = []

    def __call__(self) -> int:
        return self.now

    def work(self, name: str, *costs: int) -> "Work":
        return Work(self, name, costs)


class Work:
    """A subject that takes `costs` nanoseconds, one after the other, again and again."""

    def __init__(self, clock: FakeClock, name: str, costs: tuple[int, ...]) -> None:
        self.clock, self.name, self.costs, self.calls = clock, name, costs, 0

    def __call__(self) -> None:
        self.clock.now += self.costs[self.calls % len(self.costs)]
        self.calls += 1
        self.clock.order.append(self.name)


def test_the_figure_is_nanoseconds_a_unit_without_the_empty_loop() -> None:
    clock = FakeClock()
    result = timing.measure(
        {"a": clock.work("a", 1100), "b": clock.work("b", 600)},
        units={"a": 10, "b": 50},
        empty=clock.work("empty", 100),
        rounds=5,
        warm_up=0,
        clock=clock,
    )
    assert result == {"a": Measurement(100, 100, 100, 5, 10), "b": Measurement(10, 10, 10, 5, 50)}
    assert not result["a"].noisy


def test_subjects_take_turns_after_the_warm_up() -> None:
    clock = FakeClock()
    subjects = {"a": clock.work("a", 1), "b": clock.work("b", 1)}
    timing.measure(subjects, 1, clock.work("empty", 0), rounds=2, warm_up=1, clock=clock)
    assert clock.order == ["a", "b", "empty", "a", "b", "empty", "a", "b"]


def test_a_slow_first_call_is_left_to_the_warm_up() -> None:
    clock = FakeClock()
    cold = clock.work("a", 10**9, *[50] * 100)
    assert timing.measure({"a": cold}, 1, rounds=15, warm_up=2, clock=clock)["a"].median == 50


def test_one_outlier_does_not_move_the_figure() -> None:
    clock = FakeClock()
    hit = clock.work("a", *[100] * 7, 10**9, *[100] * 7)
    result = timing.measure({"a": hit}, 1, rounds=15, warm_up=0, clock=clock)["a"]
    assert (result.median, result.low, result.high) == (100, 100, 100)


def test_a_wide_interval_is_called_noisy() -> None:
    clock = FakeClock()
    wild = clock.work("a", 100, 300, 50, 200)
    assert timing.measure({"a": wild}, 1, rounds=16, warm_up=0, clock=clock)["a"].noisy
    assert Measurement(100, 80, 121, 15, 1).noisy
    assert Measurement(100, 79, 120, 15, 1).noisy
    assert not Measurement(100, 80, 120, 15, 1).noisy
    assert Measurement(0, 0, 0, 15, 1).noisy


def test_progress_is_told() -> None:
    clock, told = FakeClock(), list[tuple[int, int]]()
    timing.measure(
        {"a": clock.work("a", 1)}, 1, rounds=3, clock=clock, progress=lambda d, t, label: told.append((d, t))
    )
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=40))
def test_the_interval_holds_the_median_and_repeats(values: list[float]) -> None:
    low, high = timing.interval(values)
    assert low <= statistics.median(values) <= high
    assert min(values) <= low
    assert high <= max(values)
    assert timing.interval(values) == (low, high)


@given(st.lists(st.floats(0, 1e9), min_size=5, max_size=40))
def test_as_much_is_left_out_above_the_interval_as_below(values: list[float]) -> None:
    low, high = timing.interval(values)
    assert timing.interval([-v for v in values]) == (-high, -low)


def test_the_interval_leaves_out_ten_of_400_on_either_side(monkeypatch: pytest.MonkeyPatch) -> None:
    medians = iter(range(400))
    monkeypatch.setattr(statistics, "median", lambda _values: next(medians))
    assert timing.interval([1.0, 2.0, 3.0]) == (10, 389)


def test_the_interval_covers_as_often_as_it_says() -> None:
    import random

    draw = random.Random(7)
    hits = 0
    for seed in range(200):
        low, high = timing.interval([draw.expovariate(1) for _ in range(31)], seed)
        hits += low <= 0.6931 <= high  # the median of Exp(1) is ln 2
    assert 0.88 <= hits / 200 <= 0.99


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_cores_are_those_allowed() -> None:
    code = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]);" \
        "from lab.core.timing import allowed_cores; print(allowed_cores())"  # fmt: skip
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert out.stdout == "1\n"
    assert 1 <= timing.allowed_cores() <= len(os.sched_getaffinity(0))


def test_the_machine_is_named() -> None:
    here = timing.machine()
    assert here.cpu
    assert here.system.startswith(os.uname().sysname)
    assert here.python == sys.version.split()[0]


@pytest.mark.parametrize(
    ("cgroup", "files", "cores"),
    [
        ("0::/user/a\n", {"user/a/cpu.max": "max 100000\n", "user/cpu.max": "100000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        (
            "1:cpu,cpuacct:/job\n0::/\n",
            {"cpu/job/cpu.cfs_quota_us": "100000", "cpu/job/cpu.cfs_period_us": "100000"},
            1,
        ),
        ("1:cpu:/job\n", {"cpu/job/cpu.cfs_quota_us": "-1", "cpu/job/cpu.cfs_period_us": "100000"}, None),
        ("0::/user/a\n", {}, None),
        ("0::/\n", {"cpu.max": "nonsense"}, None),
    ],
)
def test_a_quota_of_a_control_group_counts(
    tmp_path: Path, cgroup: str, files: dict[str, str], cores: int | None
) -> None:
    for name, text in {"proc/self/cgroup": cgroup, **{f"sys/fs/cgroup/{k}": v for k, v in files.items()}}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    wanted = len(os.sched_getaffinity(0)) if cores is None else cores
    assert timing.allowed_cores(tmp_path) == wanted


def test_prepare_comes_before_each_timed_call_and_takes_no_time() -> None:
    clock = FakeClock()
    subjects = {"a": clock.work("a", 100), "b": clock.work("b", 200)}
    prepare = clock.work("prepare", 5000)
    found = timing.measure(subjects, 1, clock.work("empty", 10), rounds=2, warm_up=0, clock=clock, prepare=prepare)
    assert clock.order == ["prepare", "empty", "prepare", "a", "prepare", "b"] * 2
    assert (found["a"].median, found["b"].median) == (90, 190)


def test_each_subject_may_have_an_empty_loop_of_its_own() -> None:
    clock = FakeClock()
    subjects = {"a": clock.work("a", 100), "b": clock.work("b", 100), "c": clock.work("c", 100)}
    small = clock.work("small", 10)
    found = timing.measure(
        subjects, 1, {"a": small, "b": clock.work("large", 40), "c": small}, rounds=1, warm_up=0, clock=clock
    )
    assert [found[name].median for name in "abc"] == [90, 60, 90]
    assert clock.order == ["small", "large", "a", "b", "c"]


def test_the_machine_is_told_with_caches_and_governor(tmp_path: Path) -> None:
    cpu = tmp_path / "sys/devices/system/cpu/cpu0"
    for number, (level, kind, size) in enumerate(
        [("1", "Data", "32K"), ("1", "Instruction", "64K"), ("3", "Unified", "36608K"), ("x", "Unified", "1K")]
    ):
        index = cpu / f"cache/index{number}"
        index.mkdir(parents=True)
        for name, text in (("level", level), ("type", kind), ("size", size)):
            (index / name).write_text(f"{text}\n")
    (cpu / "cpufreq").mkdir()
    (cpu / "cpufreq/scaling_governor").write_text("performance\n")
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("model name\t: First\ncpu MHz\t\t: 2494.14\n\nmodel name\t: Second\n")
    here = timing.machine(tmp_path)
    assert (here.cpu, here.megahertz, here.governor) == ("First", 2494.14, "performance")
    assert [(c.name, c.kib) for c in here.caches] == [("L1d", 32), ("L1i", 64), ("L3", 36608)]
    assert str(here).startswith("First at 2494 MHz, governor performance, ")


def test_a_machine_that_tells_nothing_is_named_all_the_same(tmp_path: Path) -> None:
    here = timing.machine(tmp_path)
    assert here.cpu
    assert (here.caches, here.governor, here.megahertz) == ((), "", None)
    assert "governor not told" in str(here)
