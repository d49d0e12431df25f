"""A result for people and for scripts: a sentence, a table, JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.core.errors import printable
from lab.core.table import Cell, Table
from lab.naming.schemes import POLICIES
from lab.realkernel.naming.result import DECLARATION, Answer, Card, NamingResult

__all__ = ["count", "differences", "headline", "machine_line", "result_table", "summary_line", "text", "to_json"]

LISTED = 10  # differences that are told one by one
RECORDED = "recorded"


def count(number: int, thing: str) -> str:
    """The number with the thing that it counts: "1 name", "66 names"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def headline(result: NamingResult) -> str:
    """What came out, in one sentence."""
    schemes = count(len(result.said.schemes), "scheme")
    live = result.seconds is not None
    when = "before the boot" if live and result.basis == DECLARATION else f"from {result.basis}"
    who = f"real systemd {result.said.systemd.number}"
    if not result.differ:
        return f"{count(result.names, 'name')} under {schemes} predicted {when}, all as {who} gave them."
    return (
        f"{result.differ} of {count(result.checks, 'check')} differ from what was predicted {when}: "
        f"{who} and the kernel are right."
    )


def machine_line(result: NamingResult) -> str:
    """Which machine it was, and how long it took."""
    said = result.said
    how = RECORDED if result.seconds is None else f"booted in {result.seconds:.1f} s ({result.accel})"
    return printable(
        f"{result.topology.name}: {result.topology.title}; Linux {said.kernel}, udev named under {said.scheme}; {how}"
    )


def summary_line(result: NamingResult) -> str:
    """One line for one of many results."""
    verdict = "as predicted" if not result.differ else f"{result.differ} DIFFER"
    took = "" if result.seconds is None else f" in {result.seconds:.1f} s"
    names = " ".join(str(card.name) for card in result.cards)
    return printable(
        f"{result.topology.name}: {count(result.names, 'name')} under {count(len(result.said.schemes), 'scheme')} "
        f"{verdict}{took} ({names})"
    )


def result_table(result: NamingResult) -> Table:
    """A row for each card and each run of schemes that give it the same names; policies that name no card are left out.

    Where prediction and reality differ the cell says both.
    """
    named = {a.policy for card in result.cards for a in card.answers if a.real or a.predicted}
    policies = [p for p in POLICIES if p in named]
    rows: list[tuple[Cell, ...]] = []
    for card in result.cards:
        head: tuple[Cell, ...] = (card.id or card.mac, card.driver, _both(card.place, card.expected_place))
        head += (_called(card), "" if len(card.expected) == 1 else " or ".join(card.expected))
        for schemes, cells, equal in _runs(card, policies):
            rows.append((*head, schemes, *cells, equal))
            head = ("",) * len(head)
    racing = any(len(card.expected) > 1 for card in result.cards)
    columns = ("card", "driver", "address", "udev called it", "could be", "schemes", *policies, "as predicted")
    if not racing:
        columns = tuple(c for c in columns if c != "could be")
        rows = [(*row[:4], *row[5:]) for row in rows]
    return Table(columns, tuple(rows), headline(result))


def _called(card: Card) -> str:
    expected = " or ".join(card.expected) or None
    return str(card.name) if card.called_as_expected else str(_both(card.name, expected))


def _both(real: str | None, predicted: str | None) -> str | None:
    return real if real == predicted else f"{real or 'none'} (predicted {predicted or 'none'})"


def _runs(card: Card, policies: Sequence[str]) -> list[tuple[str, tuple[str | None, ...], bool]]:
    """The schemes in words, the cells, and whether all is as predicted."""
    found: list[tuple[str, str, tuple[str | None, ...], bool]] = []
    for scheme in dict.fromkeys(a.scheme for a in card.answers):
        by_policy: dict[str, Answer] = {a.policy: a for a in card.answers if a.scheme == scheme}
        cells = tuple(_cell(by_policy.get(p)) for p in policies)
        equal = all(a.equal for a in by_policy.values())
        if found and found[-1][2:] == (cells, equal):
            found[-1] = (found[-1][0], scheme, cells, equal)
        else:
            found.append((scheme, scheme, cells, equal))
    return [(first if first == last else f"{first}–{last}", cells, equal) for first, last, cells, equal in found]


def _cell(answer: Answer | None) -> str | None:
    if answer is None or answer.equal:
        return None if answer is None else answer.real
    if answer.real != answer.predicted:
        return _both(answer.real, answer.predicted)
    return f"{answer.real or 'none'} (by its own sysfs {answer.copied or 'none'})"


def differences(result: NamingResult) -> list[str]:
    """What is not as predicted, a line each."""
    return [printable(f"{card.id or card.mac} {words}") for card in result.cards for words in card.differing]


def text(result: NamingResult) -> str:
    """The result for a terminal."""
    lines = [headline(result), machine_line(result), "", result_table(result).to_text()]
    wrong = differences(result)
    if wrong:
        more = [f"... and {len(wrong) - LISTED} more"] if len(wrong) > LISTED else []
        lines += ["", *wrong[:LISTED], *more]
    return "\n".join(lines)


def to_json(result: NamingResult, snapshot: str | None = None) -> dict[str, Any]:
    """The object that `kernel-lab kernel naming --json` prints; `snapshot` is the file that was written."""
    return {
        "topology": result.topology.name,
        "basis": result.basis,
        "systemd": result.said.systemd.number,
        "scheme": result.said.scheme,
        "schemes": list(result.said.schemes),
        "kernel": result.said.kernel,
        "accel": result.accel,
        "seconds": result.seconds,
        "interfaces": [_interface(card) for card in result.cards],
        "names": result.names,
        "checks": result.checks,
        "differ": result.differ,
        "differences": differences(result),
        "snapshot": snapshot,
    }


def _interface(card: Card) -> dict[str, Any]:
    schemes: dict[str, dict[str, Any]] = {}
    for a in card.answers:
        schemes.setdefault(a.scheme, {})[a.policy] = {
            "real": a.real,
            "predicted": a.predicted,
            "from_sysfs": a.copied,
            "equal": a.equal,
        }
    return {
        "id": card.id,
        "mac": card.mac,
        "driver": card.driver,
        "bus_path": card.place,
        "predicted_bus_path": card.expected_place,
        "name": card.name,
        "predicted_names": list(card.expected),
        "equal": not card.differing,
        "schemes": schemes,
    }
