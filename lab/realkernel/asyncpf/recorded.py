"""Runs that were recorded, for machines without QEMU: the same result, read from bundled files or from one's own."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lab.core import dataset
from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.realkernel.asyncpf.result import AsyncPfResult, read_run
from lab.realkernel.asyncpf.settings import ORDERS, Settings

__all__ = ["load_run", "names", "recorded", "run_line", "settings_in"]

PREFIX = "realkernel/asyncpf-"
EARLIER = "pagefault/"
LARGEST = 16 << 20  # bytes of a file
LONGEST = 1000  # characters of a line of settings
TRACE, LOG = ".trace.txt", ".vmm.txt"
EARLIER_REMARK = (
    "recorded with an earlier VMM: its guest polls while it idles and takes the task with the lowest number, its pager "
    "does not wait until the guest is settled; so where it is told the order depends on times"
)

Words = Mapping[str, tuple[str, Callable[[str], Any]]]

# a word of the VMM -> field of Settings, and how its value is read; --quiet and --limit say nothing of the order
WORDS: Words = {
    "--tasks": ("tasks", int), "--pages": ("pages", int), "--flags": ("flags", lambda text: hex(int(text, 16))),
    "--compute": ("compute", int), "--batch": ("batch", int), "--order": ("order", str), "--seed": ("seed", int),
    "--delay": ("delay", float), "--gap": ("gap", float), "--pace": ("pace", str),
}  # fmt: skip
EARLIER_WORDS: Words = {
    "-t": ("tasks", int), "-p": ("pages", int), "-f": ("flags", lambda text: hex(int(text, 0))),
    "-B": ("batch", int), "-o": ("order", lambda text: ORDERS[int(text)]), "-d": ("delay", float),
}  # fmt: skip
SWITCHES = {"--write": "write", "-w": "write", "--user-mode": "user_mode"}
_RUN = re.compile(r"^# run: kernel (?P<kernel>[\w.+~-]{1,80}), (?P<accel>icount|tcg|kvm)$", re.MULTILINE)


def names() -> tuple[str, ...]:
    """The bundled runs, those of the present VMM first."""
    found = [one.name for one in dataset.listed()]
    new = [name.removeprefix(PREFIX) for name in found if name.startswith(PREFIX)]
    return (*new, *(name.removeprefix(EARLIER) for name in found if name.startswith(EARLIER)))


def recorded(name: str) -> AsyncPfResult:
    """The bundled run called `name`, held against what its settings predict.

    Those recorded with an earlier VMM have its settings as far as they go together, and say so in `remarks`. Raises
    `LabError` for a name that is not known, with those that are.
    """
    if name not in names():
        raise LabError(f"--recorded: {name!r} is not one of {', '.join(names())}, nor a file NAME{TRACE}")
    listed = {one.name: one for one in dataset.listed()}
    found = listed.get(PREFIX + name) or listed[EARLIER + name]
    return dataclasses.replace(load_run(found.path, name), source=f"bundled recording of {found.date}: {found.origin}")


def load_run(path: Path, name: str = "") -> AsyncPfResult:
    """The run in a file NAME.trace.txt and in NAME.vmm.txt beside it, as `write_run` writes them.

    Raises `LabError` for files that cannot be read, are no trace and log, or do not say the run's settings.
    """
    if not path.name.endswith(TRACE):
        raise LabError(f"--recorded: {path.name!r} is no file NAME{TRACE}")
    name = name or path.name.removesuffix(TRACE)
    trace = _text(path)
    log = _text(path.with_name(path.name.removesuffix(TRACE) + LOG))
    earlier = trace.startswith("# cmd: vmm ")
    settings = settings_in(trace if earlier else log, name)
    said = _RUN.search(log[: 10 * LONGEST])
    kernel, accel = (said["kernel"], said["accel"]) if said else ("", "")
    result = read_run(
        name, settings, trace, log, kernel=kernel, accel=accel, source=f"read from {path.name}", earlier=earlier
    )
    return dataclasses.replace(result, trace_file=str(path), remarks=(EARLIER_REMARK,) if earlier else ())


def run_line(kernel: str, accel: str) -> str:
    """What `load_run` knows kernel and accelerator by: a heading of the log."""
    return f"# run: kernel {kernel}, {accel}\n"


def settings_in(text: str, name: str) -> Settings:
    """The settings that the heading of a log (`# vmm ...`), or of an earlier VMM's trace (`# cmd: vmm ...`), says.

    Raises `LabError` where there is no such heading or it is damaged.
    """
    for line in text[: 10 * LONGEST].splitlines():
        for heading, words, pace in (("# vmm ", WORDS, "settled"), ("# cmd: vmm ", EARLIER_WORDS, "timed")):
            if line.startswith(heading) and len(line) <= LONGEST:
                return _settings(line.removeprefix(heading).split(), words, pace, name)
    raise LabError(f"{name}: its first lines do not say the settings of the run (# vmm --tasks ...)")


def _settings(said: list[str], known: Words, pace: str, name: str) -> Settings:
    values: dict[str, Any] = {"pace": pace}
    for word, value in itertools.pairwise([*said, ""]):
        if word in SWITCHES:
            values[SWITCHES[word]] = True
        elif word in known:
            field, read = known[word]
            try:
                values[field] = read(value)
            except (ValueError, IndexError):
                raise LabError(f"{name}: its settings are damaged, {word} {value!r} is no value") from None
    try:
        return Settings(**values)
    except LabError as error:
        raise LabError(f"{name}: its settings are damaged, {error}") from None


def _text(path: Path) -> str:
    return read_bytes(path, LARGEST).decode("utf-8", "replace")
