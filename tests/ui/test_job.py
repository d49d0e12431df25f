"""Long work: started by a click, cancelled by another, errors shown, nothing half-done."""

from __future__ import annotations

import threading
from typing import Any

from lab.core.errors import LabError
from lab.core.progress import Progress
from lab.ui.job import Job


def test_a_run_ends_with_its_result() -> None:
    results: list[Any] = []

    def work(progress: Progress) -> int:
        for i in range(3):
            progress(i, 3, "counting")
        return 42

    job = Job("Count", work, results.append)
    assert repr(job) == "Job('Count')"
    job.button.click()
    assert job.wait(10)
    assert results == [42]
    assert job.button.description == "Count"


def test_a_second_click_cancels_and_nothing_is_handed_on() -> None:
    results: list[Any] = []
    started, go_on = threading.Event(), threading.Event()

    def work(progress: Progress) -> int:
        progress(0, 2, "first half")
        started.set()
        go_on.wait(10)
        progress(1, 2, "second half")
        return 1

    job = Job("Run", work, results.append)
    job.button.click()
    assert started.wait(10)
    assert job.button.description == "Cancel"
    job.button.click()
    go_on.set()
    assert job.wait(10)
    assert results == []
    assert "cancelled" in job.said.value


def test_a_user_s_error_is_shown_beside_the_button() -> None:
    def work(progress: Progress) -> None:
        raise LabError("no compiler here; install one")

    job = Job("Run", work, lambda _result: None)
    job.button.click()
    assert job.wait(10)
    assert "no compiler here" in job.said.value
