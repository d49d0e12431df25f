"""Whole commands with interpreter start: depmod and build beside kmod's depmod, extraction, kallsyms, memory."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.symbols import bench_extract
from tests.symbols.bench_depmod import beside_kmod
from tests.symbols.bench_goals import Goal, paired
from tests.symbols.bench_memory import peak
from tests.symbols.bench_tree import linked, seconds

__all__ = ["build", "depmod", "extract", "kallsyms", "memory"]

LAB = [sys.executable, "-m", "lab", "symbols"]
# form of the modules -> goals: depmod, depmod with a cache after one change, build after one change (x kmod's time)
GOALS = {"plain": (1.0, 0.5, 0.5), "compressed": (0.6, 1 / 30, 1 / 30)}


def form(root: Path) -> str:
    """Whether the modules of a package are plain or compressed."""
    return "plain" if next(root.glob("lib/modules/*/kernel/**/*.ko"), None) else "compressed"


def image(root: Path) -> Path:
    """The kernel image of a package."""
    return next(itertools.chain(root.glob("boot/vmlinu[xz]-*"), root.glob("lib/modules/*/vmlinuz")))


def depmod(root: Path, rounds: int) -> Iterator[Goal]:
    """All modules read, and after one changed module with `--cache`, through kmod's time for the same tree."""
    whole, cached, _ = GOALS[form(root)]
    with linked(root) as (tree, version):
        found = beside_kmod(tree, version, rounds)
    yield Goal(f"depmod {version}, {form(root)} modules", found[""], whole, "x kmod", note=f"{rounds} pairs")
    yield Goal(
        f"depmod --cache {version}, one module changed", found[" cached"], cached, "x kmod", note=f"{rounds} pairs"
    )


def build(root: Path, rounds: int) -> Iterator[Goal]:
    """`build` after one changed module, through the time of kmod's depmod, in turns."""
    kmod = shutil.which("depmod", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if kmod is None:
        raise SystemExit("depmod: there is none here (Debian package kmod)")
    with linked(root) as (tree, version):
        folder, index = tree / "lib/modules" / version, tree / "index"
        update = [*LAB, "build", "--kernel", str(image(root)), "--modules", str(folder), "-o", str(index)]
        module = next(p for p in sorted(folder.rglob("*.ko*")) if p.is_file())
        content = module.read_bytes()

        def change() -> None:
            module.unlink()
            module.write_bytes(content)

        time.sleep(2.1)  # what was linked just now must be older than the index by more than the clock's coarseness
        full = seconds(update)
        for command in (update, [kmod, "-b", str(tree), version]):
            seconds(command)
        pairs = [(seconds(update, change), seconds([kmod, "-b", str(tree), version])) for _ in range(rounds)]
    ours, theirs = (sorted(side)[rounds // 2] for side in zip(*pairs, strict=True))
    told = f"full build {full:.2f} s; {ours:.3f} s, kmod {theirs:.3f} s"
    yield paired(
        f"build {version}, one module changed", [a / b for a, b in pairs], GOALS[form(root)][2], "x kmod", note=told
    )


def extract(root: Path, rounds: int) -> Iterator[Goal]:
    """The bulk reader beside iterating pyelftools' symbols."""
    if form(root) == "plain":
        found = bench_extract.ratios(root)
        note = f"{found['us per module']:.0f} µs a module, pyelftools {found['pyelftools us per module']:.0f} µs"
        yield Goal("extraction, faster than pyelftools", found["extract"], 50, "x", least=True, note=note)


def kallsyms(root: Path, rounds: int) -> Iterator[Goal]:
    """From the image to a list of symbols."""
    times = sorted(seconds([*LAB, "kallsyms", str(image(root))]) for _ in range(rounds))
    yield Goal(f"kallsyms {image(root).name}", times[rounds // 2], 2.0, "s", low=times[0], high=times[-1])


def memory(root: Path, rounds: int) -> Iterator[Goal]:
    """The peak of each command, children added."""
    with linked(root) as (tree, version):
        folder, index, boot = str(tree / "lib/modules" / version), str(tree / "index"), str(image(root))
        module = next(str(p) for p in sorted(Path(folder).rglob("libata.ko*")) if p.is_file())
        make = [*LAB, "build", "--kernel", boot, "--modules", folder, "-o", index]
        commands = {
            "build": make,
            "build again": make,
            "depmod": [*LAB, "depmod", "-b", str(tree), version, "-o", str(tree / "out"), "--cache", str(tree / "c")],
            "lookup": [*LAB, "lookup", "kfree", "--on", index],
            "who-uses": [*LAB, "who-uses", "kfree", "--on", index],
            "deps": [*LAB, "deps", "libata", "--on", index],
            "diff": [*LAB, "diff", index, index],
            "why": [*LAB, "why", module, "--on", index],
            "exports of all": [*LAB, "exports", folder],
            "exports of the image": [*LAB, "exports", boot],
            "kallsyms": [*LAB, "kallsyms", boot],
        }
        for name, command in commands.items():
            most, looks = peak(command)
            yield Goal(f"memory of {name}, {version}", most, 300, "MiB", note=f"{looks} looks")
