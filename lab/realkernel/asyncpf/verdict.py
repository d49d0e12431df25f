"""What in a run contradicts itself or its settings, and what of it is not as predicted: all that decides `agrees`.

Counts alone prove little: they are also right where the guest was told of other tokens than KVM traced, where the
trace lost events, or where the run was of other flags. So everything that trace and log tell of each other is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lab.realkernel.asyncpf.comparison import Comparison
from lab.realkernel.asyncpf.settings import Settings

if TYPE_CHECKING:
    from lab.pagefault.evidence import Evidence
    from lab.pagefault.trace import Finding, Interval, Log

__all__ = ["apart", "contradictions", "synchronous"]

MOST = 8  # of a kind that are told
UNTOLD = ("told", "woken")  # findings that are as predicted where the guest is not to be told


def apart(comparison: Comparison, order_must_agree: bool) -> tuple[str, ...]:
    """In what a run is not as predicted, a line each; order, tokens and replay only where they have to agree."""
    counts = comparison.counts.items()
    wrong = [f"{name} {count.real} instead of {count.predicted}" for name, count in counts if not count.same]
    found = [f"counts: {', '.join(wrong)}"] if wrong else []
    if order_must_agree:
        asked = (("order", comparison.same_order), ("tokens", comparison.same_tokens))
        found += [f"{name}: not as predicted" for name, same in asked if not same]
        if comparison.replayed.same_order is False:
            found.append("replay: the model comes to another order from this trace's own page-ins")
    return tuple(found)


def synchronous(evidence: Evidence, comparison: Comparison) -> tuple[Interval, ...]:
    """Faults that were not queued, where as many were predicted: KVM traces no more of them than the try."""
    if not comparison.counts["synchronous"].same:
        return ()
    return tuple(one for one in evidence.pairing.intervals if one.queued is None)


def contradictions(
    settings: Settings, evidence: Evidence, comparison: Comparison, earlier: bool = False
) -> tuple[str, ...]:
    """Where trace, log and settings do not fit together, a line each; none if all does.

    `earlier`: of the earlier VMM, which wrote its log before its pager's last line.
    """
    e, sync = evidence, synchronous(evidence, comparison)
    pages, lines = {one.gva for one in sync}, {one.line for one in sync}
    expected = () if settings.told else UNTOLD
    odd = [
        one.said
        for one in e.findings
        if not one.agrees
        and one.name not in expected
        and not (one.values and pages.issuperset(one.values))
        and not (earlier and _last_arrival(one, e))
    ]
    unpaired = [one for one in e.pairing.unpaired if one.line not in lines]
    odd += [f"not paired, line {one.line}: {one.what}: {one.why}" for one in unpaired[:MOST]]
    odd += [f"not paired: {len(unpaired) - MOST} more"] if len(unpaired) > MOST else []
    unread = e.trace.unread_count + (e.log.unread_count if e.log else 0)
    odd += [f"{unread} lines of trace and log are not understood"] if unread else []
    odd += ["events of the trace were lost"] if e.trace.lost else []
    odd += e.trace.notes
    return (*odd, *(_of_log(e.log, settings) if e.log else ("there is no log of the VMM and its guest",)),
            *_flags(e, settings))  # fmt: skip


def _last_arrival(one: Finding, evidence: Evidence) -> bool:
    """Whether the finding is no more than that the last page's arrival is not in the log."""
    return one.name.endswith("-arrivals") and one.values == (evidence.faults[-1].gva,)


def _of_log(log: Log, settings: Settings) -> Iterator[str]:
    """What a whole log of these settings has: both ends, every task's, and the counts of the settings."""
    for word, wanted in (("BOOT", 1), ("DONE", 1)):
        if len(log.heard(word)) != wanted:
            yield f"the guest's log has {len(log.heard(word))} lines {word} instead of {wanted}: it is not whole"
    ended = sorted(log.heard("TASKDONE"))
    if ended != list(range(1, settings.tasks + 1)):
        yield f"the guest's log has the end of {len(ended)} tasks of {settings.tasks}: it is not whole"
    for name, value in (("rc", 0), ("tasks", settings.tasks), ("pages", settings.pages)):
        if log.result and log.result.get(name) != value:
            yield f"the VMM's RESULT says {name} {log.result.get(name)} instead of {value}"


def _flags(evidence: Evidence, settings: Settings) -> Iterator[str]:
    """The guest's word at its start, what it wrote into the MSR, and the VMM's result: all have to be those asked."""
    log = evidence.log
    said = [("the guest wrote", evidence.trace.flags if evidence.trace.flags is not None else evidence.flags)]
    if log is not None:
        said += [("the guest began with", value) for value in log.heard("BOOT")]
        result = log.result.get("flags")
        said += [("the VMM's RESULT says", int(result) if result is not None else None)]
    for who, value in said:
        if value != settings.bits:
            yield f"{who} {'no flags' if value is None else f'flags {value:#x}'} instead of {settings.bits:#x}"
