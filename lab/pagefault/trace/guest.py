"""What the guest's own log says of its tasks: who slept on which token, when it ran again, what it touched."""

from __future__ import annotations

from collections.abc import Iterator

from lab.pagefault.trace.vmm_log import Log

__all__ = ["IDLE", "switched_to", "task_of_page", "task_of_token", "tasks_of", "touched_by", "wake_ups"]

IDLE = 0  # the task that runs when no other can


def tasks_of(log: Log) -> tuple[int, ...]:
    """The tasks that touch pages, in ascending order."""
    return tuple(sorted({one.task for one in log.guest if one.word == "TOUCH"}))


def touched_by(log: Log) -> dict[int, tuple[int, ...]]:
    """Task -> the pages (frame numbers) that it touches, in its order."""
    found: dict[int, list[int]] = {}
    for one in log.guest:
        if one.word == "TOUCH":
            found.setdefault(one.task, []).append(one.value >> 12)
    return {task: tuple(pages) for task, pages in sorted(found.items())}


def task_of_page(log: Log) -> dict[int, int]:
    """Page -> the task that touched it first."""
    found: dict[int, int] = {}
    for one in log.guest:
        if one.word == "TOUCH":
            found.setdefault(one.value >> 12, one.task)
    return found


def task_of_token(log: Log) -> dict[int, int]:
    """Token -> the task that ran when the guest was told of it: that one sleeps."""
    return {one.value: one.task for one in log.guest if one.word == "NOT_PRESENT"}


def switched_to(log: Log) -> dict[int, int]:
    """Token -> host ticks at which the guest switched to the task that had slept on it."""
    sleeps = task_of_token(log)
    woken: dict[int, int] = {}  # task -> its token, until it is switched to
    found: dict[int, int] = {}
    for one in log.guest:
        if one.word == "READY" and one.value in sleeps:
            woken[sleeps[one.value]] = one.value
        elif one.word == "SWITCH" and one.value in woken:
            found[woken.pop(one.value)] = one.host
    return found


def wake_ups(log: Log) -> Iterator[int]:
    """Host ticks from the guest hearing "ready" until it switches to that task, in the order of the readies."""
    runs = switched_to(log)
    for one in log.guest:
        if one.word == "READY" and one.value in runs:
            yield max(0, runs[one.value] - one.host)
