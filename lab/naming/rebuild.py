"""One machine, rebuilt step by step: the question of the what-if section, and what can be done next."""

from __future__ import annotations

import dataclasses
import shlex
from typing import Annotated

from lab.core.errors import LabError
from lab.core.scenario import Parameter, Preset, check
from lab.naming.matrix import MatrixScenario
from lab.naming.matrix_picture import Chip
from lab.naming.model import Machine
from lab.naming.scenario import DEFAULT, OLDEST
from lab.naming.schemes.flags import RELEASE, SCHEMES
from lab.naming.whatif import Place, cards, parse_step, places
from lab.naming.whatif.parts import TITLES

__all__ = ["ACTIONS", "DRAGS", "PRESETS", "RebuildScenario", "card_chips", "chip_said", "offered", "step_of", "targets"]

NEW = ("nic", "virtio", "dual", "quad", "gpu-switch")  # offered in the picture; the list has all of `TITLES`
SHORT = {"nic": "card", "virtio": "virtio card", "dual": "two ports", "quad": "four ports", "gpu-switch": "graphics"}
FREE = {"slot": 4, "bridge": 3, "device": 2, "port": 2}  # free places in the picture, by kind; the list has all
# first word of a key -> first words of the keys it can be dropped on
DRAGS = {"add": ("to",), "card": ("to", "out")}

# what a step does -> kind of step, and what else it needs: "card", "place", "new" or what a value is called
ACTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "add a card": ("add", ("new", "place")),
    "move a card": ("move", ("card", "place")),
    "take a card out": ("remove", ("card",)),
    "enable virtual functions": ("vfs", ("card", "how many")),
    "set the firmware index": ("index", ("card", "index or none")),
    "set the slot (hot-plug)": ("slot", ("card", "slot or none")),
    "set the slot (ACPI _SUN)": ("sun", ("card", "number or none")),
    "set the firmware label": ("label", ("card", "label or none")),
    "name the port (driver)": ("port", ("card", "port name or none")),
    "renumber the buses": ("renumber", ()),
}


@dataclasses.dataclass(frozen=True, slots=True)
class RebuildScenario:
    """A machine and the steps that rebuild it."""

    machine: Annotated[str, Parameter("a bundled recording (09a), a sysfs tarball or folder, or a snapshot")] = (
        "t09a-before"
    )
    scheme: Annotated[
        str,
        Parameter("the naming scheme; default is the newest that the systemd knows", choices=(DEFAULT, *SCHEMES)),
    ] = DEFAULT
    step: Annotated[
        tuple[str, ...],
        Parameter("a what-if step, such as: add virtio at port 0000:00:03", label="what if"),
    ] = ()
    systemd: Annotated[
        int, Parameter("the release of systemd that names", low=OLDEST, high=RELEASE, label="systemd release")
    ] = RELEASE

    def __post_init__(self) -> None:
        """Refuse an unknown scheme, and a step that is none."""
        check(self)
        for text in self.step:
            parse_step(text)

    @property
    def pair(self) -> MatrixScenario:
        """The same as a question about two machines: this one before and after its steps."""
        return MatrixScenario(self.machine, self.machine, scheme=self.scheme, step=self.step, systemd=self.systemd)

    def command(self) -> str:
        """The equal `kernel-lab naming whatif` line."""
        words = ["kernel-lab", "naming", "whatif", self.machine]
        words += [word for text in self.step for word in ("--step", text)]
        words += [] if self.scheme == DEFAULT else ["--scheme", self.scheme]
        words += [] if self.systemd == RELEASE else ["--systemd", str(self.systemd)]
        return shlex.join(words)


PRESETS: tuple[Preset[RebuildScenario], ...] = (
    Preset(
        "N1",
        "a card is added",
        RebuildScenario("t09a-before", step=("add virtio mac=52:54:00:00:00:02 at port 0000:00:03",)),
        "A card in front of the old one takes its name: what was recorded on the real machine.",
    ),
    Preset(
        "N3",
        "the firmware numbers the slots",
        RebuildScenario("t05-slots-acpihp", step=("slot 0000:01:00.0 = 11", "slot 0000:02:00.0 = 42")),
        "With slot numbers that count, enp1s0 and enp2s0 become ens11 and ens42.",
    ),
    Preset(
        "N4",
        "the firmware gives a slot number",
        RebuildScenario("t01-flat", step=("sun 0000:00:03.0 = 3",)),
        "From v257 on this number alone makes enp0s3 to ens3.",
    ),
)


def offered() -> tuple[Chip, ...]:
    """The new cards that the picture offers."""
    return tuple(Chip(f"add {word}", f"+ {SHORT[word]}", f"new: {TITLES[word]}") for word in NEW)


def card_chips(machine: Machine) -> dict[str, Chip]:
    """By devpath the cards of `machine` that can be taken by hand."""
    both = zip(machine.cards, cards(machine), strict=True)
    return {i.devpath: Chip(f"card {c.text}", c.label, f"take {c.label}") for i, c in both if c.movable}


def targets(machine: Machine) -> tuple[Chip, ...]:
    """Where a card can be put, a few places of each kind, and out of the machine."""
    kinds: dict[str, list[Place]] = {}
    for place in places(machine):
        kinds.setdefault(place.kind, []).append(place)
    few = [place for kind, found in kinds.items() for place in _few(found, FREE[kind])]
    chips = [
        Chip(f"to {p.text}", p.label.partition(" (")[0].replace("root port", "port"), f"put it: {p.label}") for p in few
    ]
    return (*chips, Chip("out of the machine", "out", "take it out of the machine"))


def _few(found: list[Place], many: int) -> list[Place]:
    """The first ones, and the last one, which is behind all cards."""
    return found if len(found) <= many else [*found[: many - 1], found[-1]]


def chip_said(key: str, machine: Machine) -> str:
    """What can be said of something to take or a place, by its key; "" for any other key."""
    if key.partition(" ")[0] not in ("add", "card", "to", "out") or machine.recorded:
        return ""
    chips = (*offered(), *card_chips(machine).values(), *targets(machine))
    return next((f"{chip.said}." for chip in chips if chip.key == key), "")


def step_of(taken: str, target: str) -> str:
    """The step for two keys: what is taken, and where it is put; raises `LabError` if they do not go together."""
    what, _, name = taken.partition(" ")
    where, _, place = target.partition(" ")
    if where not in DRAGS.get(what, ()):
        raise LabError("--step: this cannot be put there; a new card needs a place, a card a place or out")
    if where == "out":
        return f"remove {name}"
    return f"add {name} at {place}" if what == "add" else f"move {name} to {place}"
