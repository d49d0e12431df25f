"""The symbol index: what must be compared to resolve a kernel symbol.

Files   `binary_file` reads a kernel image or module (`image`, `payload`, `elf`, `exports`, `undefined`)
Data    `corpus` is a kernel with all its modules, `collect` makes one, `pack` stores it
Search  `structures/` (one file each) over a `ksymtab`; `compiled` compiles those same functions
Answers `race`, `cost` (counts, equal everywhere), `timing` (this machine, or the recorded one)
"""
