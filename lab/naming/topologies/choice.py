"""Which topology a word means: a preset, or a file."""

from __future__ import annotations

from lab.core.errors import LabError
from lab.naming.topologies.presets import preset
from lab.naming.topologies.text import read_topology
from lab.naming.topologies.topology import Topology

__all__ = ["PREFIX", "SUFFIX", "topology_of"]

PREFIX, SUFFIX = "topology:", ".toml"


def topology_of(what: str) -> Topology:
    """The preset `what` ("card-added", "topology:card-added", "t09b"), or the topology in the TOML file `what`.

    Raises `LabError` for a word that is neither, and for a file that is no topology.
    """
    if what.endswith(SUFFIX):
        return read_topology(what)
    if "/" in what:
        raise LabError(f"{what[:100]}: a topology is a preset's name or a file that ends in {SUFFIX}")
    return preset(what.removeprefix(PREFIX))
