"""The matrix: a row per card, a column per policy, and in each cell what became of the name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated

from lab.core.scenario import Parameter, Preset, fields
from lab.core.table import Table
from lab.naming.choice import POLICY_WORDS, Choice, Offer
from lab.naming.compare import Comparison
from lab.naming.consequences import consequences
from lab.naming.headline import prefix
from lab.naming.ifname import refusal
from lab.naming.model import Interface, Machine
from lab.naming.presets import PRESETS as PAIRS
from lab.naming.row import Row
from lab.naming.scenario import NamingScenario
from lab.naming.schemes import predict
from lab.naming.schemes.flags import Scheme
from lab.naming.sources import open_source
from lab.naming.trace import Candidate
from lab.naming.whatif import Applied, applied, parse_step

__all__ = [
    "COLUMNS",
    "PARAMETERS",
    "PRESETS",
    "Matrix",
    "MatrixScenario",
    "changed",
    "matrix",
    "run_matrix",
    "shown_name",
]

COLUMNS = ("kernel", "ONBOARD", "SLOT", "PATH", "MAC", "default")
MORE_COLUMNS = tuple(word for word in POLICY_WORDS if word not in COLUMNS)
# What is most worth explaining comes first.
DANGER = ("taken", "collision", "too long", "no valid name", "changed", "new", "gone", "kept", "no name")

# What became of the names of a column, the worst first.
FATE = {
    "taken": "names now mean other cards",
    "collision": "names are offered to several cards",
    "too long": "names are too long for an interface",
    "no valid name": "names are none that an interface may have",
    "lost": "names are lost",
    "changed": "names change",
    "new": "names are new",
    "gone": "names are gone",
}


@dataclasses.dataclass(frozen=True, slots=True)
class MatrixScenario(NamingScenario):
    """Two machines under every policy at once; `policy` stays as it is."""

    all_columns: Annotated[bool, Parameter("also the conventions that systemd does not know", label="all columns")] = (
        False
    )


PARAMETERS = tuple(
    f.name for f in fields(MatrixScenario) if f.name != "policy" and (MORE_COLUMNS or f.name != "all_columns")
)

PRESETS: tuple[Preset[MatrixScenario], ...] = tuple(
    Preset(
        pair.id,
        pair.title,
        MatrixScenario(
            **{f.name: getattr(pair.scenario, f.name) for f in fields(NamingScenario) if f.name != "policy"}
        ),
        pair.point,
    )
    for pair in PAIRS
)


@dataclasses.dataclass(frozen=True, slots=True)
class Matrix:
    """The answer: by policy a `Comparison` of the same cards in the same order, and the sentence on top.

    `notes`: what the scenario's steps take for granted.
    """

    scenario: MatrixScenario
    before: Machine
    after: Machine
    columns: Mapping[str, Comparison]
    headline: str
    notes: tuple[str, ...] = ()

    @property
    def cards(self) -> tuple[Row, ...]:
        """A row for each card, whatever the policy: who it is and where it sits."""
        return next(iter(self.columns.values())).rows

    def cell(self, key: str) -> tuple[str, Row] | None:
        """Policy and row of a key such as "PATH 52:54:00:00:00:02"; None if there is no card at all.

        An unknown key stands for what is most worth explaining, under the default policy if it is there too.
        """
        policy, _, identity = key.partition(" ")
        if policy in self.columns:
            for row in self.columns[policy].rows:
                if row.identity == identity:
                    return policy, row
        # stable: the last column, default, wins where the danger is equal
        every = [(word, row) for word, column in reversed(list(self.columns.items())) for row in column.rows]
        return min(every, key=lambda cell: DANGER.index(cell[1].state), default=None)

    def why(self, key: str = "") -> str:
        """One line: what the card was called before, and where its name comes from now."""
        found = self.cell(key)
        if found is None:
            return "There is no card on either machine."
        policy, row = found
        line = self.columns[policy].why(f"after {row.identity}")
        if row.before is None or row.after is None or row.before.name == row.after.name:
            return line
        return f"before `{row.before.name}`, now {line}" if row.before.name else f"before no name, now {line}"

    def trace(self, key: str = "") -> tuple[str, ...]:
        """Everything that was read for that name, on both machines where they differ, a line each, in order."""
        found = self.cell(key)
        if found is None:
            return ()
        policy, row = found
        sides = [
            (side, self.columns[policy].trace(f"{side} {row.identity}"))
            for side, choice in (("after", row.after), ("before", row.before))
            if choice is not None
        ]
        if len(sides) == 2 and sides[0][1] == sides[1][1]:
            sides = sides[:1]
        if len(sides) == 1:
            return sides[0][1]
        return tuple(f"{side}: {line}" for side, lines in sides for line in lines)

    def to_table(self) -> Table:
        """A row for each cell: card by card, policy by policy."""
        head = ("card", "driver", "bus path before", "bus path after", "policy", "name before", "name after", "state")
        rows = []
        for index, card in enumerate(self.cards):
            for policy, column in self.columns.items():
                cells = column.rows[index].cells()
                rows.append((card.identity, card.driver, cells[2], cells[4], policy, cells[3], cells[5], *cells[6:]))
        return Table((*head, "note"), tuple(rows), self.headline.replace("`", ""))


def run_matrix(scenario: MatrixScenario) -> Matrix:
    """The matrix that `scenario` asks for; raises `LabError` if a machine cannot be read or edited."""
    return matrix(scenario, *changed(scenario))


def changed(scenario: NamingScenario) -> tuple[Machine, Applied]:
    """The scenario's machine before, and the one after with what its steps leave in doubt.

    Raises `LabError` if a machine cannot be read or edited.
    """
    steps = [parse_step(text) for text in scenario.step]
    before = applied(open_source(scenario.before), [s for s in steps if s.both])
    return before.machine, applied(open_source(scenario.after), steps)


def matrix(scenario: MatrixScenario, before: Machine, after: Machine | Applied) -> Matrix:
    """The matrix of two machines that are already there, under the scenario's schemes."""
    words = (*COLUMNS, *MORE_COLUMNS) if scenario.all_columns else COLUMNS
    found = consequences(before, after, scenario, words, offer=_asked_once())
    columns = {answer.policy: answer.comparison for answer in found.answers}
    return Matrix(scenario, before, found.after, columns, prefix(scenario) + _sentence(columns), found.notes)


def _asked_once() -> Offer:
    """`predict`, which for each card and scheme is asked once for all columns; for machines that outlive it."""
    known: dict[tuple[int, str, Scheme], Mapping[str, Candidate]] = {}

    def offer(machine: Machine, card: Interface, scheme: Scheme) -> Mapping[str, Candidate]:
        key = (id(machine), card.devpath, scheme)
        if key not in known:
            known[key] = predict(machine, card, scheme)
        return known[key]

    return offer


def shown_name(choice: Choice | None) -> str:
    """The name as a cell shows it: also one that no interface can have; "" for none."""
    if choice is None:
        return ""
    refused = next((c.name for c in choice.asked if c.name is not None and refusal(c.name)), None)
    return (refused if choice.refused and refused else choice.name) or ""


def _sentence(columns: Mapping[str, Comparison]) -> str:
    """Under which policies the names stay with their cards, and what happens under the others."""
    if not next(iter(columns.values())).rows:
        return "There is no card on either machine."
    kinds: dict[str, list[str]] = {}
    unsure = []
    for policy, column in columns.items():
        kind = _kind(column.rows)
        if kind and not all(row.certain for row in column.rows):
            unsure.append(policy)
        elif kind:
            kinds.setdefault(kind, []).append(policy)
    stay = kinds.pop("kept", [])
    others = ", ".join([f"{_and(kinds[kind])} {words}" for kind, words in FATE.items() if kind in kinds][:2])
    if stay and others:
        text = f"Only {_and(stay)} names stay; {others}"
    elif stay:
        text = f"{_and(stay)} names stay with their cards"
    elif others:
        text = f"{others}; no policy keeps every name"
    else:
        text = "No card has a name that is certain"
    return f"{text[0].upper()}{text[1:]}{f' ({_and(unsure)} uncertain)' if unsure else ''}."


def _kind(rows: Sequence[Row]) -> str:
    """The worst that happens to a name in one column: a key of `FATE`, "kept", or "" where no card has a name."""
    states = {row.state for row in rows}
    if any(row.state == "no name" and row.before is not None and row.before.name for row in rows):
        states.add("lost")
    worst = next((state for state in FATE if state in states), "")
    return "kept" if "kept" in states and worst in ("", "new", "gone") else worst


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
