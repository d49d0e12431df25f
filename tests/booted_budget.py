"""The tests that boot real kernels, two files at a time, within 15 minutes: `python -m tests.booted_budget [WORD]`.

Gets the distribution's kernel first, if none is here. Where this machine cannot boot one it says why and ends well.
WORD: only files with it in their name. LAB_BOOT_MINUTES sets another budget.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from lab.core.errors import LabError
from lab.realkernel.kernel import CLOUD, FULL
from lab.realkernel.kernels.find import find_kernel
from lab.realkernel.machine.qemu import program, version
from lab.realkernel.root.initramfs import busybox

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "booted"
MINUTES = 15.0
# the longest first, so that both hands end together; a file that is not named here comes last
ORDER = ("naming", "ends", "asyncpf", "symbols", "netnode")


def main(words: list[str]) -> int:
    """Exit status 0 if every file is good, or none can be run here."""
    start = time.monotonic()
    why = lacking()
    if why:
        print(f"skipped: no real kernel is booted here: {why}")
        return 0
    minutes = float(os.environ.get("LAB_BOOT_MINUTES", MINUTES))
    files = sorted(FOLDER.glob("test_*.py"), key=_weight)
    asked = [path for path in files if all(word in path.name for word in words)]
    if not asked:
        print(f"no file of tests/booted has {' and '.join(words)} in its name")
        return 2
    print(f"QEMU {version()}, {len(asked)} files, at most {minutes:g} minutes", flush=True)
    failed = _run_all(asked, start + 60 * minutes)
    spent = (time.monotonic() - start) / 60
    print(
        f"real kernels: {len(asked) - len(failed)} files good, {len(failed)} not ({' '.join(failed)}), {spent:.1f} min"
    )
    return 1 if failed else 0


def lacking() -> str:
    """Why no kernel can be booted here, "" if one can; a missing kernel is fetched."""
    try:
        program()
        busybox()
        for flavour in (FULL, CLOUD):
            _kernel(flavour)
    except LabError as error:
        return str(error)
    return ""


def _kernel(flavour: str) -> None:
    asked = os.environ.get("LAB_KERNEL") or None
    try:
        find_kernel(asked, flavour, headers=True)
    except LabError:
        if asked:
            raise
        subprocess.run([sys.executable, "-m", "lab", "kernel", "fetch"], cwd=ROOT, check=False)
        find_kernel(asked, flavour, headers=True)


def _weight(path: Path) -> tuple[int, str]:
    found = [i for i, word in enumerate(ORDER) if word in path.name]
    return (found[0] if found else len(ORDER), path.name)


def _run_all(files: list[Path], end: float) -> list[str]:
    """The names of the files that failed, or were not done by `end` (on the clock that only goes forward)."""
    left: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for path in files:
        left.put(path)
    failed: list[str] = []

    def hand() -> None:
        while True:
            try:
                path = left.get_nowait()
            except queue.Empty:
                return
            good, said = _run(path, end)
            sys.stdout.write(said)  # at once, so that lines of two files do not mix
            sys.stdout.flush()
            if not good:
                failed.append(path.name)

    hands = [threading.Thread(target=hand) for _ in range(2)]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    return sorted(failed)


def _run(path: Path, end: float) -> tuple[bool, str]:
    """One file in a process of its own: whether it is good, and what it said."""
    words = [sys.executable, "-m", "pytest", "-q", "--durations=3", str(path.relative_to(ROOT))]
    with tempfile.TemporaryFile() as out:
        with subprocess.Popen(
            words, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, "LAB_BOOT": "1"},
            start_new_session=True,
        ) as process:  # fmt: skip
            try:
                status: int | None = process.wait(max(1.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                status = None
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
        out.seek(0)
        said = out.read().decode("utf-8", "replace")
    late = "" if status is not None else f"{path.name}: the budget was spent; ended\n"
    return status == 0, f"== {path.name}\n{said}{late}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
