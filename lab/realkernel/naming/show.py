"""A result for people and for scripts: a sentence, a table, JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from lab.core.errors import printable
from lab.core.table import Cell, Table
from lab.naming.schemes import POLICIES
from lab.realkernel.naming.order import share
from lab.realkernel.naming.result import DECLARATION, Answer, Card, NamingResult
from lab.realkernel.naming.store import provenance

__all__ = [
    "WIDE",
    "count",
    "differences",
    "fold",
    "headline",
    "machine_line",
    "not_judged",
    "result_table",
    "summary_line",
    "text",
    "to_json",
]

WIDE = 120  # columns of a terminal
LISTED = 10  # differences that are told one by one


def count(number: int, thing: str) -> str:
    """The number with the thing that it counts: "1 name", "66 names"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def fold(sentence: str, indent: str = "") -> str:
    """`sentence` in lines of at most `WIDE` columns, without what a terminal would obey; `indent` begins further ones.

    A word that is longer stays whole, so that it can be copied.
    """
    lines = textwrap.wrap(
        printable(sentence), WIDE, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines)


def headline(result: NamingResult) -> str:
    """What came out, in one sentence; a second one says what was left open or not judged."""
    return " ".join(_sentences(result))


def _sentences(result: NamingResult) -> tuple[str, ...]:
    schemes = count(len(result.schemes), "scheme")
    live = result.seconds is not None
    when = "before the boot" if live and result.basis == DECLARATION else f"from {result.basis}"
    when = when if live else f"now {when}"
    who = f"real systemd {result.systemd.number}"
    if result.differ:
        first = f"{result.differ} of {count(result.checks, 'check')} differ from what was predicted {when}: "
        first += f"{who} and the kernel are right."
        if result.beyond:
            first += f" Predicted for QEMU 7.2; here is QEMU {printable(result.beyond)}."
    elif not result.names:
        first = f"No name was compared: {count(len(result.judged), 'card')} under {schemes}."
    else:
        first = f"{count(result.names, 'name')} under {schemes} predicted {when}, all as {who} gave them."
    return (first, *filter(None, (_open(result), _doubts(result))))


def _open(result: NamingResult) -> str:
    """What a race left open: which card has which name was drawn, so that it is no prediction that came true."""
    order = result.order
    if order is None:
        return ""
    came = "no possible order came" if order.wrong else f"1 of {order.possible:,} possible orders came"
    return f"Which card is {order.words} was left open by the race: {came}."


def _doubts(result: NamingResult) -> str:
    cards = [card for card in result.cards if card.untried]
    return f"Not judged: {', '.join(c.id for c in cards)} ({printable(cards[0].untried)})." if cards else ""


def machine_line(result: NamingResult) -> str:
    """Which machine it was, where and when it was booted, and how long it took."""
    return printable("; ".join(_machine(result)))


def _machine(result: NamingResult) -> tuple[str, str]:
    said = result.said
    if result.seconds is None:
        how = f"recorded {said.provenance.date or 'at an unknown date'}" if said.provenance else "recorded"
    else:
        how = f"booted in {result.seconds:.1f} s ({result.accel})"
    qemu = f"QEMU {said.qemu}" if said.qemu else "QEMU of unknown version"
    where = f"Linux {said.kernel}, {qemu}, udev named under {said.scheme}; {how}"
    return f"{result.topology.name}: {result.topology.title}", where


def summary_line(result: NamingResult) -> str:
    """One line for one of many results."""
    good = "as predicted" if result.names else "NOTHING COMPARED"
    verdict = f"{result.differ} DIFFER" if result.differ else good
    order = f"; 1 of {result.order.possible:,} open orders" if result.order and not result.order.wrong else ""
    took = "" if result.seconds is None else f" in {result.seconds:.1f} s"
    start = f"{result.topology.name}: {count(result.names, 'name')} under {count(len(result.schemes), 'scheme')} "
    start += f"{verdict}{order}{took}"
    doubts = sum(1 for card in result.cards if card.untried)
    start += f"; {count(doubts, 'card')} not judged" if doubts else ""
    names = " ".join(str(card.name) for card in result.cards)
    return printable(textwrap.shorten(f"{start} ({names})", WIDE, placeholder=" ...)"))


def result_table(result: NamingResult, brief: bool = False) -> Table:
    """A row for each card and each run of schemes that give it the same names; policies that name no card are left out.

    Where prediction and reality differ the cell says both; if it is to be `brief`, just that they do.
    """
    named = {a.policy for card in result.cards for a in card.answers if a.real or a.predicted}
    policies = [p for p in POLICIES if p in named]
    rows: list[tuple[Cell, ...]] = []
    for card in result.cards:
        place = _both(card.place, card.expected_place, brief)
        head: tuple[Cell, ...] = (card.id or card.mac, card.driver, place, _called(card, brief))
        for schemes, cells, equal in _runs(card, policies, brief):
            rows.append((*head, schemes, *cells, equal))
            head = ("",) * len(head)
    verdict = "other names as predicted" if result.order else "as predicted"
    columns = ("card", "driver", "address", "udev called it", "schemes", *policies, verdict)
    if brief:  # the sign says it
        return Table(columns[:-1], tuple(row[:-1] for row in rows), headline(result))
    return Table(columns, tuple(rows), headline(result))


def _called(card: Card, brief: bool) -> str:
    if card.is_open:
        return f"{card.name} (of {share(card.expected)})"
    expected = " or ".join(card.expected) or None
    return str(card.name) if card.called_as_expected else str(_both(card.name, expected, brief))


def _both(real: str | None, predicted: str | None, brief: bool) -> str | None:
    if real == predicted:
        return real
    return f"{real or 'none'} ≠" if brief else f"{real or 'none'} (predicted {predicted or 'none'})"


def _runs(card: Card, policies: Sequence[str], brief: bool) -> list[tuple[str, tuple[str | None, ...], Cell]]:
    """The schemes in words, the cells, and whether all is as predicted."""
    found: list[tuple[str, str, tuple[str | None, ...], Cell]] = []
    for scheme in dict.fromkeys(a.scheme for a in card.answers):
        by_policy: dict[str, Answer] = {a.policy: a for a in card.answers if a.scheme == scheme}
        cells = tuple(_cell(by_policy.get(p), brief) for p in policies)
        equal: Cell = "not judged" if card.untried else all(a.equal for a in by_policy.values())
        if found and found[-1][2:] == (cells, equal):
            found[-1] = (found[-1][0], scheme, cells, equal)
        else:
            found.append((scheme, scheme, cells, equal))
    return [(first if first == last else f"{first}–{last}", cells, equal) for first, last, cells, equal in found]


def _cell(answer: Answer | None, brief: bool) -> str | None:
    if answer is None or answer.equal:
        return None if answer is None else answer.real
    if answer.real != answer.predicted:
        return _both(answer.real, answer.predicted, brief)
    return (
        f"{answer.real or 'none'} ≠"
        if brief
        else f"{answer.real or 'none'} (by its own sysfs {answer.copied or 'none'})"
    )


def differences(result: NamingResult) -> list[str]:
    """What is not as predicted, a line each."""
    found = [f"{card.id or card.mac} {words}" for card in result.judged for words in card.differing]
    return [printable(line) for line in (*found, *result.common)]


def not_judged(result: NamingResult) -> list[str]:
    """What cannot be judged on this QEMU, a line each."""
    return [printable(f"{card.id}: {card.untried}") for card in result.cards if card.untried]


def text(result: NamingResult) -> str:
    """The result for a terminal."""
    table = result_table(result).to_text()
    if max(map(len, table.split("\n"))) > WIDE:
        table = result_table(result, brief=True).to_text()
    lines = [*map(fold, (*_sentences(result), *_machine(result))), "", table]
    wrong = differences(result)
    if wrong:
        more = [f"... and {len(wrong) - LISTED} more"] if len(wrong) > LISTED else []
        lines += ["", *(fold(line, "  ") for line in wrong[:LISTED]), *more]
    return "\n".join(lines)


def to_json(result: NamingResult, snapshot: str | None = None) -> dict[str, Any]:
    """The object that `kernel-lab kernel naming --json` prints; `snapshot` is the file that was written."""
    order, told = result.order, provenance(result)
    return {
        "kind": "machine",
        "topology": result.topology.name,
        "source": "recorded" if result.seconds is None else "booted",
        "origin": told.origin,
        "date": told.date,
        "qemu": result.said.qemu or None,
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
        "order": None if order is None else {"names": list(order.names), "possible": order.possible},
        "not_judged": not_judged(result),
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
        "left_open": card.is_open,
        "equal": None if card.untried else not card.differing,
        "schemes": schemes,
    }
