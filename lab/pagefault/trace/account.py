"""A trace held against the logs of the VMM and of the guest: what agrees, what does not, and what that means."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from lab.pagefault.trace import event as kinds
from lab.pagefault.trace.intervals import Pairing, pair
from lab.pagefault.trace.reader import Trace
from lab.pagefault.trace.vmm_log import Log

__all__ = ["CHECKS", "Finding", "account"]

T = TypeVar("T")
MOST_NAMED = 8  # pages or tokens named in a line
ON, KERNEL_TOO = 1, 2  # bits of MSR_KVM_ASYNC_PF_EN


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """`name` of the check, whether both sides agree, what was found in a line, and the values it is about."""

    name: str
    agrees: bool
    said: str
    values: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class _Sides:
    trace: Trace
    log: Log
    pairing: Pairing

    def pages(self, kind: str) -> list[int]:
        """Addresses of the trace's events of one kind, in order."""
        return [e.gva for e in self.trace.events if e.kind == kind and e.gva is not None]

    def tokens(self, kind: str) -> list[int]:
        """Tokens of the trace's events of one kind, in order."""
        return [e.token for e in self.trace.events if e.kind == kind and e.token is not None]

    @property
    def flags(self) -> int | None:
        """What the guest enabled: as the trace has it, else as the VMM says; None if neither does."""
        if self.trace.flags is not None:
            return self.trace.flags
        said = self.log.result.get("flags")
        return None if said is None else int(said) & 0x3F


def _arrivals(s: _Sides) -> Iterator[Finding]:
    arrived = [one.gpa for one in s.log.arrivals if one.rc == 0]
    for kind in (kinds.TRY, kinds.NOT_PRESENT, kinds.COMPLETED):
        traced = s.pages(kind)
        lacking, extra = _difference(traced, arrived)
        if not lacking and not extra:
            yield Finding(f"{kind}-arrivals", True, f"{len(traced)} {kind} are the VMM's {len(arrived)} page arrivals")
        if lacking:
            said = f"{_list(lacking)} {kind} in the trace, but no arrival in the VMM's log ({len(arrived)} arrivals)"
            waited = {one.gpa for one in s.log.wanted}
            if all(gpa in waited for gpa in lacking):
                said += "; a worker's wait for it is logged there, so the line of its arrival is what is missing"
            yield Finding(f"{kind}-arrivals", False, said, tuple(lacking))
        if extra:
            said = f"{_list(extra)} arrived by the VMM's log, but not {kind} in the trace"
            yield Finding(f"{kind}-arrivals", False, said, tuple(extra))
    failed = [one.gpa for one in s.log.arrivals if one.rc]
    if failed:
        yield Finding("arrivals-failed", False, f"the VMM could not put in {_list(failed)}", tuple(failed))


def _workers(s: _Sides) -> Iterator[Finding]:
    traced = [(e.gva, e.tid) for e in s.trace.events if e.kind == kinds.COMPLETED and e.gva is not None]
    lacking, extra = _difference(traced, [(one.gpa, one.tid) for one in s.log.wanted])
    same = not lacking and not extra
    said = "waited in the VMM's log for the same pages" if same else "and those that waited in the VMM's log differ"
    pages = sorted({page for page, _ in lacking + extra})
    yield Finding(
        "workers", same, f"the workers that completed {said}{'' if same else ': ' + _list(pages)}", tuple(pages)
    )


def _told(s: _Sides) -> Iterator[Finding]:
    sent, heard = s.tokens(kinds.NOT_PRESENT), s.log.heard("NOT_PRESENT")
    if sent == heard:
        yield Finding("told", True, f"the guest was told of all {len(sent)} faults, in the trace's order of tokens")
    elif not heard:
        said = f"the guest was told of 0 of {len(sent)} faults: {_why_not(s.flags)}"
        yield Finding("told", False, said, tuple(sent))
    else:
        lacking, extra = _difference(sent, heard)
        yield Finding(
            "told", False, _unlike("NOT_PRESENT", len(heard), len(sent), lacking, extra), tuple(lacking + extra)
        )
    ready, woken = s.tokens(kinds.READY), s.log.heard("READY")
    if ready == woken:
        yield Finding("woken", True, f"the guest got all {len(ready)} readies, in the trace's order of tokens")
    elif not woken and not heard:
        said = f"{len(ready)} readies, none of them sent to the guest: it was never told, its vCPU was halted instead"
        yield Finding("woken", False, said, tuple(ready))
    else:
        lacking, extra = _difference(ready, woken)
        yield Finding("woken", False, _unlike("READY", len(woken), len(ready), lacking, extra), tuple(lacking + extra))


def _why_not(flags: int | None) -> str:
    if flags is None:
        return "neither trace nor log says what it enabled"
    if not flags & ON:
        return f"it has not enabled that (flags {flags:#x}), so each fault halts its vCPU"
    if not flags & KERNEL_TOO:
        return f"it asked to be told in user mode only (flags {flags:#x}, no SEND_ALWAYS), so each fault halts its vCPU"
    return f"flags {flags:#x} would allow it"


def _delivered(s: _Sides) -> Iterator[Finding]:
    """Against the injections, if the trace has any: what KVM handed over is what the guest logs."""
    told = [one for one in s.pairing.intervals if one.told]
    if not told:
        return
    tokens = [one.token for one in told if one.token is not None]
    heard = s.log.heard("NOT_PRESENT")
    same = tokens == heard
    said = f"{len(told)} #PF injected, {len(heard)} heard by the guest"
    lacking, extra = _difference(tokens, heard)
    yield Finding("injected", same, said, tuple(lacking + extra))


def _everyone(s: _Sides) -> Iterator[Finding]:
    sent, spurious = s.tokens(kinds.WAKE_ALL), s.log.heard("SPURIOUS")
    if not sent and not spurious:
        return
    enables = sum(1 for e in s.trace.events if e.kind == kinds.ENABLE and e.value & ON)
    if Counter(sent) == Counter(spurious):
        said = f"{len(sent)} wake-all (token {kinds.EVERYONE:#x}, sent when the guest enables it, {enables} times here)"
        yield Finding("wake-all", True, f"{said} woke nobody: the guest logs it as SPURIOUS", tuple(sent))
    else:
        lacking, extra = _difference(sent, spurious)
        said = f"{len(sent)} wake-alls in the trace, {len(spurious)} SPURIOUS in the guest's log"
        yield Finding("wake-all", False, said, tuple(lacking + extra))


def _touched(s: _Sides) -> Iterator[Finding]:
    asked, touched = s.pages(kinds.TRY), s.log.heard("TOUCHED")
    lacking, extra = _difference(asked, touched)
    if not lacking and not extra:
        yield Finding("touched", True, f"the guest's tasks went on after all {len(asked)} faults")
    if lacking:
        said = f"no task went on after {_list(lacking)}"
        yield Finding("touched", False, said, tuple(lacking))
    if extra:
        yield Finding("touched", False, f"touched without a fault in the trace: {_list(extra)}", tuple(extra))


def _counted(s: _Sides) -> Iterator[Finding]:
    """The VMM's own counts (RESULT) against the lines of the log."""
    counted = {
        "not_present": len(s.log.heard("NOT_PRESENT")),
        "ready": len(s.log.heard("READY")),
        "spurious": len(s.log.heard("SPURIOUS")),
        "log": len(s.log.guest),
        "pages": len(set(s.log.heard("TOUCHED"))),
    }
    wrong = {key: n for key, n in counted.items() if key in s.log.result and s.log.result[key] != n}
    if not s.log.result:
        yield Finding("result", False, "the log has no RESULT line: the VMM did not end as it should")
    elif wrong:
        said = ", ".join(f"{key} {s.log.result[key]} counted, {n} lines" for key, n in wrong.items())
        yield Finding("result", False, f"the VMM's RESULT is unlike its log: {said}")
    else:
        yield Finding("result", True, "the VMM's own counts are those of its log")


def _clock(s: _Sides) -> Iterator[Finding]:
    """The guest hears of a fault after KVM queued it, on the same clock; only where the stamps are its ticks."""
    if s.trace.per_second == 1e9 or s.log.uncertain is None:
        return
    queued = {one.token: one.queued for one in s.pairing.intervals if one.queued is not None}
    early = [queued[g.value] - g.host for g in s.log.guest if g.word == "NOT_PRESENT" and g.value in queued]
    if not early:
        return
    worst = max(0, *early)
    said = f"the guest hears of each fault after it is queued; its clock is known to {s.log.uncertain:,} ticks"
    if worst > s.log.uncertain:
        said = f"the guest hears of a fault {worst:,} ticks before it is queued: the clocks are not the same"
    yield Finding("clock", worst <= s.log.uncertain, said)


CHECKS: tuple[Callable[[_Sides], Iterator[Finding]], ...] = (
    _arrivals, _workers, _told, _delivered, _everyone, _touched, _counted, _clock,
)  # fmt: skip


def account(trace: Trace, log: Log, pairing: Pairing | None = None) -> tuple[Finding, ...]:
    """Every check of `trace` against `log`; `pairing` of the trace, if it is at hand."""
    sides = _Sides(trace, log, pairing or pair(trace))
    return tuple(finding for check in CHECKS for finding in check(sides))


def _difference(left: Sequence[T], right: Sequence[T]) -> tuple[list[T], list[T]]:
    """What is left of each side when equal ones are taken away in pairs, in order."""
    return _without(left, Counter(right)), _without(right, Counter(left))


def _without(values: Sequence[T], taken: Counter[T]) -> list[T]:
    rest = []
    for value in values:
        if taken[value]:
            taken[value] -= 1
        else:
            rest.append(value)
    return rest


def _list(values: Sequence[int]) -> str:
    shown = ", ".join(f"{value:#x}" for value in values[:MOST_NAMED])
    return shown if len(values) <= MOST_NAMED else f"{shown} and {len(values) - MOST_NAMED} more"


def _unlike(word: str, heard: int, sent: int, lacking: list[int], extra: list[int]) -> str:
    if not lacking and not extra:
        return f"the guest's {heard} {word} are in another order than the trace's"
    parts = [f"without {_list(lacking)}"] if lacking else []
    parts += [f"with {_list(extra)}, which the trace has not"] if extra else []
    return f"the guest heard {heard} {word} of {sent}: {', '.join(parts)}"
