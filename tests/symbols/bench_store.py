"""How long the index takes beside kmod's depmod: `python -m tests.symbols.bench_store [--rounds N] ROOT...`.

Each ROOT is an unpacked kernel package (boot/vmlinuz-*, lib/modules/VERSION). Its modules are copied to a scratch
folder; then an update after one changed module, a build where nothing changed, a lookup and depmod run in turns, as
whole commands with interpreter start.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lab.core.timing import interval, machine

LAB = [sys.executable, "-c", "import sys; from lab.cli import main; sys.exit(main())", "symbols"]


def main() -> int:
    """Print medians with their intervals, and the ratios to depmod; 1 if there is no depmod."""
    parser = argparse.ArgumentParser(description="the index beside depmod")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("roots", nargs="+", type=Path)
    options = parser.parse_args()
    depmod = shutil.which("depmod", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if depmod is None:
        print("depmod: there is none here (Debian package kmod)")
        return 1
    here = machine()
    print(f"{here.cpu}, {here.cores_allowed} cores allowed, {here.system}, Python {here.python}")
    for root in options.roots:
        _one(root, depmod, options.rounds)
    return 0


def _one(root: Path, depmod: str, rounds: int) -> None:
    image = next(itertools.chain(root.glob("boot/vmlinu[xz]-*"), root.glob("lib/modules/*/vmlinuz")))
    (tree,) = (p for p in root.glob("lib/modules/*") if p.is_dir())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "lib/modules" / tree.name
        shutil.copytree(tree, folder, symlinks=True, ignore=shutil.ignore_patterns("build", "source"))
        index = Path(scratch) / "index"
        module = sorted(folder.rglob("libata.ko*"))[0]
        build = [*LAB, "build", "--kernel", str(image), "--modules", str(folder), "-o", str(index)]
        time.sleep(2.1)  # so that what was copied is older than the index by more than the racy two seconds
        full = _run([*build, "--full"])
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        times: dict[str, list[float]] = {"depmod": [], "update": [], "unchanged": [], "lookup": []}
        for turn in range(rounds + 1):
            os.utime(module, (10**9 + turn, 10**9 + turn))
            times["update"].append(_run(build))
            now = time.time() + 5
            os.utime(index, (now, now))
            times["unchanged"].append(_run(build))
            times["lookup"].append(_run([*LAB, "lookup", "ata_link_abort", "--on", str(index)]))
            times["depmod"].append(_run([depmod, "-b", scratch, tree.name]))
    print(f"{tree.name}, {rounds} rounds: full build {full:.2f} s (one run), largest process {peak:.0f} MiB")
    base = statistics.median(times["depmod"][1:])
    for name, values in times.items():
        low, high = interval(values[1:])
        middle = statistics.median(values[1:])
        ratio = f"{middle / base:.3f} x depmod (1/{base / middle:.1f})"
        print(f"  {name:<10}{middle:.3f} s ({low:.3f} to {high:.3f}), {ratio}", flush=True)


def _run(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
