"""Which names are looked up: real ones of four kinds, drawn from a seed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from lab.core.errors import LabError
from lab.pagefault.randomness import CHOICE, below, stream
from lab.realkernel.kernel import Kernel
from lab.realkernel.root.module_files import needed
from lab.symbols.binary_file import read
from lab.symbols.corpus import bundled
from lab.symbols.kernel import read_kernel
from lab.symbols.ksymtab import Ksymtab, ksymtab

__all__ = ["KINDS", "LOOKUPS", "MODULE", "SEEDS", "Question", "draw", "missing_names", "table_of_image", "wanted_by"]

# kind of a name -> what it is
KINDS: dict[str, str] = {
    "any": "exported to every module",
    "gpl": "exported to GPL-compatible modules only",
    "missing": "exported by a module, not by the kernel",
    "module": "what a real module asks for, in its order",
}
LOOKUPS = (1, 20_000)  # their names fit into what the module takes
SEEDS = (0, (1 << 63) - 1)
MODULE = "kvm"  # in the full and in the cloud kernel, and with hundreds of undefined symbols


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """A name that is looked up, and its kind (see `KINDS`)."""

    name: str
    kind: str


def draw(
    table: Ksymtab, missing: Sequence[bytes], wanted: Sequence[bytes], lookups: int, seed: int
) -> tuple[Question, ...]:
    """`lookups` names in turns of the four `KINDS`: of `table`, of `missing`, and those `wanted` by a module.

    Names of the first three kinds are drawn with `seed`, one may come twice; a module's come in its own order. A kind
    without a name is left out. Raises `LabError` for a number out of range.
    """
    if not LOOKUPS[0] <= lookups <= LOOKUPS[1]:
        raise LabError(f"--lookups: {lookups} is out of range; write {LOOKUPS[0]} to {LOOKUPS[1]:,}")
    pools = dict(zip(KINDS, (*(table.keys[a:b] for a, b in table.bounds()), missing, wanted), strict=True))
    filled = {kind: names for kind, names in pools.items() if names}
    if not SEEDS[0] <= seed <= SEEDS[1]:
        raise LabError(f"--seed: {seed} is out of range; write {SEEDS[0]} to {SEEDS[1]}")
    streams = [stream(seed, CHOICE, task) for task in range(len(KINDS))]
    made = []
    for i in range(lookups):
        kind = list(filled)[i % len(filled)]
        names = filled[kind]
        place = i // len(filled) if kind == "module" else below(streams, list(KINDS).index(kind), len(names))
        made.append(Question(names[place % len(names)].decode(), kind))
    return tuple(made)


def table_of_image(kernel: Kernel) -> Ksymtab:
    """The tables of exports that `kernel` will have once it runs, read from its image.

    Raises `LabError` for an image that cannot be read.
    """
    exports = [(e.name.encode(), e.gpl) for e in read_kernel(kernel.image).exports]
    plain, gpl = ([(name, row) for row, (name, only) in enumerate(exports) if only == g] for g in (False, True))
    return ksymtab(plain, gpl)


def missing_names(table: Ksymtab) -> list[bytes]:
    """Names that modules of the bundled kernel export and `table` has not."""
    exports = bundled().exports
    return [name for name in exports.names[exports.kernel :] if table.find(name) < 0]


def wanted_by(kernel: Kernel, module: str) -> list[bytes]:
    """The undefined symbols of `module` in the order in which the loader resolves them.

    Raises `LabError` if the kernel's tree has no such module or it is damaged; none for one that is built in.
    """
    files = needed(kernel, [module])
    return [u.name.encode() for u in read(kernel.modules / files[-1]).undefined] if files else []
