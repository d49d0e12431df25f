"""The idea of 2009 on a real kernel: a character device for each network interface, and its life in steps.

`run_netnode(kernel)`    boot, load the driver, live through it; a `NetnodeResult`
`recorded()`             the same result from a run that is bundled, or from a file that `write_run` wrote
"""

from lab.realkernel.netnode.recorded import recorded, write_run
from lab.realkernel.netnode.result import NetnodeResult
from lab.realkernel.netnode.row import Row
from lab.realkernel.netnode.run import run_netnode

__all__ = ["NetnodeResult", "Row", "recorded", "run_netnode", "write_run"]
