"""The command `kernel-lab`: parse, call the core, print a table or JSON. Thin on purpose.

Each room brings its own subcommands (`lab/ROOM/commands.py`, function `add_commands`) and is
imported only when its name is the first word of the command line.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import io
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from lab import __version__
from lab.core.errors import LabError, printable, visible
from lab.core.report import Report

__all__ = ["main"]

# first word -> module that brings it; the last two concern the lab as a whole
COMMANDS = {
    "naming": "lab.naming.commands",
    "symbols": "lab.symbols.commands",
    "pagefault": "lab.pagefault.commands",
    "kernel": "lab.realkernel.commands",
    "doctor": "lab.commands",
    "notebooks": "lab.commands",
}


class Parser(argparse.ArgumentParser):
    """A parser, also of every subcommand, that refuses a line in one line and reads numbers in ASCII digits only."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.register("type", int, _whole)
        self.register("type", float, _number)
        self.fill: Callable[[Any], None] | None = None  # adds the arguments of a subcommand once it is the one wanted

    def complete(self) -> None:
        """Add the arguments that were put off."""
        fill, self.fill = self.fill, None
        if fill is not None:
            fill(self)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse has it; the arguments are added first if that was put off."""
        self.complete()
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the line and where to look; the exit status is 2."""
        self.exit(2, f"kernel-lab: {printable(message)} (see {self.prog} --help)\n")


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise argparse.ArgumentTypeError(f"{text[:60]!r} is no whole number")
    return int(text)


def _number(text: str) -> float:
    if not re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", text):
        raise argparse.ArgumentTypeError(f"{text[:60]!r} is no number")
    return float(text)


def build_parser(word: str | None) -> argparse.ArgumentParser:
    """The parser with the commands that `word` begins, or with those of the whole lab if it begins none."""
    parser = Parser(
        prog="kernel-lab",
        description="Kernel Feature Lab: device naming, symbol index, asynchronous page faults, and real kernels.",
    )
    parser.add_argument("--version", action="version", version=f"kernel-lab {__version__}")
    groups = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in [COMMANDS[word]] if word in COMMANDS else dict.fromkeys(COMMANDS.values()):
        importlib.import_module(name).add_commands(groups)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status: 2 with one line on stderr for a user's error.

    SIGTERM and SIGHUP end it in order, so that no process and no temporary folder stays; the status is then 128 and
    the signal's number, as a shell has it.
    """
    with _orderly_end():
        return _run(argv)


@contextlib.contextmanager
def _orderly_end() -> Iterator[None]:
    """Let signals that would end the process at once raise `SystemExit` instead, where they do that."""
    owner = os.getpid()
    taken: list[int] = []

    def leave(number: int, frame: object) -> None:
        if os.getpid() != owner:  # a copy of this process must not clean up after it
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        for each in taken:
            signal.signal(each, signal.SIG_IGN)  # a second one must not end the cleaning up
        raise SystemExit(128 + number)

    with contextlib.suppress(ValueError):  # another thread than the main one: signals are not ours
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) == signal.SIG_DFL:  # nohup(1) has it ignored
                signal.signal(number, leave)
                taken.append(number)
    try:
        yield
    finally:
        for each in taken:
            signal.signal(each, signal.SIG_DFL)


def _run(argv: Sequence[str] | None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a character still shows the rest
    try:
        options = build_parser(words[0] if words else None).parse_args(words)
        report: Report = options.run(options)
        if options.json:
            from lab.core import jsontext

            _write(jsontext.dumps(report.data))
        else:
            _write(visible(report.text))
        return report.status
    except LabError as error:
        print(f"kernel-lab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("kernel-lab: stopped", file=sys.stderr)
        return 130


def _write(text: str) -> None:
    """Print `text`; raises `LabError` where standard output is closed or full."""
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        print(text)
        sys.stdout.flush()
    except OSError as error:
        if sys.stdout is not None:  # what is still buffered must not fail again when the program ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # the reader (head, less) has gone: not an error of ours
            raise LabError(f"standard output: cannot be written ({error.strerror})") from None
