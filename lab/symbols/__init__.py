"""The symbol index: who exports a kernel symbol, who asks for it, and what must be compared to find it.

Images     `kernel` reads one of any form: `image`, `images/` (a file each), `payload` unpacks, `kallsyms/` where no ELF
Modules    `binary_file` reads any file as a whole (`elf`, `exports`, `undefined`), `bulk/` thousands of them fast
Lists      `symvers`, `systemmap`; `listing` is what a file or folder exports
Index      `store/` is one file for a kernel with all its modules; `why/` says whether a module loads on it
depmod     `depmod/` writes what modprobe reads
Structures `structures/` (a file each) over a `ksymtab`; `compiled/` compiles those same functions
Answers    `race`, `cost`, `steps` (counts, equal everywhere), `timing/` (this machine, or the recorded one)
Data       `corpus` is the bundled kernel, `collect` makes one, `pack` stores it; `commands/` is the command line
"""
