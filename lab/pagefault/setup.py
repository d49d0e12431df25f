"""A scenario becomes a machine at time 0: everything the rules look at, filled in once."""

from __future__ import annotations

from array import array

from lab.core.errors import LabError
from lab.pagefault import notes, protocol
from lab.pagefault.access import parse_access, prepare
from lab.pagefault.failures import FAILURES, first_id
from lab.pagefault.gfns import EMPTY, slots_for
from lab.pagefault.guest import DEFAULT_SLICE, SCHEDULERS, put
from lab.pagefault.guest.sleepers import new as new_sleepers
from lab.pagefault.host import MODE
from lab.pagefault.laws import parse_law, quantiles
from lab.pagefault.metrics import LATENCIES, MARK, MOST_SAMPLES, PHASES, batches_for
from lab.pagefault.randomness import BURST, CHOICE, KERNEL, LAWS, PAGE_IN, stream
from lab.pagefault.records import Machine, Run, RunQueue, Task, Vcpu, Work
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["MOST_EVENTS", "machine_for"]

MOST_EVENTS = 500_000
EVENTS_A_FAULT = 12
MOST_PAGES = 1 << 22  # under way, in the tables of all vCPUs


def machine_for(scenario: PageFaultScenario, mode: str) -> Machine:
    """The machine of one mode, ready to begin. Raises `LabError` for a law's file that cannot be read."""
    s = scenario
    run = _asked(s, mode)
    if run.gfn_slots * s.vcpus > MOST_PAGES:
        raise LabError(
            f"--limit: {s.vcpus} vCPUs that may each have {_most_queued(s):,} faults queued need too large tables; "
            f"give at most {1 << (MOST_PAGES // s.vcpus).bit_length() - 1}"
        )
    law = parse_law(s.page_in_dist)
    access = parse_access(s.access)
    start = prepare(access, s.all_tasks, s.working_set, s.memory, s.shared_pages)
    run.lru_first, run.lru_last, run.resident = start.lru_first, start.lru_last, start.resident
    works = _works(s)
    run.free_count = works
    run.slots = works if s.slots is None else s.slots
    queues = 1 if s.shared else s.vcpus
    run.width = run.tasks if s.shared else s.tasks + s.calculators
    room = min(MOST_EVENTS, EVENTS_A_FAULT * (s.faults + s.warm_up) + 16 * run.tasks + 256) if s.window > 0 else 0
    samples = min(s.faults, MOST_SAMPLES)
    m = Machine(
        run=run,
        vcpus=[Vcpu(queue=0 if s.shared else v, core=int(run.cores_free < 0)) for v in range(s.vcpus)],
        tasks=[Task() for _ in range(run.tasks)],
        works=[Work() for _ in range(works)],
        queues=[RunQueue() for _ in range(queues)],
        line=[-1] * (queues * run.width),
        gfns=[EMPTY] * (s.vcpus * run.gfn_slots if mode != "sync" else 1),
        sleepers=new_sleepers(2 * run.tasks + 2) if mode == "pv" else [0],
        waiting=[0] * works,
        free=list(range(works - 1, -1, -1)),
        host=[0] * s.vcpus,
        bursts=[stream(s.seed, BURST, t) for t in range(run.tasks)],
        page_ins=[stream(s.seed, PAGE_IN, t) for t in range(run.tasks)],
        choices=[stream(s.seed, purpose, t) for purpose in (CHOICE, KERNEL) for t in range(run.tasks)],
        values=quantiles(law.source) if law.source else [1.0],
        steps=start.steps,
        lru=start.lru,
        spent=[0.0] * (s.vcpus * PHASES),
        marks=[0.0] * ((run.batches + 1) * MARK),
        samples=array("d", bytes(8 * LATENCIES * samples)),
        note_time=array("d", bytes(8 * room)),
        notes=array("q", bytes(8 * notes.COLUMNS * room)),
        out_delay=[0.0] * (4 * s.vcpus + 8),
        out_code=[0] * (4 * s.vcpus + 8),
    )
    _line_up(m, s)
    return m


def _asked(s: PageFaultScenario, mode: str) -> Run:
    """The scenario as numbers."""
    law, access = parse_law(s.page_in_dist), parse_access(s.access)
    return Run(
        mode=MODE[mode],
        era=protocol.ERA[s.era],
        send_always=int(s.send_always),
        failure=FAILURES[s.failure],
        failure_at=s.failure_at,
        vcpus=s.vcpus,
        shared=int(s.shared),
        tasks=s.all_tasks + s.calculators * s.vcpus,
        faulting=s.all_tasks,
        limit=protocol.NO_LIMIT if s.limit is None else s.limit,
        scheduler=SCHEDULERS[s.scheduler],
        compute_law=LAWS[s.compute_dist],
        page_in_law=law.code,
        access=access.code,
        working_set=s.working_set,
        memory=s.memory,
        one_set=int(s.shared_pages),
        gfn_slots=slots_for(_most_queued(s)),
        compute=s.compute,
        page_in=s.page_in,
        spread=law.spread,
        depth=access.depth,
        kernel=s.kernel,
        fault_cost=s.fault_cost(mode),
        told_cost=s.injection_cost,
        ready_cost=s.exit_cost + s.injection_cost + (s.exit_cost if s.era == "5.8+" else 0.0),
        switch_cost=s.switch_cost,
        tick=s.tick or 0.0,
        slice=s.slice or DEFAULT_SLICE[s.scheduler],
        host_slice=s.host_slice,
        migrate=s.migrate or 0.0,
        window=s.window,
        batches=batches_for(s.faults),
        warm_up=s.warm_up,
        goal=s.warm_up,
        faults=s.faults,
        cores_free=-1 if s.cores is None or s.cores >= s.vcpus else s.cores,
        logging=int(s.window > 0),
    )


def _most_queued(s: PageFaultScenario) -> int:
    """Faults that one vCPU can have queued: no more than the limit, nor than tasks that come to it."""
    tasks = s.all_tasks if s.shared else s.tasks
    return tasks if s.limit is None else min(s.limit, tasks)


def _works(s: PageFaultScenario) -> int:
    """Works at once, at most: those queued, twice (a migration leaves some behind), a stop per vCPU."""
    queued = s.all_tasks if s.limit is None else min(s.all_tasks, s.vcpus * s.limit)
    return 2 * queued + 2 * s.vcpus


def _line_up(m: Machine, s: PageFaultScenario) -> None:
    """Every task is ready, in the order of its number; a vCPU's calculators stand behind its other tasks."""
    for vcpu in m.vcpus:
        vcpu.ids = first_id(m)
    for t in range(m.run.tasks):
        home = t % s.vcpus
        put(m, m.vcpus[home].queue, t, 0)
