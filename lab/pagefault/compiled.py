"""The fast engine, a door: the rules of `machine` compiled with Numba, and `heap` as their calendar.

No rule stands here. A machine's records become arrays of records with the same fields, its buffers NumPy
arrays; afterwards what was measured is put back into the `Machine` of plain Python.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
import re
import sys
from array import array
from pathlib import Path
from typing import Any

import numpy

from lab.core.compiled import Compiler
from lab.core.compiled.buffer import Buffer
from lab.core.compiled.struct import Struct
from lab.core.progress import Progress, silent
from lab.pagefault import heap
from lab.pagefault.heap import FEW, NEVER
from lab.pagefault.records import Machine
from lab.pagefault.scenario import PageFaultScenario
from lab.pagefault.setup import machine_for

__all__ = ["compile_engine", "drive", "simulate"]

# Small and on every fault's way: a call would cost as much as the work.
INLINE = frozenset(
    {
        "calendar.kind_of", "calendar.later", "calendar.stamp_of", "calendar.who_of", "delivery.free_work",
        "delivery.pop_done", "delivery.push_done", "fifo.put", "fifo.take", "gfns.gfn_add", "gfns.gfn_find",
        "guest.put", "guest.take", "heap.put_in", "heap.take_first", "heap.write_down", "host.answer",
        "metrics.count", "metrics.enter", "metrics.queue_changes", "metrics.sample", "physical.give_core",
        "physical.settle", "protocol.can_be_told", "protocol.can_deliver", "protocol.queue_fault",
        "protocol.release_fault", "protocol.token_of", "randomness.draw", "randomness.exponential", "sleepers.sleep",
        "work.work", "wake.charge", "workload.kernel_mode", "workload.loaded", "workload.touch",
    }
)  # fmt: skip


def sources(name: str) -> list[Path]:
    """The files of our module `name` and of all of ours that it imports, directly or not.

    Compiled code holds their rules and their numbers; a change of any other file does not make it stale.
    """
    files: dict[str, Path] = {}
    todo = [name]
    while todo:
        name = todo.pop()
        if name not in files:
            files[name] = Path(str(sys.modules[name].__file__))
            todo += re.findall(r"^from (lab\.pagefault\.[\w.]+) import", files[name].read_text("utf-8"), re.MULTILINE)
    return list(files.values())


COMPILER = Compiler("pagefault", "lab.pagefault.", [Path(__file__), *sources(heap.__name__)], INLINE)
STREAMS = ("bursts", "page_ins", "choices")  # unsigned 64 bits
FLOATS = ("values", "steps", "spent", "marks", "samples", "note_time", "out_delay")
RECORDS = ("run", "vcpus", "tasks", "works", "queues")
FIELDS = tuple(f.name for f in dataclasses.fields(Machine))


@functools.cache
def _kind(record: Any) -> Any:
    """A record class as NumPy type: the same fields, whole numbers of 64 bits and doubles."""
    codes = {"int": "i8", "float": "f8"}
    return numpy.dtype([(f.name, codes[str(f.type)]) for f in dataclasses.fields(record)], align=True)


def _records(records: list[Any]) -> Any:
    record: Any = type(records[0])
    kind = _kind(record)
    values = operator.attrgetter(*kind.names)
    return numpy.array([values(one) for one in records], dtype=kind)


def arrays_of(m: Machine) -> dict[str, Any]:
    """The machine's parts as NumPy arrays, by name; `run` is an array of one record."""
    made: dict[str, Any] = {}
    for name in FIELDS:
        value = [m.run] if name == "run" else getattr(m, name)
        if name in RECORDS:
            made[name] = _records(value)
        else:
            kind = numpy.uint64 if name in STREAMS else numpy.float64 if name in FLOATS else numpy.int64
            made[name] = numpy.array(value, dtype=kind)
    return made


def put_back(m: Machine, arrays: dict[str, Any]) -> None:
    """What the compiled run has changed, into the machine of plain Python."""
    for f in dataclasses.fields(m.run):
        setattr(m.run, f.name, arrays["run"][f.name][0].item())
    for name in RECORDS[1:]:
        for record, row in zip(getattr(m, name), arrays[name].tolist(), strict=True):
            for f, value in zip(dataclasses.fields(record), row, strict=True):
                setattr(record, f.name, value)
    for name in FIELDS:
        value = arrays[name]
        if name not in RECORDS:
            setattr(m, name, array(value.dtype.char, value.tobytes()) if value.dtype.char in "dq" else value.tolist())


def simulate(scenario: PageFaultScenario, mode: str, progress: Progress = silent) -> Machine:
    """The machine after its run, the same as `model.simulate` gives: event order and tokens exactly."""
    return drive(machine_for(scenario, mode), progress)


def drive(m: Machine, progress: Progress = silent) -> Machine:
    """The same with a machine that is ready to begin."""
    arrays = arrays_of(m)
    run = arrays["run"][0]
    struct = Struct(arrays, single=("run",))
    last = m.run.warm_up + m.run.faults
    few = m.run.vcpus if m.run.vcpus <= FEW else 0
    room = 4 * m.run.vcpus + len(m.works) + 2 * len(m.out_delay) + 64
    rows = [numpy.zeros(room), numpy.zeros(room, "i8"), numpy.zeros(room, "i8")]
    at = numpy.zeros(4, "i8")
    others = [Buffer(part) for part in (numpy.full(few, NEVER), numpy.zeros(few, "i8"), numpy.zeros(few, "i8"), at)]
    progress(0, last, "simulating")
    advance = COMPILER.wait_for(
        heap.advance, struct, *(Buffer(row) for row in rows), *others, 1,
        tell=lambda: progress(0, last, "compiling, once for all runs"),
    )  # fmt: skip
    while not run["ended"]:
        advance(struct, *(Buffer(row) for row in rows), *others, int(run["goals"]) + 1)
        if at[2]:  # many ends of work that was interrupted still stand there
            at[2] = 0
            rows = [numpy.concatenate((row, numpy.zeros_like(row))) for row in rows]
        else:
            progress(int(run["completed"]), last, "simulating")
    put_back(m, arrays)
    if m.run.logging:
        m.run.covered = min(m.run.over, m.run.window)
    return m


def compile_engine() -> None:
    """Compile everything now, or read it from the user's folder."""
    simulate(PageFaultScenario(mode="pv", faults=10), "pv")
