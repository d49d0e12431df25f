"""The parameters of a page-fault scenario, each with its meaning, unit and range; `scenario` puts them together."""

from __future__ import annotations

from typing import Annotated

from lab.core.scenario import Parameter
from lab.pagefault.failures import FAILURES
from lab.pagefault.guest import SCHEDULERS

__all__ = ["ENGINES", "ERAS", "MODES", "MOST_TASKS"]

MODES = ("sync", "halt", "pv")  # what the host does with a fault, oldest first
ENGINES = ("simpy", "fast")
ERAS = ("5.8+", "2010")  # page ready comes by an interrupt; by an exception, as until Linux 5.7
SHORTEST, LONGEST = 1e-3, 1e8  # microseconds
COSTS = (0, 0.5, 1, 2, 3, 5, 10)
MOST_TASKS = 65536  # on all vCPUs together

Mode = Annotated[str, Parameter("What the host does with a fault", choices=(*MODES, "all"))]
Tasks = Annotated[
    int,
    Parameter(
        "Tasks on each vCPU that are ready to compute",
        low=1,
        high=4096,
        steps=(*range(1, 17), 20, 24, 28, 32, 40, 48, 56, 63, 64, 65, 66, 80, 96, 128),
    ),
]
Vcpus = Annotated[int, Parameter("Virtual CPUs of the guest", low=1, high=256, steps=(1, 2, 3, 4, 6, 8))]
Shared = Annotated[bool, Parameter("One run queue for all vCPUs instead of one for each")]
Cores = Annotated[
    int | None,
    Parameter(
        "Physical cores that the vCPUs share; fewer than vCPUs and some must wait",
        low=1,
        high=256,
        absent="all",
        steps=(1, 2, 3, 4, 6, 8),
    ),
]
Slots = Annotated[
    int | None,
    Parameter(
        "Pages the device brings in at the same time, for all vCPUs together",
        low=1,
        high=65536,
        absent="inf",
        steps=(1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 64),
    ),
]
Compute = Annotated[
    float,
    Parameter(
        "Mean time a task computes before it touches a missing page",
        unit="us",
        low=SHORTEST,
        high=LONGEST,
        label="burst",
        steps=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 3e3, 4e3, 5e3, 6e3, 8e3, 1e4),
    ),
]
ComputeDist = Annotated[
    str, Parameter("How bursts vary: exponentially or not at all", choices=("exp", "det"), label="burst varies")
]
PageIn = Annotated[
    float,
    Parameter(
        "Mean time a slot needs to bring one page in",
        unit="us",
        low=SHORTEST,
        high=LONGEST,
        label="page-in",
        steps=(1, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1e3, 2e3, 3e3, 4e3, 5e3, 6e3, 8e3, 1e4, 2e4, 4e4, 8e4),
    ),
]
PageInDist = Annotated[
    str,
    Parameter(
        "How page-ins vary; with a sigma, as lognormal:0.8 (above 1.5 the mean hangs on rare page-ins: give more "
        "faults); as measured: empirical:FILE, one number a "
        "line, scaled to the mean asked for",
        choices=("exp", "det", "lognormal:", "empirical:"),
        label="page-in varies",
    ),
]
Overhead = Annotated[
    float,
    Parameter(
        "vCPU time spent once per fault, in every mode",
        unit="us",
        low=0,
        high=LONGEST,
        steps=(0, 1, 2, 3, 4, 5, 7, 10, 20, 50, 100, 200, 500, 1000),
    ),
]
OverheadSync = Annotated[
    float | None,
    Parameter(
        "The same for sync alone", unit="us", low=0, high=LONGEST, absent="same", steps=(0, 1, 2, 3, 4, 5, 7, 10)
    ),
]
OverheadHalt = Annotated[
    float | None,
    Parameter(
        "The same for halt alone", unit="us", low=0, high=LONGEST, absent="same", steps=(0, 1, 2, 3, 4, 5, 7, 10)
    ),
]
OverheadPv = Annotated[
    float | None,
    Parameter("The same for pv alone", unit="us", low=0, high=LONGEST, absent="same", steps=(0, 1, 2, 3, 4, 5, 7, 10)),
]
ExitCost = Annotated[
    float,
    Parameter("vCPU time of each exit to the host and the entry after it", unit="us", low=0, high=1e6, steps=COSTS),
]
InjectionCost = Annotated[
    float,
    Parameter("vCPU time of each exception or interrupt put into the guest", unit="us", low=0, high=1e6, steps=COSTS),
]
SwitchCost = Annotated[
    float, Parameter("vCPU time of changing to another task", unit="us", low=0, high=1e6, steps=COSTS)
]
Limit = Annotated[
    int | None,
    Parameter(
        "Faults a vCPU may have queued; one more is synchronous (the kernel's ASYNC_PF_PER_VCPU is 64)",
        low=0,
        high=MOST_TASKS,
        absent="none",
        steps=(0, 1, 2, 4, 8, 16, 32, 64, 128),
    ),
]
Tick = Annotated[
    float | None,
    Parameter(
        "The guest's timer interrupt: ends a halt, lets the scheduler look; the same on every vCPU",
        unit="us",
        low=1,
        high=LONGEST,
        absent="none",
        steps=(100, 250, 1e3, 4e3, 1e4),
    ),
]
Scheduler = Annotated[str, Parameter("How the guest picks the next task", choices=tuple(SCHEDULERS))]
Slice = Annotated[
    float | None,
    Parameter(
        "The scheduler's own time: rr's quantum, cfs's latency, eevdf's base slice",
        unit="us",
        low=1,
        high=LONGEST,
        absent="own",
        steps=(100, 750, 3e3, 6e3, 2e4, 1e5),
    ),
]
Kernel = Annotated[float, Parameter("Share of faults in kernel mode, of which the guest is not told", low=0, high=1)]
SendAlways = Annotated[bool, Parameter("Tell the guest in kernel mode too (KVM_ASYNC_PF_SEND_ALWAYS)")]
Era = Annotated[str, Parameter("Page ready by interrupt (Linux 5.8 on) or by exception (2010)", choices=ERAS)]
Access = Annotated[
    str,
    Parameter(
        "rate: each burst ends with a fault; stack:THETA and zipf:S: with a touch, which faults if memory lacks it",
        choices=("rate", "stack:", "zipf:"),
    ),
]
WorkingSet = Annotated[
    int, Parameter("Pages that a task uses (stack, zipf)", low=1, high=65536, steps=(64, 128, 256, 512, 1024, 4096))
]
Memory = Annotated[
    int,
    Parameter(
        "Pages that the host leaves to the guest (stack, zipf)",
        low=1,
        high=1 << 20,
        steps=(64, 128, 256, 512, 1024, 2048, 4096, 16384),
    ),
]
SharedPages = Annotated[bool, Parameter("All tasks have the same working set (zipf)")]
Calculators = Annotated[
    int, Parameter("Tasks on each vCPU that compute and never fault", low=0, high=64, steps=(0, 1, 2, 4))
]
HostSlice = Annotated[
    float,
    Parameter("How long a vCPU keeps a physical core that others wait for", unit="us", low=1, high=LONGEST),
]
Migrate = Annotated[
    float | None,
    Parameter(
        "When the guest moves to another host and every sleeper is woken",
        unit="us",
        low=0.001,
        high=1e12,
        absent="never",
    ),
]
Failure = Annotated[str, Parameter("What goes wrong; see `pagefault failures`", choices=tuple(FAILURES))]
FailureAt = Annotated[
    int, Parameter("At which fault it goes wrong, or every how many", low=1, high=1 << 40, steps=(10, 100, 1000))
]
Faults = Annotated[
    int,
    Parameter(
        "Completed faults that are measured, after the warm-up",
        low=1,
        high=100_000_000,
        steps=(500, 1000, 2000, 5000, 10_000, 20_000),  # more would block a slider; an option waits
    ),
]
Window = Annotated[
    float,
    Parameter(
        "From the start until then the events are kept: the picture, and `events` in JSON; 0 keeps none",
        unit="us",
        low=0,
        high=1e9,
        steps=(0, 60, 120, 300, 600, 1200, 6e3, 12e3, 3e4, 6e4, 12e4, 3e5, 6e5, 12e5),
    ),
]
Seed = Annotated[int, Parameter("Where the random numbers start", low=0, high=(1 << 63) - 1)]
Engine = Annotated[str, Parameter("What runs the model", choices=ENGINES)]
