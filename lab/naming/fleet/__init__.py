"""Many hosts at once: which names each physical port has over the fleet, and what makes equal servers differ.

`survey(file, schemes)`    reads a file of JSON lines and names every host under every scheme (a `Fleet`)
`census(fleet, by)`        counts it: names by port, stability, collisions, renames between schemes (a `Census`)
`outliers(census)`         the unusual names, each with the attribute that explains it
`sample(seed, ...)`        the census of a generated fleet, for a first look

Hosts that agree in everything the rules read are one shape and are named once (`shape.py`).
"""

from __future__ import annotations

from lab.naming.fleet.columns import Fleet
from lab.naming.fleet.count import BY, census
from lab.naming.fleet.lines import blocks_of
from lab.naming.fleet.outlier import Outlier, outlier_table, outliers
from lab.naming.fleet.sample import sample_lines, write_sample
from lab.naming.fleet.stability import Census
from lab.naming.fleet.survey import survey, survey_blocks
from lab.naming.schemes.flags import RELEASE
from lab.naming.schemes.releases import release

__all__ = [
    "BY",
    "Census",
    "Fleet",
    "Outlier",
    "census",
    "outlier_table",
    "outliers",
    "sample",
    "sample_lines",
    "survey",
    "write_sample",
]


def sample(seed: int = 1, hosts: int = 60, models: int = 3, by: str = "vendor-model") -> Census:
    """The census of a generated fleet under all schemes of the newest release; the same for the same numbers."""
    schemes = tuple(release(RELEASE).schemes.values())
    name = f"generated fleet (seed {seed}, {hosts:,} hosts, {models:,} models)"
    return census(survey_blocks(blocks_of(sample_lines(seed, hosts, models)), name, schemes), by)
