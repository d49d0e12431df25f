"""Events as they are noted while the machine runs: columns of numbers, made `Event`s afterwards."""

from __future__ import annotations

from lab.pagefault.records import Machine

__all__ = ["COLUMNS", "note"]

COLUMNS = 6  # kind, vcpu, task, fault, token, page


def note(m: Machine, kind: int, vcpu: int, task: int, fault: int, token: int, page: int, now: float) -> None:
    """Note that `kind` (an index into `events.KINDS`) happens now, until the window or the room is at its end.

    Callers look at `m.run.logging` first, which saves the call.
    """
    run = m.run
    if now > run.window or run.notes == len(m.note_time):
        run.logging = 0
        run.covered = min(now, run.window)
        return
    n = run.notes
    m.note_time[n] = now
    at = n * COLUMNS
    m.notes[at] = kind
    m.notes[at + 1] = vcpu
    m.notes[at + 2] = task
    m.notes[at + 3] = fault
    m.notes[at + 4] = token
    m.notes[at + 5] = page
    run.notes = n + 1
