"""Naming on a real kernel: the declared machine's predicted names beside those that a real systemd gave."""

from __future__ import annotations

import dataclasses
import functools
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from lab.core.progress import Progress
from lab.core.scenario import Parameter, Preset, check
from lab.core.table import Table
from lab.naming.schemes import POLICIES, predict
from lab.naming.schemes.flags import SCHEMES
from lab.naming.topologies.presets import PRESETS as TOPOLOGIES
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Subject, View, Why
from lab.ui.kernel_naming_picture import DIFFERS, EQUAL, OPEN, UNKNOWN, CardRow, draw
from lab.ui.kernel_run import HERE, NOT_RUN, RECORDED, KernelExplorer, KernelRun
from lab.ui.stops import Stop

if TYPE_CHECKING:
    from lab.realkernel.naming.foretold import Foretold
    from lab.realkernel.naming.result import Card, NamingResult

__all__ = ["CALLED", "OnKernel", "naming_kernel"]

CALLED = "udev's choice"
DEFAULT = "default"
RACE = "race-two-cpus"  # the command boots it several times, unless it is told how often
KEPT = 8  # results that are kept
SAID = 3  # cards of a headline


@dataclasses.dataclass(frozen=True, slots=True)
class OnKernel:
    """Which machine is booted, and which of its names are shown."""

    topology: Annotated[str, Parameter("the machine", choices=tuple(TOPOLOGIES))] = "card-added"
    policy: Annotated[
        str, Parameter(f"whose names; {CALLED}: what each card was called", choices=(CALLED, *POLICIES), label="names")
    ] = CALLED
    scheme: Annotated[str, Parameter("the naming scheme", choices=(DEFAULT, *SCHEMES))] = DEFAULT

    def __post_init__(self) -> None:
        """Refuse an unknown machine, policy or scheme."""
        check(self)


FIRST = OnKernel()
PRESETS = tuple(
    Preset(name, topology.title, OnKernel(name), "")
    for name, topology in sorted(TOPOLOGIES.items(), key=lambda item: item[0] != FIRST.topology)
)


def naming_kernel(preset: str = "", **changes: Any) -> KernelExplorer:
    """Does a real machine get the names that were predicted? Opens on a recording; a click boots the machine.

    `preset`: the name of a topology (`lab.naming.topologies`); `changes`: such as policy="PATH". Raises `LabError` for
    unknown ones.
    """
    run = KernelRun("naming", _boot, lambda scenario: scenario.topology)

    def result(scenario: OnKernel) -> tuple[NamingResult | Foretold, str]:
        recorded = _recorded(scenario.topology)
        here = run.shown(scenario, recorded is not None)
        if here is not None:
            return here, HERE
        return (recorded, RECORDED) if recorded is not None else (_foretold(scenario.topology), NOT_RUN)

    def view(scenario: OnKernel, canvas: Canvas) -> View:
        found, badge = result(scenario)
        return _view(found, badge, scenario, canvas)

    return KernelExplorer(
        Subject(
            name="naming_kernel",
            question="Does a real machine get the names that were predicted?",
            presets=PRESETS,
            primary=("policy", "scheme"),
            view=view,
            command=_command,
            picture=Chart(grid=True),
            stops={"scheme": lambda scenario: _stops(result(scenario)[0], scenario)},
        ),
        run,
        preset,
        **changes,
    )


def _boot(scenario: OnKernel, progress: Progress) -> NamingResult:
    """Boot the machine on the newest kernel that is here, with this machine's systemd."""
    from lab.realkernel.kernels.find import find_kernel
    from lab.realkernel.machine.accel import AUTO, choose
    from lab.realkernel.naming.run import name_really
    from lab.realkernel.root.udev_root import udev_root

    kernel = find_kernel()
    accel = choose(AUTO, kernel, progress).name
    return name_really(TOPOLOGIES[scenario.topology], kernel, udev_root(), accel=accel, progress=progress)


@functools.lru_cache(KEPT)
def _recorded(topology: str) -> NamingResult | None:
    from lab.realkernel.naming.recorded import recorded, recorded_topologies

    return recorded(topology) if topology in recorded_topologies() else None


@functools.lru_cache(KEPT)
def _foretold(topology: str) -> Foretold:
    """The prediction alone, for the release of systemd that the recordings have."""
    from lab.naming.schemes.releases import release
    from lab.naming.topologies.sysfs import machine
    from lab.realkernel.naming.foretold import foretold
    from lab.realkernel.naming.recorded import RELEASE

    declared = TOPOLOGIES[topology]
    return foretold(declared, machine(declared), release(RELEASE))


def _command(scenario: OnKernel) -> str:
    """What does the same in a terminal: one boot, of a race too."""
    words = ["kernel-lab", "kernel", "naming", "--topology", scenario.topology]
    return shlex.join([*words, "--times", "1"] if scenario.topology == RACE else words)


def _scheme(found: NamingResult | Foretold, scenario: OnKernel) -> str:
    """The scheme whose names are shown: udev's own, or one that this systemd knows."""
    known = scenario.policy != CALLED and scenario.scheme in found.schemes
    return scenario.scheme if known else found.scheme


def _stops(found: NamingResult | Foretold, scenario: OnKernel) -> Sequence[Stop]:
    """Runs of schemes that give every card the same name, predicted and real; a scheme that is not known is udev's."""
    others = (DEFAULT, *(name for name in SCHEMES if name not in found.schemes))
    if scenario.policy == CALLED:
        return (Stop(f"{found.scheme}, udev's own", DEFAULT, (*found.schemes, *others)),)
    groups: list[tuple[list[str], object]] = []
    for scheme in found.schemes:
        names = [_names(card, scenario.policy, scheme) for card in found.cards]
        if groups and groups[-1][1] == names:
            groups[-1][0].append(scheme)
        else:
            groups.append(([scheme], names))
    stops = []
    for schemes, _ in groups:
        label = schemes[0] if len(schemes) == 1 else f"{schemes[0]}–{schemes[-1]}"
        own = found.scheme in schemes
        label += ": no change" if len(groups) == 1 else ""
        stops.append(Stop(label, DEFAULT if own else schemes[-1], (*schemes, *(others if own else ()))))
    return tuple(stops)


def _names(card: Card, policy: str, scheme: str) -> tuple[str | None, str | None]:
    """The predicted and the real name of a card by one policy."""
    return next(((a.predicted, a.real) for a in card.answers if (a.scheme, a.policy) == (scheme, policy)), (None, None))


def _rows(found: NamingResult | Foretold, scenario: OnKernel, ran: bool) -> tuple[CardRow, ...]:
    scheme = _scheme(found, scenario)
    return tuple(_row(card, found.schemes, scenario.policy, scheme, ran) for card in found.cards)


def _row(card: Card, schemes: Sequence[str], policy: str, scheme: str, ran: bool) -> CardRow:
    predicted: tuple[str | None, ...]
    drawn = policy == CALLED and card.is_open  # by a race: neither right nor wrong
    if policy == CALLED:
        predicted, real, same = card.expected, card.name, card.called_as_expected
    else:
        one, real = _names(card, policy, scheme)
        predicted, same = (one,), one == real
    key = card.id or card.mac
    told = " or ".join(str(name or "no name") for name in predicted)
    got = f"real {real or 'no name'}" if ran else "not run yet"
    judged = ran and not card.untried
    strip = tuple((name, _verdict(all(a.equal for a in card.answers if a.scheme == name), judged)) for name in schemes)
    verdict = OPEN if ran and (card.untried or (drawn and same)) else _verdict(same, ran)
    place = card.place if ran else card.expected_place
    return CardRow(
        key, card.driver or "", place or "", predicted, real if ran else None, verdict, strip,
        f"{key}: {'left open' if drawn and ran else 'predicted'} {told}, {got}",
    )  # fmt: skip


def _verdict(same: bool, ran: bool) -> str:
    return UNKNOWN if not ran else EQUAL if same else DIFFERS


def _view(found: NamingResult | Foretold, badge: str, scenario: OnKernel, canvas: Canvas) -> View:
    from lab.realkernel.naming import show
    from lab.realkernel.naming.foretold import Foretold

    scheme = _scheme(found, scenario)
    ran = not isinstance(found, Foretold)
    rows = _rows(found, scenario, ran)
    if isinstance(found, Foretold):
        names = ", ".join(f"`{' or '.join(map(str, row.predicted))}`" for row in rows[:SAID])
        more = f" and {len(rows) - SAID} more" if len(rows) > SAID else ""
        headline = f"No recording of this machine: run it. Predicted: {names}{more}."
        line = f"{found.topology.name}: {found.topology.title}; names predicted for systemd {found.systemd.number}"
        table = Table(("card", "driver", "predicted"), tuple(_foretold_row(row) for row in rows), headline)
        wrong: tuple[str, ...] = ()
    else:
        headline, line, table = show.headline(found), show.machine_line(found), show.result_table(found)
        wrong = (*show.differences(found), *show.not_judged(found))
    what = "name" if scenario.policy == CALLED else scenario.policy
    heads = (f"predicted {what}", f"real systemd {found.systemd.number}" if ran else "real systemd")

    def picture(width: int, text: int) -> Any:
        return draw(rows, heads, scheme, headline, width, text)

    def why(key: str) -> Why:
        card, _, asked = key.partition(" ")
        row = next((row for row in rows if row.key == card), None)
        if row is None:
            return Why(f"{line}.", wrong)
        return _why(found, row, asked or scheme, ran)

    return View(
        headline, picture(canvas.width, canvas.text), table, lambda: picture(920, 14).standalone(), why, badge
    )  # fmt: skip


def _foretold_row(row: CardRow) -> tuple[str, str, str]:
    return row.key, row.driver, " or ".join(map(str, row.predicted))


def _why(found: NamingResult | Foretold, row: CardRow, scheme: str, ran: bool) -> Why:
    """The card's names by every policy under `scheme`, and the rule behind each."""
    card = next(c for c in found.cards if (c.id or c.mac) == row.key)
    asked = [a for a in card.answers if a.scheme == scheme and (a.predicted or a.real)]
    told = [
        f"{a.policy} `{a.predicted or 'no name'}`" + ("" if not ran else " ✓" if a.equal else f" ✕ real `{a.real}`")
        for a in asked
    ]
    before = next((c for c in found.predicted.cards if str(c.mac) == card.mac), None)
    rules: tuple[str, ...] = ()
    if before is not None:
        given = predict(found.predicted, before, found.systemd.scheme(scheme))
        rules = tuple(f"{c.policy}: {c.because}" + (f" → `{c.name}`" if c.name else "") for c in given.values())
    return Why(f"`{row.key}` under {scheme}: {', '.join(told) or 'no policy names it'}.", (*card.differing, *rules))
