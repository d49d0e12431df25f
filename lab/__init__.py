"""Kernel Feature Lab: three Linux kernel features of 2009 to touch, measure and understand.

`lab.naming`     which name does a network interface get, and why
`lab.symbols`    how many strings must be compared to resolve a kernel symbol
`lab.pagefault`  who has to wait when the host has swapped a guest's page out

The explorers are in `lab.ui` (`naming_explorer`, `symbols_explorer`, `pagefault_explorer`).
"""

from lab.core.errors import LabError

__all__ = ["LabError", "__version__"]

__version__ = "0.1.0"
