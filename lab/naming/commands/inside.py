"""A command in another network namespace: the same command in a child process that has entered it."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Sequence

from lab.core import jsontext
from lab.core.errors import LabError
from lab.core.report import Report

__all__ = ["inside"]

REPORT = "\0"  # begins the line that is the child's report; every other line is printed as it comes


def inside(command: str, options: argparse.Namespace) -> Report:
    """What the function `run` of `lab.naming.commands.COMMAND` answers inside the namespace `options.netns`.

    The child has a sysfs of its own; this process stays where it is. Raises `LabError` as that function does, or
    where the namespace cannot be entered, which only the superuser may.
    """
    import subprocess

    from lab.naming.sources.netns import place_of

    place = place_of(options.netns)
    values = {k: v for k, v in vars(options).items() if isinstance(v, str | int | float | bool | None)}
    paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)
    words = [sys.executable, "-P", "-m", __name__, place, command, json.dumps({**values, "netns": None})]
    answer = ""
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="backslashreplace",
        env={**os.environ, "PYTHONPATH": paths},
    ) as child:
        try:
            for line in child.stdout or ():
                if line.startswith(REPORT):
                    answer = line[len(REPORT) :]
                else:
                    print(line, end="", flush=True)
            said = child.stderr.read() if child.stderr is not None else ""
        except KeyboardInterrupt:  # the terminal has told the child too
            said = "stopped"
            child.terminate()
        except BaseException:  # a signal to this process alone
            child.terminate()
            raise
    if not answer:
        raise LabError(said.strip().rpartition("\n")[2] or f"--netns: the child ended with status {child.returncode}")
    found = json.loads(answer)
    return Report(found["data"], found["text"], found["status"])


def main(arguments: Sequence[str]) -> int:
    """The child: enter the namespace, run the command there, hand its report to the parent."""
    from lab.naming.sources.netns import enter

    place, command, values = arguments
    try:
        enter(place)
        options = argparse.Namespace(**json.loads(values))
        report = importlib.import_module(f"lab.naming.commands.{command}").run(options)
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    print(REPORT + jsontext.dumps(report._asdict(), indent=None), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
