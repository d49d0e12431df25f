"""The running kernel's own export tables searched inside the kernel, beside what the lab predicts for the same tables.

`questions` says which names are looked up, `prediction` what each lookup compares, `answers` reads what the kernel
module (kernels/linux/symbench) counted, `run` boots and `result` holds one against the other; `recording` keeps one.
"""

from lab.realkernel.symbols.recording import recorded
from lab.realkernel.symbols.result import Method, SymbolRun, Tables
from lab.realkernel.symbols.run import run_symbols

__all__ = ["Method", "SymbolRun", "Tables", "recorded", "run_symbols"]
