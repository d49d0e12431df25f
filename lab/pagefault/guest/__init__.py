"""The guest's run queues, one file per scheduler; `SCHEDULERS` is the list of them.

To add one: write a file with `new`, `put` and `take` over a buffer of integers, add a line here: the
options, the controls and the model take it from there.
"""

from __future__ import annotations

from lab.pagefault.guest import fifo

__all__ = ["NOBODY", "SCHEDULERS"]

NOBODY = fifo.NOBODY
SCHEDULERS = {"fifo": fifo}
