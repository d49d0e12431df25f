"""What the machine is made of while it runs: records of plain numbers, and buffers of them.

The rules (`vcpu`, `host`, `protocol`, `device`, `workload`, `metrics`, the schedulers in `guest`) are
functions over a `Machine`. In Python its records are these classes; compiled code gets arrays of
records with the same fields, so each rule stands once. Times and durations are microseconds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import MutableSequence

__all__ = ["NOBODY", "Machine", "Run", "RunQueue", "Task", "Vcpu", "Work"]

NOBODY = -1


@dataclasses.dataclass(slots=True)
class Run:
    """What is asked for (first part), and what there is once (second part)."""

    mode: int = 0  # host.MODE
    era: int = 0  # protocol.ERA: 1 is 2010
    send_always: int = 0
    failure: int = 0  # failures.FAILURES
    failure_at: int = 0
    vcpus: int = 1
    shared: int = 0
    tasks: int = 0  # all of them; those from `faulting` on are calculators, which never fault
    faulting: int = 0
    limit: int = 0
    slots: int = 0
    scheduler: int = 0  # guest.SCHEDULERS
    compute_law: int = 0  # randomness.LAWS
    page_in_law: int = 0
    access: int = 0  # workload.ACCESS
    working_set: int = 0  # pages of a task
    memory: int = 0  # pages that the host leaves to the guest
    one_set: int = 0  # all tasks have the same working set
    pager: int = 0  # pager.ORDERS; 0: a device with slots
    pager_batch: int = 0  # pages of a batch, at most
    pager_settled: int = 0  # it waits until no vCPU can go on
    gfn_slots: int = 0  # of a vCPU's table of pages under way, a power of two
    width: int = 0  # slots of a run queue in `Machine.line`
    compute: float = 0.0
    page_in: float = 0.0
    spread: float = 0.0  # sigma of a lognormal page-in
    depth: float = 0.0  # exponent of the stack or of Zipf's law
    kernel: float = 0.0  # share of faults in kernel mode
    fault_cost: float = 0.0  # vCPU time before the host answers
    told_cost: float = 0.0  # of putting the not-present exception into the guest
    ready_cost: float = 0.0  # of a page-ready interrupt, with its ACK
    switch_cost: float = 0.0
    tick: float = 0.0  # 0: none
    slice: float = 0.0  # the scheduler's own; see guest
    host_slice: float = 0.0
    pager_delay: float = 0.0  # before the first page of a batch
    pager_gap: float = 0.0  # before the others
    migrate: float = 0.0  # when; 0: never
    window: float = 0.0  # events are noted until then
    # -- as it goes
    outs: int = 0  # entries in out_delay, out_code
    completed: int = 0
    goal: int = 0  # the next mark is due at so many completed faults
    goals: int = 0  # marks made
    batches: int = 0
    warm_up: int = 0
    faults: int = 0  # to measure
    ended: int = 0  # metrics.ENDED: 0 while it runs
    fallbacks: int = 0
    under_way: int = 0  # works at the device, waiting ones included
    most: int = 0
    waiting_first: int = 0  # ring `Machine.waiting`
    waiting_count: int = 0
    pager_phase: int = 0
    pager_left: int = 0  # pages of its batch, the first ones in `Machine.waiting`
    free_count: int = 0  # stack `Machine.free`
    cores_free: int = 0  # -1: as many cores as vCPUs
    host_first: int = 0  # ring `Machine.host`
    host_count: int = 0
    gone: int = 0  # tasks that will never run again
    notes: int = 0  # events in notes_*
    logging: int = 0
    covered: float = 0.0  # until when events were noted
    over: float = 0.0  # when the run ended
    samples: int = 0  # of latencies in `Machine.samples`
    most_undelivered: int = 0
    fault_number: int = 0  # faults that the host has answered
    pages_in: int = 0
    barren: int = 0  # steps since a fault was completed
    spinning: int = 0  # vCPUs that will never enter the guest again
    lost_time: float = 0.0  # vCPU time stopped or halted while another task was ready
    resident: int = 0  # pages in memory
    lru_first: int = NOBODY
    lru_last: int = NOBODY


@dataclasses.dataclass(slots=True)
class Vcpu:
    """A vCPU: its thread in the host, KVM's `vcpu->arch.apf`, and what it runs."""

    phase: int = 4  # metrics.STATES
    then: int = 0  # what it does next, see vcpu.py
    stamp: int = 0  # of the work under way; the end of an older one means nothing
    task: int = NOBODY
    last: int = NOBODY  # the task that ran before
    queue: int = 0  # its run queue
    queued: int = 0  # faults queued and not yet delivered
    ids: int = 0
    slot: int = 0  # token in the ready slot, 0: free
    awaited: int = NOBODY  # the work it is stopped for
    done_first: int = NOBODY  # the done queue, linked through Work.next: completed and not yet delivered
    done_last: int = NOBODY
    done_count: int = 0
    tick_due: int = 0
    resched: int = 0
    kicked: int = 0  # an IPI is on its way
    core: int = 1
    paused: int = 0  # the host took its core while it worked
    core_stamp: int = 0
    token: int = 0  # of the fault that is being answered
    ends: float = 0.0  # of the work under way
    left: float = 0.0  # of the work that the host interrupted
    since: float = 0.0  # it is in its phase
    losing_since: float = -1.0  # stopped or halted while another task could run; below 0: it is not
    ran_from: float = 0.0  # the guest charges its task from here on


@dataclasses.dataclass(slots=True)
class Task:
    """A task of the guest."""

    faulted: int = 0  # faults begun
    burst_left: float = -1.0  # of a burst that was interrupted; below 0: the next burst is new
    started: float = 0.0  # when it began to compute, this time
    fault: int = -1  # number of its last fault, the same in every mode
    page: int = -1  # that it needs
    work: int = NOBODY  # the work that its touch began, while under way
    kernel: int = 0  # it is in a kernel-mode section
    again: int = 0  # it has to touch its page again
    lost: int = 0
    woken_at: float = -1.0  # page ready delivered, and not yet run
    page_in: float = 0.0  # of its last fault
    delivery: float = 0.0
    computed: float = 0.0
    measured: int = 0  # faults completed after the warm-up
    # -- of the schedulers
    vruntime: float = 0.0  # cfs, eevdf: how long it was on a vCPU
    deadline: float = 0.0  # eevdf: of the slice it asks for, in vruntime
    lag: float = 0.0  # eevdf: what it was owed when it was charged last
    slice_left: float = 0.0  # rr
    ran_for: float = 0.0  # since it was taken from its queue
    order: int = 0  # of its arrival in its queue: of two that are equal the earlier one goes first
    on_queue: int = 0  # it stands in a queue (eevdf)


@dataclasses.dataclass(slots=True)
class Work:
    """`struct kvm_async_pf`: a page that a worker, or the vCPU's own thread, waits for."""

    kind: int = 0  # 0 free; host.STOP, HALT, SLEEP else
    vcpu: int = 0
    task: int = NOBODY
    page: int = -1
    token: int = 0
    fault: int = -1
    next: int = NOBODY  # in the done queue
    asked: float = 0.0
    in_at: float = 0.0


@dataclasses.dataclass(slots=True)
class RunQueue:
    """A run queue of the guest: one for each vCPU, or one for all. Its ready tasks stand in `Machine.line`."""

    length: int = 0
    first: int = 0  # of a ring
    area: float = 0.0  # integral of the length over time
    since: float = 0.0
    min_vruntime: float = 0.0
    order: int = 0  # arrivals so far, see Task.order


@dataclasses.dataclass(slots=True)
class Machine:
    """Everything a rule may look at. Rings and tables of several owners lie one behind the other."""

    run: Run
    vcpus: list[Vcpu]
    tasks: list[Task]
    works: list[Work]
    queues: list[RunQueue]
    line: MutableSequence[int]  # [queue * width + i]
    gfns: MutableSequence[int]  # [vcpu * gfn_slots + i]
    sleepers: MutableSequence[int]  # guest.sleepers
    waiting: MutableSequence[int]  # works in line for a slot of the device
    free: MutableSequence[int]  # works not in use
    host: MutableSequence[int]  # vCPUs in line for a core
    bursts: MutableSequence[int]  # streams, by task
    page_ins: MutableSequence[int]
    choices: MutableSequence[int]
    values: MutableSequence[float]  # quantiles of an empirical law, of mean 1
    steps: MutableSequence[float]  # cumulated shares of Zipf's law or of the stack
    lru: MutableSequence[int]  # workload: who is resident, older and newer neighbour
    spent: MutableSequence[float]  # [vcpu * states + phase]
    marks: MutableSequence[float]  # [mark * metrics.MARK + i]
    samples: MutableSequence[float]  # [sample * 3 + i]: page-in, delivery, wake-up
    note_time: MutableSequence[float]
    notes: MutableSequence[int]  # [note * 6 + i]: kind, vcpu, task, fault, token, page
    out_delay: MutableSequence[float]  # what is to happen later: a step's answer to its engine
    out_code: MutableSequence[int]
