"""What is asked of the symbol table: one name or the whole distribution's references, in a table of some size."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from lab.core.errors import LabError
from lab.core.scenario import Parameter, check, fields
from lab.symbols.ksymtab import LAYOUTS
from lab.symbols.structures import FIRST_THREE, STRUCTURES

__all__ = [
    "ALL_EXPORTS",
    "KERNEL_EXPORTS",
    "SIZES",
    "SYNTHETIC_SIZES",
    "TYPICAL_NAME",
    "SymbolScenario",
    "TimeScenario",
    "timed",
]

# exports of the bundled kernel, and with those of its modules (a test holds both equal to the data)
KERNEL_EXPORTS, ALL_EXPORTS = 10_503, 24_683
SIZES = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, KERNEL_EXPORTS, 16_384, ALL_EXPORTS)
SYNTHETIC_SIZES = (32_768, 65_536)  # more names than there are: real ones and such as are made of their pieces

MODULE_LOADS = ("references", "coldplug", "module")  # loads that are references of modules

TYPICAL_NAME = "__of_phy_provider_register"  # costs what the mean costs, in each structure


@dataclasses.dataclass(frozen=True, slots=True)
class SymbolScenario:
    """One question to the symbol index; every count it leads to is the same on every machine."""

    name: Annotated[
        str, Parameter("the name that is looked up; one that nobody exports is a miss", label="look up")
    ] = TYPICAL_NAME
    size: Annotated[
        int,
        Parameter(
            "names in the table, evenly chosen: up to 10503 the kernel's own exports, up to 24683 with its modules', "
            "beyond that synthetic ones too",
            unit="names",
            low=SIZES[0],
            high=SYNTHETIC_SIZES[-1],
            log=True,
            steps=(*SIZES, *SYNTHETIC_SIZES),
            label="table",
        ),
    ] = KERNEL_EXPORTS
    methods: Annotated[
        tuple[str, ...],
        Parameter(f"index structure to compare ({', '.join(STRUCTURES)}); give it once for each"),
    ] = FIRST_THREE
    layout: Annotated[
        str,
        Parameter("split: __ksymtab, then __ksymtab_gpl; merged: one sorted table (2026)", choices=tuple(LAYOUTS)),
    ] = "split"
    load: Annotated[
        str,
        Parameter("name: the one name; references: all that the modules of the distribution ask for",
                  choices=("name", "references")),
    ] = "name"  # fmt: skip
    crc: Annotated[
        bool, Parameter("with the checksum check after each reference: a linear scan of the module's __versions",
                        label="CRC check")
    ] = False  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse what is out of range; raises `LabError`."""
        check(self)
        if not self.name.strip() or len(self.name) > 512:
            raise LabError("--name: a symbol's name of 1 to 512 characters is needed")
        unknown = [m for m in self.methods if m not in STRUCTURES]
        if unknown or not self.methods:
            raise LabError(f"--methods: {', '.join(unknown) or 'none given'}; known are {', '.join(STRUCTURES)}")
        if len(set(self.methods)) != len(self.methods):
            raise LabError("--methods: one is given twice")
        if self.crc and self.load not in MODULE_LOADS:
            raise LabError("--crc: checksums are checked while modules load; give --load references with it")

    @property
    def synthetic(self) -> bool:
        """True if not all names of the table are real."""
        return self.size > ALL_EXPORTS

    @property
    def names(self) -> str:
        """The table's size in words, saying where some of it is synthetic."""
        more = f", {self.size - ALL_EXPORTS:,} of them synthetic" if self.synthetic else ""
        return f"{self.size:,} names{more}"


@dataclasses.dataclass(frozen=True, slots=True)
class TimeScenario(SymbolScenario):
    """A question whose answer is measured."""

    load: Annotated[
        str,
        Parameter("what is looked up: references of all modules, of one coldplug or of one module, in their order; "
                  "names: every name of the table (name is the same); misses: names that it has not",
                  choices=("names", "references", "coldplug", "module", "misses", "name")),
    ] = "names"  # fmt: skip
    module: Annotated[str, Parameter("the module of --load module")] = "libata"
    cache: Annotated[
        str,
        Parameter("warm: what a lookup reads was just read; cold: nothing of it is in any cache",
                  choices=("warm", "cold")),
    ] = "warm"  # fmt: skip
    rounds: Annotated[
        int, Parameter("rounds measured of each method; five are the least that bear an interval", low=5, high=1000)
    ] = 15


def timed(scenario: SymbolScenario) -> TimeScenario:
    """The same question, to be measured."""
    if isinstance(scenario, TimeScenario):
        return scenario
    same = {field.name: getattr(scenario, field.name) for field in fields(SymbolScenario)}
    return TimeScenario(**same | {"load": "names" if scenario.load == "name" else scenario.load})
