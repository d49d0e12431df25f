"""The options of every command that boots a kernel."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.core.errors import LabError
from lab.core.progress import Progress
from lab.realkernel.kernel import CLOUD, FULL, Kernel
from lab.realkernel.machine.accel import AUTO, Accelerator
from lab.realkernel.machine.qemu import ICOUNT, KVM, TCG

__all__ = ["ALL", "Asked", "add_boot", "add_recorded", "boot_asked", "nothing_booted", "or_recorded", "recorded_asked"]

ALL = "list"  # of --recorded: which bundled runs there are
LONGEST = 3600.0  # seconds
BOOT = {"--kernel": "kernel", "--accel": "accel", "--limit": "limit", "--keep": "keep"}  # option -> where it is kept


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """What the options say: the kernel to boot and how, its time limit in seconds, a folder for all it sends."""

    kernel: Kernel
    accel: Accelerator
    limit: float
    keep: Path | None
    progress: Progress


def add_boot(parser: Any, limit: float, accel: str = AUTO) -> None:
    """Add --kernel, --accel (by default `accel`), --limit (by default `limit` seconds) and --keep."""
    parser.add_argument(
        "--kernel",
        metavar="WHICH",
        help="a release (6.1.0-56-amd64), or a folder with boot/ and lib/modules/ (default: the newest that is here)",
    )
    parser.add_argument(
        "--accel",
        choices=(AUTO, KVM, TCG, ICOUNT),
        help=f"{AUTO}: KVM if a test shows that it works, else {TCG} (emulated); {ICOUNT}: emulated with counted "
        f"instructions, two runs are alike (default {accel})",
    )
    parser.add_argument("--limit", type=float, metavar="S", help=f"seconds that one boot may take (default {limit:g})")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="put the console and all that the guest sent there")
    parser.set_defaults(by_default=(accel, limit))  # the options themselves are None where they are not given


def add_recorded(parser: Any, output: str, metavar: str = "FILE", written: str = "-o") -> None:
    """Add --recorded and -o: alike in every command.

    `output`: what -o writes, to a `metavar`; `written`: the option that writes what --recorded shows again.
    """
    parser.add_argument(
        "--recorded",
        metavar="NAME|FILE",
        nargs="?",
        const="",
        help=f"boot nothing: show a bundled run by its NAME ({ALL}: which there are), or FILE, which {written} wrote; "
        "without either the only one that is bundled, or the list",
    )
    parser.add_argument("-o", "--output", metavar=metavar, type=Path, help=output)


def recorded_asked(value: str, names: Sequence[str], also: Collection[str] = ()) -> str | Path | None:
    """Which run --recorded `value` means: one of the bundled `names`, a file, or None for their list.

    `also`: other words for those names. Raises `LabError` for a word that is neither.
    """
    if not value and len(names) == 1:
        return names[0]
    if value in ("", ALL):
        return None
    if value in names or value in also:
        return value
    if Path(value).is_file():
        return Path(value)
    raise LabError(f"--recorded: {value[:100]!r} is not one of {', '.join(names)}, nor a file")


def nothing_booted(options: argparse.Namespace, also: Mapping[str, str] | None = None) -> None:
    """Refuse the options of a boot beside --recorded, and `also` others (option -> where it is kept).

    Raises `LabError` for the first that was given: it would say nothing.
    """
    for option, place in {**BOOT, **(also or {})}.items():
        if getattr(options, place) is not None:
            raise LabError(f"{option}: with --recorded nothing is booted; leave it out")


@contextlib.contextmanager
def or_recorded() -> Iterator[None]:
    """Name the way out where this machine cannot build or boot: `LabError`s raised inside end with it."""
    try:
        yield
    except LabError as error:
        said = str(error)
        if said.startswith("--"):  # an option is wrong, not the machine
            raise
        raise LabError(f"{said}; or look at a recording: --recorded") from None


def boot_asked(options: argparse.Namespace, flavour: str = FULL, headers: bool = False) -> Asked:
    """The parsed options; `flavour`: which kind of kernel is meant where several are here.

    `headers`: modules are built for it, so it is one whose headers are here, as `lab.realkernel.doctor` counts.

    Raises `LabError` for a limit out of range, and where the kernel or QEMU is missing.
    """
    from lab.core.progress import terminal
    from lab.realkernel.kernels.find import find_kernel
    from lab.realkernel.machine.accel import choose

    accel, limit = options.by_default
    accel, limit = options.accel or accel, limit if options.limit is None else options.limit
    if not 1 <= limit <= LONGEST:
        raise LabError(f"--limit: {limit:g} is out of range; write 1 to {LONGEST:g} seconds")
    assert flavour in (FULL, CLOUD)
    progress = terminal()
    kernel = find_kernel(options.kernel, flavour, headers=headers)
    return Asked(kernel, choose(accel, kernel, progress), limit, options.keep, progress)
