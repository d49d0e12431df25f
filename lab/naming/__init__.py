"""Device naming: which name does a network interface get, and why.

`open_source(what)`       a machine: a sysfs tarball or folder, a snapshot, a udev database, or a bundled recording
`this_machine(root)`      this machine through netlink and sysfs (`lab.naming.sources.live`)
`predict(machine, ...)`   the names that every policy gives, with their provenance; `release(n)` has systemd's schemes
`run(scenario)`           two machines side by side: what is kept, changed, taken, new

Beyond these, each in a package or file of its own: `link.decide` (real `.link` files), `pin.plan` (rules that keep the
names), `whatif.apply` and `consequences.consequences`, `fleet.survey`, `nodes.node_tree` (the stable names of 2009),
`topologies.machine` (a machine that is declared in a few lines, predicted here and booted by `lab.realkernel`).
"""

from lab.naming.compare import Comparison, run
from lab.naming.model import Interface, Machine, Tree
from lab.naming.presets import PRESETS
from lab.naming.scenario import NamingScenario
from lab.naming.schemes import predict
from lab.naming.schemes.flags import SCHEMES
from lab.naming.schemes.releases import Release, release
from lab.naming.sources import open_source
from lab.naming.trace import Candidate, Evidence, Gap

__all__ = [
    "PRESETS",
    "SCHEMES",
    "Candidate",
    "Comparison",
    "Evidence",
    "Gap",
    "Interface",
    "Machine",
    "NamingScenario",
    "Release",
    "Tree",
    "open_source",
    "predict",
    "release",
    "run",
]
