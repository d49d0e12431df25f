"""A real run beside what was predicted: counts, and the order of not_present and ready events with their tokens."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lab.core.errors import LabError
from lab.pagefault.events import FIRST_PAGE
from lab.realkernel.asyncpf.prediction import COUNTS, Prediction, Said

if TYPE_CHECKING:
    from lab.pagefault.evidence import Evidence

__all__ = ["Comparison", "Count", "Replayed", "as_data", "compare", "counted", "in_words", "ordered", "replayed"]

FIRST_GFN = FIRST_PAGE  # of the guest's missing pages (kernels/linux/asyncpf): where the model has its own


@dataclasses.dataclass(frozen=True, slots=True)
class Count:
    """How often something happened, and how often it was predicted; one of `prediction.COUNTS`."""

    real: int
    predicted: int

    @property
    def same(self) -> bool:
        """Whether they are equal."""
        return self.real == self.predicted


@dataclasses.dataclass(frozen=True, slots=True)
class Replayed:
    """The model fed with the page-ins of this very trace: whether it comes to the same order, and how near in ticks.

    `why` says why that cannot be done, where `same_order` is None.
    """

    same_order: bool | None
    stamps_apart: float | None = None
    why: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """`real` and `predicted`: not_present and ready, each with token and page, one after the other."""

    counts: Mapping[str, Count]
    real: tuple[Said, ...]
    predicted: tuple[Said, ...]
    replayed: Replayed

    @property
    def same_counts(self) -> bool:
        """Whether every count is as predicted."""
        return all(count.same for count in self.counts.values())

    @property
    def same_order(self) -> bool:
        """Whether the same pages are asked for and delivered one after the other."""
        return [(kind, page) for kind, _, page in self.real] == [(kind, page) for kind, _, page in self.predicted]

    @property
    def same_tokens(self) -> bool:
        """Whether the same tokens come one after the other, with the same kinds of events."""
        return [said[:2] for said in self.real] == [said[:2] for said in self.predicted]

    @property
    def first_difference(self) -> tuple[int, Said | None, Said | None] | None:
        """The place (from 0) where the two part, and what stands there in each; None where they are the same."""
        if self.real == self.predicted:
            return None
        shorter = min(len(self.real), len(self.predicted))
        place = next((i for i in range(shorter) if self.real[i] != self.predicted[i]), shorter)
        return place, _at(self.real, place), _at(self.predicted, place)


def compare(evidence: Evidence, prediction: Prediction) -> Comparison:
    """Hold what a trace shows against what the settings predict."""
    found = counted(evidence)
    return Comparison(
        {name: Count(found[name], prediction.counts[name]) for name in COUNTS},
        ordered(evidence),
        prediction.order,
        replayed(evidence),
    )


def counted(evidence: Evidence) -> dict[str, int]:
    """The counts of a trace and of the guest's log beside it, by the names of `prediction.COUNTS`.

    Inferred, not traced: a try that is neither queued nor of a page under way was synchronous, and the guest was not
    told of what was queued and not injected. Without a log it counts as told of what was injected.
    """
    from lab.pagefault.trace import event as kinds

    def number(kind: str) -> int:
        return sum(e.kind == kind for e in evidence.trace.events)

    tries, queued, repeated = number(kinds.TRY), number(kinds.NOT_PRESENT), number(kinds.REPEATED)
    injected = sum(bool(one.told) for one in evidence.faults)
    log = evidence.log
    return {
        "try": tries,
        "not_present": queued,
        "completed": number(kinds.COMPLETED),
        "ready": number(kinds.READY),
        "repeated": repeated,
        "wake_all": number(kinds.WAKE_ALL),
        "told": injected if log is None else len(log.heard("NOT_PRESENT")),
        "woken": injected if log is None else len(log.heard("READY")),
        "untold": queued - injected,
        "synchronous": tries - queued - repeated,
    }


def ordered(evidence: Evidence) -> tuple[Said, ...]:
    """not_present and ready of a trace as its lines have them; pages counted from the first of the guest's own."""
    from lab.pagefault.trace import event as kinds

    names = {kinds.NOT_PRESENT: "not_present", kinds.READY: "ready"}
    return tuple(
        (names[e.kind], e.token or 0, ((e.gva or 0) >> 12) - FIRST_GFN)
        for e in evidence.trace.events
        if e.kind in names
    )


def replayed(evidence: Evidence) -> Replayed:
    """The model fed with the recorded page-ins and the guest's own order of tasks (`lab.pagefault.replaying`)."""
    from lab.pagefault.replaying import compared, mode_of
    from lab.pagefault.trace import replay_input

    sync = counted(evidence)["synchronous"]
    if sync:
        return Replayed(None, why=f"no trace says how long the {sync} synchronous page-ins took")
    try:
        found = compared(
            replay_input(evidence.trace, evidence.log, evidence.pairing), mode_of(evidence.pairing), "simpy"
        )
    except LabError as error:
        return Replayed(None, why=str(error))
    return Replayed(found.same_order, found.furthest)


def _at(said: Sequence[Said], place: int) -> Said | None:
    return said[place] if place < len(said) else None


def in_words(said: Said | None) -> str:
    """One event as a person reads it."""
    return "no more" if said is None else f"{said[0]} of token {said[1]:#x}, page {said[2]}"


def as_data(said: Said | None) -> dict[str, Any] | None:
    """One event for JSON."""
    return None if said is None else {"event": said[0], "token": said[1], "page": said[2]}
