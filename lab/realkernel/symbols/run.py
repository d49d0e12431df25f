"""Boot a kernel with the module symbench, look names up inside it, and compare."""

from __future__ import annotations

from pathlib import Path

from lab.core.progress import Progress, silent
from lab.realkernel.boot import boot
from lab.realkernel.build.module_build import build_module
from lab.realkernel.build.sources import linux_sources
from lab.realkernel.guest import Guest
from lab.realkernel.kernel import CLOUD, Kernel
from lab.realkernel.limits import LIMITS
from lab.realkernel.machine.qemu import ICOUNT, version
from lab.realkernel.symbols.comparison import FILES, digest, judged
from lab.realkernel.symbols.questions import MODULE, Question, draw, missing_names, table_of_image, wanted_by
from lab.realkernel.symbols.result import SymbolRun

__all__ = ["LIMIT", "ROUNDS", "guest_of", "run_symbols"]

LIMIT = LIMITS["symbols"]  # seconds of the boot
NAME = "symbench"
ROUNDS = 5  # times that a lookup is timed where instructions are not counted; one is enough where they are
SCRIPT = """set -e
insmod /symbench.ko rounds={rounds}
cd /sys/kernel/debug/symbench
cat /questions >queries
for file in {files}; do
	mark $file
	cat $file >/out/$file
done
cd /
rmmod symbench
"""


def run_symbols(
    kernel: Kernel,
    lookups: int = 400,
    seed: int = 1,
    module: str = MODULE,
    accel: str = ICOUNT,
    limit: float = LIMIT,
    progress: Progress = silent,
    keep: Path | None = None,
) -> SymbolRun:
    """Build symbench for `kernel`, boot it, make `lookups` inside it and hold them against the prediction.

    `seed` and `module` choose the names (see `questions`); `accel` as `boot` has it: "icount" counts instructions, two
    runs are alike. Raises `LabError` for what is missing or a guest that fails.
    """
    image = table_of_image(kernel)
    questions = draw(image, missing_names(image), wanted_by(kernel, module), lookups, seed)
    guest = guest_of(kernel, build_module(linux_sources(NAME), kernel, progress), questions, accel)
    booted = boot(guest, accel, limit, progress, keep)
    return judged(
        booted.files, digest(image), questions,
        kernel=kernel.release, qemu=version(), accel=accel, seed=seed, module=module,
    )  # fmt: skip


def guest_of(kernel: Kernel, built: bytes, questions: tuple[Question, ...], accel: str) -> Guest:
    """The guest that loads the module `built` and sends everything that it tells of `questions`.

    A cloud kernel boots in a microvm, in less than half the time; a full one looks there in vain for its devices. The
    counts are those of any machine.
    """
    rounds = 1 if accel == ICOUNT else ROUNDS
    names = "".join(f"{question.name}\n" for question in questions).encode()
    script = SCRIPT.format(rounds=rounds, files=" ".join(FILES))
    files = {"symbench.ko": built, "questions": names}
    machine = "microvm" if kernel.flavour == CLOUD else "q35"
    return Guest(NAME, kernel, script, files, machine=machine, steps=FILES)
