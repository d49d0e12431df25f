"""The reason for a name, in one line and in full."""

from __future__ import annotations

from lab.naming.choice import Choice
from lab.naming.ifname import refusal
from lab.naming.trace import Candidate

__all__ = ["trace_lines", "why_line"]

MARK = {"used": "✓", "refused": "✕", "unreadable": "–"}


def why_line(choice: Choice) -> str:
    """What gave the name, then what was refused before it, nearest first."""
    others = [c for c in reversed(choice.asked) if c is not choice.winner]
    parts = [_gave(choice.winner), *(_refused(c) for c in others)]
    gaps = [gap.reason for c in choice.asked for gap in c.gaps]
    return "; ".join(parts) + (f". Uncertain: {gaps[0]}" if gaps else "")


def _gave(candidate: Candidate) -> str:
    if candidate.name is None:
        return f"{candidate.policy} refused: {candidate.because}"
    return f"{candidate.policy}: {candidate.because} → `{candidate.name}`"


def _refused(candidate: Candidate) -> str:
    if candidate.name is not None and (word := refusal(candidate.name)):
        return f"{candidate.policy} {word}: `{candidate.name}`"
    return f"{candidate.policy} refused: {candidate.because}"


def trace_lines(choice: Choice) -> tuple[str, ...]:
    """Each attribute that was looked at: mark, policy, path, value, and what the rule made of it."""
    lines = []
    for candidate in choice.asked:
        for item in candidate.evidence:
            value = "not there" if item.value is None else f"`{item.value}`"
            lines.append(f"{MARK[item.verdict]} {candidate.policy} {item.path} = {value}: {item.rule}")
        lines.append(f"{'✓' if candidate.name else '✕'} {_gave(candidate)}")
    return tuple(lines)
