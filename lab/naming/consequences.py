"""What follows from a change: for every convention and scheme which names stay, break, are taken over or collide."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from lab.core.table import Table
from lab.naming.answer import Answer
from lab.naming.choice import POLICY_WORDS, Choice, Offer, choose
from lab.naming.compare import Comparison, compare, rows
from lab.naming.headline import headline, prefix
from lab.naming.model import Machine
from lab.naming.persistent_rules import Rules
from lab.naming.scenario import NamingScenario
from lab.naming.schemes import predict
from lab.naming.schemes.persistent import boot
from lab.naming.schemes.releases import release
from lab.naming.trace import Candidate, Gap
from lab.naming.whatif import Applied, Doubt, applied, parse_step

__all__ = ["ALL", "Answer", "Consequences", "consequences", "what_if"]

PINNED = "persistent"  # the convention whose rules lie on the disk, so they outlive the change
ALL = "all"  # every scheme that the release after knows


@dataclasses.dataclass(frozen=True, slots=True)
class Consequences:
    """The machines `before` and `after`, an `Answer` for each convention and run of schemes, and the `headline`.

    `notes`: what the steps take for granted. `cloned`: the disk went into another machine: what counts then is which
    of its names exist there (`Answer.broken`), not which card has them.
    """

    before: Machine
    after: Machine
    answers: tuple[Answer, ...]
    headline: str
    notes: tuple[str, ...] = ()
    cloned: bool = False

    def of(self, policy: str) -> tuple[Answer, ...]:
        """The answers for one convention, in the order of schemes."""
        return tuple(a for a in self.answers if a.policy == policy)

    def to_table(self, all_policies: bool = True) -> Table:
        """A row for each card, convention and run of schemes; not `all_policies`: without those that name no card."""
        columns = ("policy", "schemes", "card", "driver", "bus path before", "name before", "bus path after")
        body = tuple(
            (a.policy, a.schemes, *row.cells())
            for a in self.answers
            if all_policies or a.names
            for row in a.comparison.rows
        )
        return Table((*columns, "name after", "state", "note"), body, self.headline.replace("`", ""))

    def to_json(self) -> dict[str, Any]:
        """The object that `kernel-lab naming whatif --json` prints."""
        table = self.to_table()
        return {
            "headline": table.caption,
            "cloned": self.cloned,
            "before": self.before.name,
            "after": self.after.name,
            "steps": list(self.after.edits),
            "notes": list(self.notes),
            "answers": [a.to_json() for a in self.answers],
        }


def what_if(
    machine: Machine,
    scenario: NamingScenario,
    policies: Sequence[str] = POLICY_WORDS,
    every_scheme: bool = False,
) -> Consequences:
    """What the steps of `scenario` do to `machine`, under its scheme and releases, or all schemes of its release.

    Raises `LabError` if a step does not fit the machine, or a release does not know its scheme.
    """
    steps = [parse_step(text) for text in scenario.step]
    before = applied(machine, [s for s in steps if s.both])
    schemes = tuple(release(scenario.systemd).schemes) if every_scheme else ()
    return consequences(before.machine, applied(machine, steps), scenario, policies, schemes)


def consequences(
    before: Machine,
    after: Machine | Applied,
    scenario: NamingScenario | None = None,
    policies: Sequence[str] = POLICY_WORDS,
    schemes: Sequence[str] = (),
    offer: Offer = predict,
) -> Consequences:
    """What becomes of the names between `before` and `after`, for each of `policies` (words of `POLICY_WORDS`).

    `schemes`: names of schemes, all of which are gone through; none: the scheme of the scenario. Where the scenario
    names no scheme before, both sides have the same one. Under MAC pinning the machine after has the rules on its disk
    that the machine before wrote at its first boot. Runs of schemes with equal results become one answer.
    `offer` gives the candidates of a card: for a caller that has them already.
    Raises `LabError` for a scheme that the release of the scenario does not know.
    """
    scenario = scenario or NamingScenario()
    change = after if isinstance(after, Applied) else Applied(after)
    answers: list[Answer] = []
    for policy in policies:
        runs: list[Answer] = []
        for name in schemes or (scenario.schemes[1],):
            asked = dataclasses.replace(scenario, policy=policy, scheme=name if schemes else scenario.scheme)
            found = compare(asked, before, change.machine, offer)
            found = _marked(_with_disk(found) if policy == PINNED else found, change.doubts)
            if runs and _result(runs[-1].comparison) == _result(found):
                runs[-1] = dataclasses.replace(runs[-1], last=name)
            else:
                runs.append(Answer(policy, name, name, found))
        answers += runs
    text = _headline(answers, change.cloned)
    return Consequences(before, change.machine, tuple(answers), text, change.notes, change.cloned)


def _with_disk(comparison: Comparison) -> Comparison:
    """`comparison` under MAC pinning: the machine after boots from the disk on which the one before wrote its rules."""
    before, after, order = comparison.before, comparison.after, comparison.scenario.order
    old, new = comparison.scenario.rules
    names = boot(boot(Rules(), before).rules, after, order).names
    choices = {
        path: dataclasses.replace(c, name=names[path].name, winner=names[path], asked=(names[path],))
        for path, c in choose(after, PINNED, new, order).items()
    }
    found = rows(choose(before, PINNED, old), choices)
    return dataclasses.replace(comparison, rows=found, headline=headline(found, comparison.scenario))


def _marked(comparison: Comparison, doubts: Sequence[Doubt]) -> Comparison:
    """`comparison` with the names uncertain, on the side after, that rest on something the steps do not know."""
    if not doubts:
        return comparison
    marked = tuple(
        dataclasses.replace(row, after=_doubted(row.after, doubts)) if row.after else row for row in comparison.rows
    )
    return dataclasses.replace(comparison, rows=marked, headline=headline(marked, comparison.scenario))


def _doubted(choice: Choice, doubts: Sequence[Doubt]) -> Choice:
    def marked(candidate: Candidate) -> Candidate:
        gaps = tuple(Gap("what-if", d.reason) for d in near if candidate.policy in d.policies)
        return dataclasses.replace(candidate, gaps=(*candidate.gaps, *gaps)) if gaps else candidate

    near = [d for d in doubts if choice.card.devpath.startswith(f"{d.folder}/")]
    if not near:
        return choice
    asked = tuple(marked(c) for c in choice.asked)
    winner = next((new for old, new in zip(choice.asked, asked, strict=True) if old is choice.winner), choice.winner)
    return dataclasses.replace(choice, asked=asked, winner=winner)


def _result(comparison: Comparison) -> object:
    """What must be equal for two schemes to stand in one answer."""
    return [row.cells() for row in comparison.rows]


def _headline(answers: Sequence[Answer], cloned: bool) -> str:
    """What happens to the names that systemd gives by default, and which conventions keep every name."""
    shown = [a for a in answers if a.policy == "default"] or list(answers)
    if not shown:
        return "No convention was asked for."
    last = shown[-1]
    text = _clone_sentence(last) if cloned else last.comparison.headline
    if len(shown) > 1 and last.policy == "default":
        text = f"{last.schemes}{', ' if prefix(last.comparison.scenario) else ': '}{text}"
    if cloned or last.keeps:
        return text
    asked = dict.fromkeys(a.policy for a in answers)
    keep = [p for p in asked if all(a.keeps and not a.uncertain for a in answers if a.policy == p)]
    if not keep or len(asked) == 1:
        return text
    return f"{text} {', '.join(keep)} names stay with their cards."


def _clone_sentence(answer: Answer) -> str:
    """Which of the names on the disk are there on the other machine."""
    old = answer.before
    lost = answer.broken
    if not old:
        return f"The disk holds no {answer.policy} name."
    if not lost:
        return f"Every {answer.policy} name on the disk is there on the other machine as well."
    listed = ", ".join(f"`{name}`" for name in lost[:3]) + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
    return f"{len(lost)} of {len(old)} {answer.policy} names on the disk are not there on the other machine: {listed}."
