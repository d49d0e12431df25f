"""The scenarios that show one point each; S1 to S4 are called the same in prose, commands and tests."""

from __future__ import annotations

from typing import Any

from lab.core.scenario import Preset
from lab.symbols.scenario import SymbolScenario, TimeScenario

__all__ = ["LOAD", "MISSING_NAMES", "PRESETS", "RACE"]

# kernels exported these once (the first in 2009); 6.1 does not
MISSING_NAMES = ("do_gettimeofday", "kallsyms_lookup_name", "sys_close", "init_mm")

RACE: tuple[Preset[SymbolScenario], ...] = (
    Preset(
        "S1",
        "a typical name",
        SymbolScenario(),
        "about 5,300 / 18 / 1.2 comparisons on average: sorting or hashing once saves nearly all of the work",
    ),
    Preset(
        "S2",
        "a name that is missing",
        SymbolScenario(name=MISSING_NAMES[0]),
        "10,503 against 24; one merged table (2026) needs at most 14; hashing needs hardly any",
    ),
)
LOAD: tuple[Preset[TimeScenario], ...] = (
    Preset(
        "S3",
        "all references of a distribution",
        TimeScenario(load="references", rounds=9),
        "all modules of a distribution: predict the ratio of linear to binary to hash first",
    ),
    Preset(
        "S4",
        "the same, checksums checked",
        TimeScenario(load="references", crc=True, rounds=9),
        "11.66 million comparisons: the linear scan that is left costs more than the search it follows",
    ),
)
PRESETS: tuple[Preset[Any], ...] = (*RACE, *LOAD)
