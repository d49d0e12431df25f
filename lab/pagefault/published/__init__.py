"""Two published tables of asynchronous page faults beside ours: what is fitted, what is then predicted, what is not.

arm64    Gavin Shan, "Support Asynchronous Page Fault" for arm64, v4 (August 2021): one vCPU with 1024 MB in
         512 MB, 55,000 faults, alone and beside a thread that only calculates.
2010     Gleb Natapov, "KVM: Add host swap event notifications for PV guest", v7 (October 2010): 4 vCPUs
         with 2 GB in 512 MB, 4 threads that fault and 4 that work, 60 s, 10 runs.

Both hang on the guest's scheduler: see `lab.pagefault.theory.fair`. Times are seconds here, microseconds in
scenarios.

`tables` holds what was published, `calibration` what times make it, `figures` the two side by side.
"""

from lab.pagefault.published.calibration import Calibration, arm64_scenario, gleb_scenario
from lab.pagefault.published.figures import Figure, figures
from lab.pagefault.published.tables import ARM64, GLEB, SOURCES, Arm64, Gleb

__all__ = [
    "ARM64", "GLEB", "SOURCES", "Arm64", "Calibration", "Figure", "Gleb", "arm64_scenario", "figures", "gleb_scenario",
]  # fmt: skip
