"""The ruler of `make bench-symbols`: goals met and missed, and the memory of a command with its children."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from tests.symbols.bench_goals import Goal, paired
from tests.symbols.bench_memory import peak


def test_a_goal_is_met_or_missed() -> None:
    assert Goal("a", 1.0, 1.0, "x").met
    assert not Goal("a", 1.01, 1.0, "x").met
    assert Goal("a", 50, 50, "x", least=True).met
    assert not Goal("a", 49, 50, "x", least=True).met
    told = " ".join(str(Goal("a", 2.5, 1.0, "x", note="n")).split())
    assert told == "MISSED a 2.5 x, goal at most 1 [n]"
    assert str(Goal("a", 9, math.inf, "x")).split() == ["told", "a", "9", "x"]


def test_paired_is_the_median_of_the_rounds() -> None:
    goal = paired("a", [3.0, 1.0, 2.0], 2.0, "x")
    assert goal.figure == 2.0
    assert paired("a", [4.0, 1.0, 2.0, 3.0], 2.0, "x").figure == 2.5
    assert goal.low is not None
    assert goal.high is not None
    assert goal.low <= 2.0 <= goal.high


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="this system tells no smaps_rollup")
def test_memory_of_children_is_added() -> None:
    hold = "x = b'x' * (40 << 20); import time; time.sleep({})"
    alone = [sys.executable, "-c", hold.format(0.4)]
    child = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {hold.format(0.6)!r}]);"
    both = [sys.executable, "-c", f"{child} {hold.format(0.6)}; p.wait()"]
    one, looks = peak(alone)
    assert 40 <= one < 75
    assert looks > 5
    assert 80 <= peak(both)[0] < 130
    with pytest.raises(SystemExit, match="exit status 3"):
        peak([sys.executable, "-c", "raise SystemExit(3)"])
