"""The question of pinning as a value: which machine, what changes, in which format; and the answer with its reasons."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Annotated

from lab.core.scenario import Parameter, Preset, check
from lab.naming.choice import Choice
from lab.naming.link.decide import Decision
from lab.naming.model import Machine
from lab.naming.pin.answer import Pin, Pinned, PinRow
from lab.naming.pin.names import CURRENT
from lab.naming.pin.plan import FORMATS, ONLY, plan
from lab.naming.pin.rule import RuleFile
from lab.naming.scenario import DEFAULT
from lab.naming.schemes import POLICIES
from lab.naming.schemes.flags import RELEASE, SCHEMES, Scheme
from lab.naming.schemes.releases import release
from lab.naming.sources import open_source
from lab.naming.whatif import apply, parse_step
from lab.naming.why import trace_lines

__all__ = ["NAMES", "PRESETS", "RECORDED", "PinAnswer", "PinScenario", "command", "pinned", "run_pin", "stepped"]

RECORDED = "recorded"
NAMES = (CURRENT, *POLICIES)
OLDEST = 238  # the first systemd with schemes, which the rules are written for
_MACHINE = "a bundled recording (09a), a sysfs tarball or folder, a udev database, or a snapshot"


@dataclasses.dataclass(frozen=True, slots=True)
class PinScenario:
    """A machine whose names are to be kept, the machine as it will be, and how the rules are written."""

    before: Annotated[str, Parameter(f"the machine now: {_MACHINE}", label="machine before")] = "t09a-before"
    after: Annotated[str, Parameter(f"the machine as it will be: {_MACHINE}", label="machine after")] = (
        "t09b-card-added"
    )
    format: Annotated[str, Parameter("how the rules are written", choices=tuple(FORMATS))] = "link"
    names: Annotated[
        str,
        Parameter(
            "the names to keep: current, ONBOARD, SLOT, PATH, MAC, or CARD=NAME,... (CARD: MAC, bus path or name)",
            label="names to keep",
        ),
    ] = CURRENT
    from_scheme: Annotated[
        str,
        Parameter(
            "the current names are those that were recorded, or those of a scheme",
            choices=(RECORDED, *SCHEMES),
            label="named now by",
        ),
    ] = RECORDED
    systemd: Annotated[
        int, Parameter("the release of systemd that will name", low=OLDEST, high=RELEASE, label="systemd release")
    ] = RELEASE
    scheme: Annotated[
        str, Parameter("and its scheme; default is its newest one", choices=(DEFAULT, *SCHEMES), label="scheme after")
    ] = DEFAULT
    only: Annotated[
        str, Parameter("a rule where a name would change, or for every card", choices=ONLY, label="rules for")
    ] = "changed"
    step: Annotated[
        tuple[str, ...],
        Parameter("a what-if step, such as: both set 0000:00:03.0/firmware_node/sun=3", label="what if"),
    ] = ()

    def __post_init__(self) -> None:
        """Refuse values out of range, and a step that is none."""
        check(self)
        for text in self.step:
            parse_step(text)

    @property
    def target(self) -> Scheme:
        """The scheme that will name; raises `LabError` if the release does not know it."""
        known = release(self.systemd)
        return known.scheme(known.default if self.scheme == DEFAULT else self.scheme)

    @property
    def old(self) -> Scheme | None:
        """The scheme that gives the current names; None if they are as recorded."""
        return None if self.from_scheme == RECORDED else release(self.systemd).scheme(self.from_scheme)


PRESETS: tuple[Preset[PinScenario], ...] = (
    Preset(
        "N4",
        "systemd is upgraded",
        PinScenario(
            "t01-flat",
            "t01-flat",
            from_scheme="v255",
            systemd=257,
            step=("both set 0000:00:03.0/firmware_node/sun=3",),
        ),
        "One rule keeps enp0s3; the other cards keep their names by convention only.",
    ),
    Preset(
        "N1",
        "a card is added",
        PinScenario("t09a-before", "t09b-card-added"),
        "The old card is pinned by its address, and the new one must be moved aside: it would take the name.",
    ),
    Preset(
        "N3",
        "another hot-plug firmware",
        PinScenario("t04-slots-pciehp", "t05-slots-acpihp"),
        "Two rules keep ens11 and ens42, which no policy gives any more.",
    ),
    Preset(
        "N2",
        "another driver loads first",
        PinScenario("t10a-probe-e1000e-first", "t10b-probe-virtio-first"),
        "eth0 and eth1 cannot be kept: the kernel counts them itself, so its next card may have the name first.",
    ),
    Preset(
        "N4r",
        "the upgrade, as recorded",
        PinScenario("t18-sun-no-slot", "t18-sun-no-slot", from_scheme="v255", systemd=257),
        "The same on a machine whose firmware does tell the slot.",
    ),
)


def stepped(before: Machine, after: Machine | None, steps: Sequence[str]) -> tuple[Machine, Machine]:
    """The machine now with the steps for both, and the one as it will be (None: the same) with all `steps`."""
    parsed = [parse_step(text) for text in steps]
    return apply(before, [step for step in parsed if step.both]), apply(after or before, parsed)


def run_pin(scenario: PinScenario) -> PinAnswer:
    """The rules for `scenario`; raises `LabError` for a machine, a name or a format that cannot be."""
    return pinned(scenario, open_source(scenario.before), open_source(scenario.after))


def pinned(scenario: PinScenario, before: Machine, after: Machine) -> PinAnswer:
    """`run_pin` for machines that are at hand, without the scenario's steps."""
    now, later = stepped(before, after, scenario.step)
    pin = plan(
        now,
        scenario.target,
        after=later,
        names=scenario.names,
        old=scenario.old,
        form=scenario.format,
        only=scenario.only,
    )
    return PinAnswer(scenario, now, later, pin)


def command(scenario: PinScenario) -> str:
    """The equal command line."""
    import shlex

    words = ["kernel-lab", "naming", "pin", scenario.before]
    if scenario.after != scenario.before:
        words += ["--after", scenario.after]
    words += ["--format", scenario.format]
    given = (
        ("--names", scenario.names, CURRENT),
        ("--from-scheme", scenario.from_scheme, RECORDED),
        ("--to-systemd", str(scenario.systemd), str(RELEASE)),
        ("--scheme", scenario.scheme, DEFAULT),
        ("--only", scenario.only, "changed"),
    )
    words += [word for option, value, usual in given if value != usual for word in (option, value)]
    words += [word for step in scenario.step for word in ("--step", step)]
    return shlex.join(words)


@dataclasses.dataclass(frozen=True, slots=True)
class PinAnswer:
    """The rules (`pin`) with the two machines they are for, and what the picture asks of them."""

    scenario: PinScenario
    before: Machine
    after: Machine
    pin: Pin

    @property
    def headline(self) -> str:
        """The sentence on top."""
        return self.pin.headline.replace(f" under {self.pin.target}", "")

    def state(self, row: PinRow, decision: Decision | None) -> str:
        """What `decision` makes of a card: kept, changed, taken, collision, new or gone."""
        if decision is None:
            return "gone"
        if decision.rivals:
            return "collision"
        if decision.name == row.now:
            return "kept"
        others = {other.now for other in self.pin.rows if other is not row}
        if decision.name in others:
            return "taken"
        return "new" if row.now is None else "changed"

    def rule_of(self, row: PinRow) -> int | None:
        """The number of the rule for a card, from 0; None if there is none."""
        cards = [row.after.card.devpath] if row.after else []
        return next((i for i, p in enumerate(self.pin.rules) if p.rule.card.devpath in cards), None)

    def chosen(self, key: str) -> tuple[str, PinRow] | None:
        """Side ("now", "after", "pinned") and card of a key "SIDE CARD"; else the first card with a rule, or at all."""
        side, _, card = key.partition(" ")
        for row in self.pin.rows:
            if row.card == card and side in ("now", "after", "pinned"):
                return side, row
        ruled = [row for row in self.pin.rows if self.rule_of(row) is not None]
        refused = [row for row in self.pin.rows if row.state == "refused"]
        first = next(iter([*ruled, *refused, *self.pin.rows]), None)
        return None if first is None else ("pinned", first)

    def file(self, row: PinRow) -> RuleFile | None:
        """What is written for one card: the rule alone, in the scenario's format; None if nothing is."""
        number, format_ = self.rule_of(row), FORMATS[self.scenario.format]
        if format_ is None:
            return next(iter(self.pin.files), None)
        if number is None:
            return None
        files: Sequence[RuleFile] = format_.render((self.pin.rules[number].rule,), self.scenario.target)
        return files[0]

    @property
    def proof(self) -> tuple[bool, str]:
        """Whether every name is kept with the rules in place, and the sentence that says it."""
        pin = self.pin
        if pin.refused:
            names = [name for name, _ in pin.refused]
            return False, f"computed again: {', '.join(names)} {'is' if len(names) == 1 else 'are'} not kept"
        if not pin.renames and pin.rules:
            return False, "computed again: the names change, the profiles go with their cards"
        if not pin.files:
            return True, "computed: every card keeps its name without a rule"
        return True, "computed again with the rules in place: every card keeps its name"

    @property
    def by_convention(self) -> str:
        """Which names have no rule and stay because the convention happens to give them again; "" if none does."""
        names = [row.now for row in self.pin.rows if row.state == "kept" and row.now is not None]
        if not names or (self.scenario.format == "cmdline" and self.pin.files):
            return ""
        word = "stays" if len(names) == 1 else "stay"
        return f"{', '.join(names)} {word} by convention only: no rule says so"

    def why(self, key: str = "") -> str:
        """One line: where the name on this side comes from, or what the rule is needed for and asks for."""
        found = self.chosen(key)
        if found is None:
            return "There is no card on either machine."
        side, row = found
        if side == "now":
            return _now(row, self.scenario.from_scheme)
        decision = row.after if side == "after" else row.pinned
        if decision is None:
            return "The card is not there."
        number = self.rule_of(row)
        if side == "pinned" and number is not None:
            return _rule(self.pin.rules[number], number, self.pin.renames)
        if side == "pinned" and row.state == "refused":
            return f"`{row.now}` cannot be kept: {row.note}"
        return f"`{decision.name}`: {decision.why}{_because(decision)}"

    def trace(self, key: str = "") -> tuple[str, ...]:
        """The rule as it is written, with its comments; for a name without a rule everything that was read."""
        found = self.chosen(key)
        if found is None:
            return ()
        side, row = found
        file = self.file(row) if side == "pinned" else None
        if file is not None:
            place = f"{file.belongs}/{file.name}" if file.belongs.startswith("/") else file.belongs
            return (f"written to {place}:", *file.text.rstrip("\n").split("\n"), *self.pin.explained())
        decision = row.after if side != "pinned" else row.pinned
        if side == "now" or decision is None:
            return ()
        lines = (
            trace_lines(Choice(decision.card, decision.name, decision.asked[-1], decision.asked))
            if decision.asked
            else ()
        )
        altnames = (f"altnames: {', '.join(decision.altnames)}",) if decision.altnames else ()
        return (*lines, *(f"{name}: {why}" for name, why in decision.others), *altnames)

    def files(self) -> tuple[tuple[str, str], ...]:
        """Name and text of every file that is to be written."""
        return tuple((file.name, file.text) for file in self.pin.files)


def _now(row: PinRow, from_scheme: str) -> str:
    if row.now is None:
        return "The card is not on the machine before, so it has no name to keep."
    how = "it was called so when it was recorded" if from_scheme == RECORDED else f"{from_scheme} calls it so"
    return f"`{row.now}`: {how}, and it is to be kept"


def _rule(one: Pinned, number: int, renames: bool) -> str:
    rule = one.rule
    needed = f"without it {one.needed or rule.why}" if renames else f"{rule.why}; the profile follows the card"
    return (
        f"Rule {number + 1}, `{rule.name}`: {needed}. It asks for {rule.key.value}, {rule.key.why.partition(': ')[0]}"
    )


def _because(decision: Decision) -> str:
    winner = next((c for c in decision.asked if c.name == decision.wanted and c.name), None)
    return "" if winner is None else f", {winner.because}"
