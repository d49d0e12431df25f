"""What the host does with a fault whose page has to be read: the one rule that the three modes differ in.

sync  the vCPU's thread sleeps in the fault: the only way until 2010.
halt  a worker reads the page, the vCPU is halted meanwhile: the guest has not asked to be told
      (commit af585b921e5d, "KVM: Halt vcpu if page it tries to access is swapped out").
pv    a worker reads the page; the guest is told (#PF with a token) and runs another task
      (commit 7c90705bf2a3, "KVM: Inject asynchronous page fault into a PV guest if page is swapped out").
"""

from __future__ import annotations

from collections.abc import MutableSequence

from lab.pagefault.protocol import admit

__all__ = ["HALT", "MODE", "SLEEP", "STOP", "answer"]

MODE = {"sync": 0, "halt": 1, "pv": 2}
STOP, HALT, SLEEP = 0, 1, 2  # the vCPU stops; the vCPU is halted; only the task sleeps


def answer(mode: int, queued: MutableSequence[int], vcpu: int, limit: int) -> int:
    """STOP, HALT or SLEEP for a fault of `vcpu`; one that is queued counts towards `limit`.

    Over the limit a fault is synchronous whatever the guest asked for.
    """
    if mode == 0 or not admit(queued, vcpu, limit):
        return STOP
    return HALT if mode == 1 else SLEEP
