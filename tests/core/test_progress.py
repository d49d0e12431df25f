"""Progress: one line on a terminal, nothing in a log, and a receiver can stop the run."""

import io
from collections.abc import Iterator

import pytest

from lab.core.progress import Cancelled, Progress, silent, step, terminal


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def ticking(*times: float) -> Iterator[float]:
    yield from times


def test_a_terminal_is_told_at_most_ten_times_a_second_and_at_the_end() -> None:
    out, times = Tty(), ticking(0.0, 0.05, 0.11, 0.12)
    tell = terminal(out, clock=lambda: next(times))
    for done in (1, 2, 3, 4):
        tell(done, 4, "counting")
    assert out.getvalue() == "\r\x1b[Kcounting 25 %\r\x1b[Kcounting 75 %\r\x1b[Kcounting 100 %\n"


def test_nothing_to_do_is_done() -> None:
    out = Tty()
    terminal(out, clock=lambda: 0.0)(0, 0, "empty")
    assert out.getvalue() == "\r\x1b[Kempty 100 %\n"


def test_a_log_stays_silent() -> None:
    out = io.StringIO()
    terminal(out)(1, 1, "counting")
    assert out.getvalue() == ""
    assert terminal(out) is silent


def test_a_receiver_can_stop_the_run() -> None:
    def work(progress: Progress) -> int:
        for done in range(10):
            progress(done, 10, "working")
        return 10

    def stop(done: int, total: int, label: str) -> None:
        if done == 3:
            raise Cancelled

    assert work(silent) == 10
    with pytest.raises(Cancelled):
        work(stop)


def test_a_step_is_told_at_once_and_again_whenever_it_reports() -> None:
    told: list[tuple[int, int, str]] = []
    inner = step(lambda done, total, label: told.append((done, total, label)), 2, 5, "third")
    assert told == [(2, 5, "third")]
    inner(17, 100, "simulating")
    assert told == [(2, 5, "third")] * 2


def test_what_a_step_reports_can_end_the_whole() -> None:
    calls = 0

    def stop(done: int, total: int, label: str) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise Cancelled

    inner = step(stop, 0, 2, "first")
    with pytest.raises(Cancelled):
        inner(1, 9, "simulating")
