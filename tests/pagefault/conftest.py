"""A machine to try rules on: `from tests.pagefault.conftest import machine`."""

import dataclasses
from typing import Any

from lab.pagefault.records import Machine, Run, RunQueue, Task, Vcpu, Work

__all__ = ["machine"]


def machine(tasks: int, vcpus: int = 1, **run_fields: Any) -> Machine:
    """A machine that stands still: nobody is ready; one run queue per vCPU or, with `shared=1`, one for all.

    `run_fields` are fields of `Run`. Buffers that only other rules use are empty.
    """
    run = Run(**{"vcpus": vcpus, "tasks": tasks, "faulting": tasks, "width": max(tasks, 1), **run_fields})
    queues = 1 if run.shared else vcpus
    buffers: dict[str, Any] = {field.name: [] for field in dataclasses.fields(Machine)}
    buffers.update(
        run=run,
        vcpus=[Vcpu(queue=0 if run.shared else v) for v in range(vcpus)],
        tasks=[Task() for _ in range(tasks)],
        works=[Work()],
        queues=[RunQueue() for _ in range(queues)],
        line=[0] * (queues * run.width),
    )
    return Machine(**buffers)
