"""How long depmod takes beside kmod's: whole commands, interpreter start included, in alternation."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import time
from pathlib import Path

from tests.symbols.bench_tree import linked, seconds

__all__ = ["beside_kmod", "ratios"]

ROUNDS = 7


def ratios(root61: Path, root612: Path, rounds: int = ROUNDS) -> dict[str, float]:
    """Our time through kmod's, the median of `rounds` pairs; below 1 is faster.

    `root61`: a tree of plain modules, `root612`: one of compressed modules. "depmod plain", "depmod xz": everything is
    read. "depmod plain cached", "depmod xz cached": after one changed module. Warm cache of pages, two processes where
    there are two cores. The trees are linked into a scratch folder beside them, nothing in them is changed.
    """
    found: dict[str, float] = {}
    for name, root in (("plain", root61), ("xz", root612)):
        with linked(root) as (tree, version):
            found |= {f"depmod {name}{case}": ratio for case, ratio in beside_kmod(tree, version, rounds).items()}
    return found


def beside_kmod(tree: Path, version: str, rounds: int) -> dict[str, float]:
    """Medians of our time through kmod's on one `linked` tree: "" for all, " cached" for one changed module."""
    folder = tree / "lib/modules" / version
    theirs = [shutil.which("depmod", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or "depmod", "-b", str(tree)]
    ours = [sys.executable, "-m", "lab", "symbols", "depmod", "-b", str(tree), version, "-o", str(tree / "out")]
    cached = [*ours, "--cache", str(tree / "cache")]
    module = next(p for p in sorted(folder.rglob("*.ko*")) if p.is_file())
    content = module.read_bytes()

    def change() -> None:
        module.unlink()
        module.write_bytes(content)

    time.sleep(0.1)  # the links gave every file a new time of status change; a cache waits until that has passed
    for command in ([*theirs, version], ours, cached, cached):
        seconds(command)
    whole, partial = [], []
    for _ in range(rounds):
        kmod = seconds([*theirs, version])
        whole.append(seconds(ours) / kmod)
        partial.append(seconds(cached, change) / kmod)
    return {"": statistics.median(whole), " cached": statistics.median(partial)}


if __name__ == "__main__":
    for case, ratio in ratios(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:4])).items():
        print(f"{case:24} {ratio:6.3f} x kmod")
