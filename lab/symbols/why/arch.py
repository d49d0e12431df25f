"""arch: the module was built for another machine."""

from __future__ import annotations

from collections.abc import Iterator

from lab.symbols.why.finding import HEADERS, Finding, Reason, Uncertain
from lab.symbols.why.question import Question

__all__ = ["arch", "machine"]

# e_machine -> what it is called here (gABI, "ELF header")
MACHINES = {
    2: "sparc", 3: "x86", 8: "mips", 15: "parisc", 20: "powerpc", 21: "powerpc64", 22: "s390", 40: "arm", 43: "sparc64",
    62: "x86-64", 183: "arm64", 243: "riscv", 258: "loongarch",
}  # fmt: skip
SAME = {6: 3}  # EM_486 and EM_386 are both x86 (arch/x86/include/asm/elf.h)


def machine(number: int, bits: int, order: str) -> str:
    """An architecture in words, such as "x86-64, 64-bit, little-endian"."""
    return f"{MACHINES.get(number, f'machine {number}')}, {bits}-bit, {'little' if order == '<' else 'big'}-endian"


def arch(asked: Question) -> Iterator[Finding]:
    """elf_check_arch(); another class or byte order fails there too, as its fields are not where they are read."""
    module, kernel = asked.module, asked.index.kernel
    if not module.bits:
        return
    if not kernel.machine:
        yield Uncertain("arch", "the index does not say for which machine its kernel is")
        return
    has = (SAME.get(module.machine, module.machine), module.bits, module.order)
    wanted = (SAME.get(kernel.machine, kernel.machine), kernel.bits, kernel.order)
    if has != wanted:
        yield Reason("arch", None, f"module is {machine(*has)}, kernel is {machine(*wanted)}", HEADERS)
