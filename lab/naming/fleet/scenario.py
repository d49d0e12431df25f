"""The question of the fleet as a value: which hosts, named by whom, under which scheme; and the first hosts of one."""

from __future__ import annotations

import dataclasses
from array import array
from collections import Counter
from typing import Annotated

from lab.core.scenario import Parameter, Preset, check
from lab.naming.fleet.answer import WORDS
from lab.naming.fleet.columns import Fleet
from lab.naming.fleet.count import BY
from lab.naming.fleet.lines import blocks_of
from lab.naming.fleet.sample import sample_lines
from lab.naming.fleet.survey import survey_blocks
from lab.naming.scenario import DEFAULT
from lab.naming.schemes.flags import RELEASE, SCHEMES, Scheme
from lab.naming.schemes.releases import release

__all__ = ["HOSTS", "PRESETS", "FleetScenario", "all_schemes", "command", "drawn_fleet", "first_hosts"]

HOSTS = 1000  # of a generated fleet at most


@dataclasses.dataclass(frozen=True, slots=True)
class FleetScenario:
    """A fleet, how its cards are named, and which hosts are compared with each other."""

    scheme: Annotated[
        str, Parameter("the naming scheme; default is the newest that is known", choices=(DEFAULT, *SCHEMES))
    ] = DEFAULT
    policy: Annotated[
        str, Parameter("who names: default is the first of ONBOARD, SLOT, PATH, else the kernel's name", choices=WORDS)
    ] = "default"
    hosts: Annotated[
        int,
        Parameter("hosts of the generated fleet", low=1, high=HOSTS, log=True, steps=(60, 100, 200, 300, 500, HOSTS)),
    ] = 60
    by: Annotated[
        str, Parameter("which hosts are compared: all, or those of one model", choices=BY, label="compare hosts")
    ] = "vendor-model"
    seed: Annotated[int, Parameter("which generated fleet", low=0, high=2**31 - 1)] = 1
    models: Annotated[int, Parameter("server models in the generated fleet", low=1, high=6)] = 3
    file: Annotated[str, Parameter("a fleet of your own instead: JSON lines, one snapshot a line")] = ""

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)

    @property
    def place(self) -> int:
        """Where the scheme stands among `all_schemes`."""
        known = release(RELEASE)
        return list(known.schemes).index(known.default if self.scheme == DEFAULT else self.scheme)


PRESETS: tuple[Preset[FleetScenario], ...] = (
    Preset(
        "F1",
        "60 servers of 3 models",
        FleetScenario(),
        "Equal servers differ in a few ports: an extra card, a firmware without indexes, a slot, a driver's port name.",
    ),
    Preset(
        "F2",
        "60 others, named by PATH",
        FleetScenario(policy="PATH", seed=4),
        "Behind an extra card a port has the name that is another port's on most servers.",
    ),
    Preset(
        "F3",
        "a thousand servers",
        FleetScenario(hosts=HOSTS, seed=4, models=4),
        "More servers make the shares surer; they bring no new reasons.",
    ),
)


def all_schemes() -> tuple[Scheme, ...]:
    """The schemes that a fleet is named under: all of the newest release."""
    return tuple(release(RELEASE).schemes.values())


def drawn_fleet(seed: int, models: int, hosts: int = HOSTS) -> Fleet:
    """The generated fleet of these numbers under all schemes; fewer hosts are the first ones of more."""
    name = f"generated fleet (seed {seed}, {models} model{'s' if models > 1 else ''})"
    return survey_blocks(blocks_of(sample_lines(seed, hosts, models)), name, all_schemes())


def first_hosts(fleet: Fleet, hosts: int) -> Fleet:
    """The first `hosts` of `fleet`, with the shapes that they have."""
    counts = Counter(fleet.shape_of[:hosts])
    new = {old: place for place, old in enumerate(sorted(counts))}
    return dataclasses.replace(
        fleet,
        shapes=tuple(dataclasses.replace(fleet.shapes[old], hosts=counts[old]) for old in new),
        shape_of=array("I", (new[old] for old in fleet.shape_of[:hosts])),
        line_of=fleet.line_of[:hosts],
        host_names=fleet.host_names[:hosts],
        mac_start=fleet.mac_start[:hosts],
    )


def command(scenario: FleetScenario) -> str:
    """The equal command: draw the fleet if it is a generated one, and count it."""
    import shlex

    scheme = list(release(RELEASE).schemes)[scenario.place]
    file = scenario.file or "fleet.jsonl"
    count = shlex.join(["kernel-lab", "naming", "fleet", file, "--scheme", scheme, "--by", scenario.by])
    if scenario.file:
        return count
    numbers = f"--hosts {scenario.hosts} --models {scenario.models} --seed {scenario.seed}"
    return f"kernel-lab naming fleet-sample -o fleet.jsonl {numbers} && {count}"
