"""A process that is watched: its output, its status, its end."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.core.progress import Cancelled
from lab.realkernel.machine.supervise import LATE, watch


def gone(pid: int) -> bool:
    """True once the process is over (a zombie waits only for somebody to ask)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until_gone(pid: int) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if gone(pid):
            return True
        time.sleep(0.02)
    return False


def run(script: str, limit: float = 20, look=lambda s: None):  # type: ignore[no-untyped-def]
    said: list[bytes] = []
    status = watch(["sh", "-c", script], limit, lambda data, _s: said.append(data), look)
    return status, b"".join(said)


def test_output_and_status() -> None:
    assert run("echo out; echo err >&2; exit 3") == (3, b"out\nerr\n")


def test_it_has_no_standard_input() -> None:
    assert run("cat; echo over") == (0, b"over\n")


def test_the_limit_ends_it_and_its_children() -> None:
    start = time.monotonic()
    status, said = run("echo $$; sleep 60 & echo $!; wait", limit=0.5)
    assert status == LATE
    assert time.monotonic() - start < 10
    assert all(wait_until_gone(int(pid)) for pid in said.split())


def test_a_closed_output_does_not_end_the_wait() -> None:
    status, said = run("echo $$; exec >&- 2>&-; sleep 0.4; exit 5")
    assert status == 5
    assert wait_until_gone(int(said))


@pytest.mark.parametrize("error", [Cancelled(), LabError("enough"), KeyboardInterrupt()])
def test_whoever_looks_may_end_it(error: BaseException) -> None:
    pids: list[bytes] = []

    def look(seconds: float) -> None:
        if pids:
            raise error

    with pytest.raises(type(error)):
        watch(["sh", "-c", "echo $$; sleep 60"], 30, lambda data, _s: pids.append(data), look)
    assert wait_until_gone(int(pids[0]))


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv (util-linux) here, which ends the child")
def test_it_is_gone_when_we_are_killed() -> None:
    code = (
        "from lab.realkernel.machine.supervise import watch\n"
        "watch(['sh', '-c', 'echo $$; exec sleep 60'], 50, lambda d, s: print(d.decode(), flush=True), lambda s: None)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as ours:
        assert ours.stdout is not None
        child = int(ours.stdout.readline())
        assert not gone(child)
        os.kill(ours.pid, signal.SIGKILL)
    assert wait_until_gone(child)
