"""Closed forms: what the simulation must agree with, and when each of them applies.

C is the mean burst (`compute`), S the mean page-in, N the tasks of a vCPU, V the vCPUs, c the slots, o
the vCPU time a fault costs, K the limit; a = S/C is the load. A file for each family:

    stopped   the vCPU waits for every page itself
    loss      a slot for every task (Erlang)
    slots     few slots, one or several vCPUs at one run queue; the bound of saturation
    network   mean value analysis, convolution, own run queues around one device
    fixed     page-ins that do not vary with one slot; nothing varies at all
    takacs    overhead or fixed bursts, a slot for every task
    limit     more tasks than may be queued
    chain     one vCPU with overhead, fixed bursts, few slots and a limit together
    fair      a calculation beside a task that faults: processor sharing, virtual runtime
    choice    `which` of them applies

The shares of `which` are of vCPU time spent in the tasks' own computing.
"""

from lab.pagefault.theory.chain import Cycle, chain_share
from lab.pagefault.theory.choice import which
from lab.pagefault.theory.fair import charged_share, sharing_share, vruntime_share
from lab.pagefault.theory.fixed import fixed_page_in_share, fixed_throughput
from lab.pagefault.theory.limit import limited
from lab.pagefault.theory.loss import erlang_b
from lab.pagefault.theory.network import buzen, mva, own_queues_share
from lab.pagefault.theory.prediction import Prediction
from lab.pagefault.theory.slots import one_slot, saturation, slots_share
from lab.pagefault.theory.stopped import stopped_share
from lab.pagefault.theory.takacs import busy_share, overhead_share

__all__ = [
    "Cycle", "Prediction", "busy_share", "buzen", "chain_share", "charged_share", "erlang_b", "fixed_page_in_share",
    "fixed_throughput", "limited", "mva", "one_slot", "overhead_share", "own_queues_share", "saturation",
    "sharing_share", "slots_share", "stopped_share", "vruntime_share", "which",
]  # fmt: skip
