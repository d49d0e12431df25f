"""The tests that boot real kernels, two files at a time, within 15 minutes: `python -m tests.booted_budget [WORD]`.

Gets the distribution's kernel first, if none is here. Where this machine lacks something that `kernel-lab kernel
doctor` names, it says so and ends well; a file of which nothing ran is not good. Ctrl-C, SIGTERM, SIGHUP and the end of
the budget end every test in good order. WORD: only files with it in their name. LAB_BOOT_MINUTES sets another budget.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import IO
from xml.etree import ElementTree

from lab.core.errors import LabError
from lab.core.findings import Finding, system_id
from lab.realkernel import doctor
from lab.realkernel.kernel import CLOUD, FULL
from lab.realkernel.kernels.find import find_kernel
from lab.realkernel.machine import qemu
from lab.realkernel.machine.supervise import guard

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "booted"
MINUTES = 15.0
HANDS = 2  # files at a time
GRACE = 20.0  # seconds that a test has to end its guests and remove its files
# all of them, the longest first, so that both hands end together
ORDER = ("naming", "accidents", "ends", "netnode", "vmm", "symbols", "sections", "asyncpf")
KERNELS = ("kernel", "cloud kernel", "headers")  # the doctor's parts that LAB_KERNEL stands for


class Ended(Exception):
    """A signal that says to end."""


class Signals:
    """What ends the run: raised at once, but while `held` only noted, so that no process is lost as it starts."""

    def __init__(self) -> None:
        self.got: list[int] = []
        self.held = False

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        self.got.append(number)
        if not self.held:
            raise Ended(number)


SIGNALS = Signals()


@dataclasses.dataclass(frozen=True, slots=True)
class File:
    """A file of tests that runs: its process, which leads a group of its own, what it says, and its report."""

    path: Path
    process: subprocess.Popen[bytes]
    said: IO[bytes]
    report: Path


def main(words: Sequence[str]) -> int:
    """Exit status 0 if every file is good, or none can be run here; 128 and more if a signal ended it."""
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: where a shell's `&` has it ignored, tests had it too
        signal.signal(number, SIGNALS)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup(1)
        signal.signal(signal.SIGHUP, SIGNALS)
    try:
        return _main(words)
    except Ended as ended:
        print(f"ended by {signal.Signals(ended.args[0]).name}", flush=True)
        return 128 + int(ended.args[0])


def _main(words: Sequence[str]) -> int:
    start = time.monotonic()
    files = [path for path in ordered() if all(word in path.name for word in words)]
    if not files:
        print(f"no file of tests/booted has {' and '.join(words)} in its name")
        return 2
    why = lacking()
    if why:
        print(f"skipped: no real kernel is booted here: {why}")
        return 0
    minutes = float(os.environ.get("LAB_BOOT_MINUTES", MINUTES))
    print(f"QEMU {qemu.version()}, {len(files)} files, at most {minutes:g} minutes", flush=True)
    failed = run_all(files, start + 60 * minutes)
    spent = (time.monotonic() - start) / 60
    print(
        f"real kernels: {len(files) - len(failed)} files good, {len(failed)} not ({' '.join(failed)}), {spent:.1f} min"
    )
    return 1 if failed else 0


def ordered() -> list[Path]:
    """The files, the longest first; one that ORDER does not know comes last."""
    place = {f"test_booted_{word}.py": i for i, word in enumerate(ORDER)}
    return sorted(FOLDER.glob("test_*.py"), key=lambda path: (place.get(path.name, len(place)), path.name))


def lacking() -> str:
    """What this machine lacks for booting every test's kernel, as the doctor names it; "" if nothing.

    A missing kernel is fetched.
    """
    asked = os.environ.get("LAB_KERNEL") or None
    if asked is None and any(_no_kernel(None, flavour) for flavour in (FULL, CLOUD)):
        subprocess.run([sys.executable, "-m", "lab", "kernel", "fetch"], cwd=ROOT, check=False)
    found = doctor.examine(try_kvm=False)
    if asked is not None:
        found = tuple(finding for finding in found if finding.part not in KERNELS)
    no_kernel = [why for flavour in (FULL, CLOUD) if (why := _no_kernel(asked, flavour))]
    return _told(found, no_kernel)


def _told(found: Sequence[Finding], no_kernel: Sequence[str]) -> str:
    parts = {part for missing in doctor.missing(found).values() for part in missing}
    lines = [f"{finding.part}: {finding.found}" for finding in found if finding.part in parts]
    lines += [line for line in dict.fromkeys(no_kernel) if not any(line in said for said in lines)]
    if not lines:
        return ""
    remedy = doctor.advice(found, superuser=os.geteuid() == 0, system=system_id()) if parts else ""
    return "; ".join(lines) + (f"\nto add what is missing: {remedy}" if remedy else "")


def _no_kernel(asked: str | None, flavour: str) -> str:
    """Why there is no kernel of `flavour` to build modules for, "" if there is one."""
    try:
        find_kernel(asked, flavour, headers=True)
    except LabError as error:
        return str(error)
    return ""


def run_all(files: Sequence[Path], end: float) -> list[str]:
    """The names of the files that are not good, or were not done by `end` (on the clock that only goes forward).

    Whatever ends it, no process that it started is left. Raises `Ended` after a signal.
    """
    left, running, bad = list(files), list[File](), list[str]()
    SIGNALS.held = True
    with tempfile.TemporaryDirectory(prefix="booted-") as folder:
        try:
            while (left or running) and time.monotonic() < end and not SIGNALS.got:
                while left and len(running) < HANDS:
                    running.append(_started(left.pop(0), Path(folder)))
                for file in [one for one in running if one.process.poll() is not None]:
                    running.remove(file)
                    _kill(file)
                    why = fault(file.process.returncode, file.report)
                    bad += [file.path.name] if why else []
                    _say(file, why)
                time.sleep(0.1)
        finally:
            stop(running)
            SIGNALS.held = False
        for file in running:
            _say(file, "ended by a signal" if SIGNALS.got else "the budget was spent; ended")
        if SIGNALS.got:
            raise Ended(SIGNALS.got[0])
        for path in left:
            print(f"== {path.name}: the budget was spent before it began", flush=True)
    return sorted([*bad, *(file.path.name for file in running), *(path.name for path in left)])


def fault(status: int, report: Path) -> str:
    """Why a file that ended is not good, "" if it is: something failed, or nothing of it ran."""
    if status:
        return f"pytest ended with status {status}"
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))
    tests, skipped = (sum(int(suite.get(key, "0")) for suite in suites) for key in ("tests", "skipped"))
    return "" if tests > skipped else "nothing of it ran: every test was skipped"


def stop(files: Sequence[File]) -> None:
    """Let every file end as after Ctrl-C; what is left of it after `GRACE` seconds, or one more signal, is killed."""
    before = len(SIGNALS.got)
    try:
        for file in files:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(file.process.pid, signal.SIGINT)
        end = time.monotonic() + GRACE
        while any(file.process.poll() is None for file in files):
            if time.monotonic() > end or len(SIGNALS.got) > before:
                break
            time.sleep(0.05)
    finally:
        for file in files:
            _kill(file)


def _kill(file: File) -> None:
    """Kill what is left of its group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(file.process.pid, signal.SIGKILL)
    file.process.wait()


def _started(path: Path, folder: Path) -> File:
    """One file in a process of its own, which is told to end if this one is killed."""
    report = folder / f"{path.stem}.xml"
    held = guard()
    words = [*((held, "--pdeathsig", "INT", "--") if held else ()), sys.executable, "-m", "pytest", "-q"]
    words += ["--durations=3", f"--junitxml={report}", str(path)]
    said = tempfile.TemporaryFile()  # noqa: SIM115  closed when it has been printed
    process = subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
        env={**os.environ, "LAB_BOOT": "1"}, start_new_session=True,
    )  # fmt: skip
    return File(path, process, said, report)


def _say(file: File, why: str) -> None:
    """All at once, so that lines of two files do not mix."""
    with file.said:
        file.said.seek(0)
        text = file.said.read().decode("utf-8", "replace")
    print(f"== {file.path.name}\n{text}" + (f"{file.path.name}: {why}" if why else ""), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
