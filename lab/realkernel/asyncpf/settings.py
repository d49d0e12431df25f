"""What is run on KVM: the tasks of the guest, what it asks of KVM, and how the pager serves its pages.

The options carry the same names everywhere: here, on the command line, at the controls, in JSON, and (but for
`--user-mode`) in the VMM's own words.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Annotated

from lab.core.errors import LabError
from lab.core.scenario import Parameter, Preset, check
from lab.pagefault import pager
from lab.pagefault.protocol import PER_VCPU as LIMIT  # faults queued at once, the next is synchronous

__all__ = ["BATCH", "LIMIT", "MOST_PAGES", "MOST_TASKS", "ORDERS", "PRESETS", "Settings", "named", "parse_flags"]

ORDERS = tuple(pager.ORDERS)
BATCH = 4  # pages of a batch where an order is asked for, without a batch to order: one page has none
PACES = ("settled", "timed")
FLAGS = ("0x0", "0x1", "0x3", "0x9", "0xb")  # of the bits below: those that a guest outside another guest can mean
ON, ALWAYS, INTERRUPT = 1, 2, 8  # of MSR_KVM_ASYNC_PF_EN (Documentation/virt/kvm/x86/msr.rst)
MOST_TASKS, MOST_PAGES = 96, 1024
LONGEST = 45e6  # us that a run may take by its pauses alone
QUIET = 25e3  # us after which the pager takes a vCPU that says nothing for halted


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """One run of the small guest of `kernels/linux/asyncpf` on KVM. Raises `LabError` for a value out of range."""

    tasks: Annotated[int, Parameter("Tasks of the guest, which has one vCPU", low=1, high=MOST_TASKS)] = 4
    pages: Annotated[int, Parameter("Missing pages that they touch in turn", low=1, high=MOST_PAGES)] = 32
    flags: Annotated[
        str,
        Parameter(
            "What the guest enables: 0x0 nothing, 0x9 to be told in user mode, 0xb always; without bit 3 it is never",
            choices=FLAGS,
        ),
    ] = "0xb"
    user_mode: Annotated[bool, Parameter("Its tasks run in user mode (CPL 3) instead of kernel mode")] = False
    write: Annotated[bool, Parameter("Its tasks write to the pages instead of reading them")] = False
    compute: Annotated[int, Parameter("Rounds of a loop that a task computes before each touch", low=0, high=10**6)] = 0
    order: Annotated[
        str,
        Parameter(
            f"Which page of a batch the pager puts in first; alone, lifo and random mean --batch {BATCH}",
            choices=ORDERS,
        ),
    ] = "fifo"
    batch: Annotated[
        int, Parameter("Pages of a batch, at most: the oldest that are asked for", low=1, high=MOST_PAGES)
    ] = 1
    seed: Annotated[int, Parameter("Where the pager's random order starts", low=0, high=(1 << 63) - 1)] = 1
    pace: Annotated[
        str,
        Parameter(
            "The pager pauses once the guest cannot go on (then order is a matter of rules), or at once", choices=PACES
        ),
    ] = "settled"
    delay: Annotated[float, Parameter("The pager's pause before a batch", unit="us", low=0, high=1e7)] = 3000.0
    gap: Annotated[float, Parameter("The pager's pause between pages of a batch", unit="us", low=0, high=1e7)] = 500.0

    def __post_init__(self) -> None:
        """Refuse what is out of range, and what would take minutes."""
        check(self)
        pauses = self.pages * (max(self.delay, self.gap) + (0.0 if self.told else QUIET))
        if pauses > LONGEST:
            raise LabError(
                f"--delay: the pauses before {self.pages} pages could come to {pauses / 1e6:,.0f} s, and a run has "
                f"{LONGEST / 1e6:.0f} s; give a shorter --delay and --gap, or fewer --pages"
            )

    @property
    def bits(self) -> int:
        """The flags as a number."""
        return int(self.flags, 16)

    @property
    def enabled(self) -> bool:
        """Whether KVM takes the guest's word: `kvm_pv_async_pf_enabled` (arch/x86/kvm/x86.c) wants both bits."""
        return self.bits & (ON | INTERRUPT) == ON | INTERRUPT

    @property
    def told(self) -> bool:
        """Whether the guest is told of its faults (`kvm_can_deliver_async_pf`); else its vCPU has to wait for each."""
        return self.enabled and (self.user_mode or bool(self.bits & ALWAYS))

    @property
    def over_limit(self) -> bool:
        """Whether more faults may come together than KVM queues."""
        return self.told and min(self.tasks, self.pages) > LIMIT

    def words(self) -> tuple[str, ...]:
        """The VMM's command line, without its name."""
        words = [f"--tasks {self.tasks} --pages {self.pages} --flags {self.flags} --compute {self.compute}"]
        words += [f"--order {self.order} --batch {self.batch} --seed {self.seed} --pace {self.pace}"]
        words += [f"--delay {round(self.delay)} --gap {round(self.gap)}"]
        words += ["--write"] * self.write + ["--user-mode" if self.user_mode else "--kernel-mode"]
        return tuple(" ".join(words).split())

    @property
    def name(self) -> str:
        """A name for files that says what the run is: `lifo4-t8-p64-f0xb`."""
        way = (
            self.order
            + (str(self.batch) if self.batch > 1 else "")
            + (f"-s{self.seed}" if self.order == "random" else "")
        )
        rest = ["user"] * self.user_mode + ["write"] * self.write + ["timed"] * (self.pace == "timed")
        return "-".join([way, f"t{self.tasks}", f"p{self.pages}", f"f{self.flags}", *rest])


def parse_flags(text: str) -> str:
    """`text` (11, 0xB) as a choice of flags has it (0xb); as it is where it is no number."""
    try:
        return hex(int(text, 0))
    except ValueError:
        return text


def named(settings: Sequence[Settings]) -> dict[str, Settings]:
    """Each with a name of its own: the second of two that are called alike gets a number."""
    found: dict[str, Settings] = {}
    for one in settings:
        name, number = one.name, 2
        while name in found:
            name, number = f"{one.name}-{number}", number + 1
        found[name] = one
    return found


PRESETS = (
    Preset("A1", "Told of its faults", Settings(), "A task sleeps alone: up to four pages are under way at once."),
    Preset(
        "A2", "The last one asked for first", Settings(order="lifo", batch=4),
        "Readies come in the order of the pages, not of the faults.",
    ),
    Preset(
        "A3", "At random", Settings(tasks=8, pages=64, order="random", batch=8, write=True),
        "Any order of arrival: the token says whom to wake.",
    ),
    Preset("A4", "Not told", Settings(flags="0x0"), "Without the MSR the guest is told of none: one page at a time."),
    Preset(
        "A5", "One flag less", Settings(flags="0x9"), "Without SEND_ALWAYS a guest in kernel mode is told nothing.",
    ),
    Preset(
        "A6", "One flag less, in user mode", Settings(flags="0x9", user_mode=True),
        "In user mode the same flags are enough.",
    ),
    Preset("A7", "One task", Settings(tasks=1, pages=16), "With nothing else to run, being told gains nothing."),
    Preset(
        "A8", "More than 64", Settings(tasks=70, pages=140),
        "KVM queues 64 faults; the next one stops the vCPU, as in 2009.",
    ),
    Preset(
        "A9", "Without the interrupt", Settings(flags="0x3", tasks=3, pages=12),
        "Since 5.8 no guest is told that does not take the interrupt.",
    ),
)  # fmt: skip
