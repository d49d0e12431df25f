"""A process that is watched: its output, its status, its end."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.core.progress import Cancelled
from lab.realkernel import doctor
from lab.realkernel.machine.supervise import LATE, guard, watch


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


def test_what_it_leaves_running_is_ended_and_not_waited_for() -> None:
    start = time.monotonic()
    status, said = run("echo begun; sleep 60 & echo $!; exit 4", limit=30)
    assert status == 4
    assert time.monotonic() - start < 15
    assert wait_until_gone(int(said.split()[1]))
    status, said = run("exec 2>/dev/null; sleep 60 >/dev/null & echo $!; exit 6", limit=30)  # its output is closed
    assert status == 6
    assert wait_until_gone(int(said))


def test_folder_and_environment_are_its_own(tmp_path: Path) -> None:
    said: list[bytes] = []
    place = tmp_path / "a=b"
    place.mkdir()
    words = ["/bin/sh", "-c", 'echo "$PWD $ONE $HOME"']
    watch(
        words, 20, lambda data, _s: said.append(data), lambda s: None, place, {"ONE": "1", "PATH": os.environ["PATH"]}
    )
    assert b"".join(said).decode() == f"{place} 1 \n"


def test_descriptors_above_a_thousand() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1200:
        pytest.skip(f"this machine allows {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (1200, hard))
    held: list[int] = []
    try:
        while not held or held[-1] < 1050:
            held.append(os.open("/dev/null", os.O_RDONLY))
        assert run("echo out") == (0, b"out\n")
    finally:
        for handle in held:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("content", [None, "#!/bin/sh\necho 'setpriv: unrecognized option --pdeathsig' >&2; exit 1\n"])
def test_without_a_setpriv_that_can_do_it(content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None at all, or busybox's, which has no such option."""
    real = shutil.which
    if content is not None:
        (tmp_path / "setpriv").write_text(content)
        (tmp_path / "setpriv").chmod(0o755)
    place = str(tmp_path / "setpriv") if content else None
    monkeypatch.setattr("shutil.which", lambda name: place if name == "setpriv" else real(name))
    assert guard() == ""
    assert run("echo out; exit 3") == (3, b"out\n")
    with pytest.raises(LabError, match="none: cannot be started"):
        watch([str(tmp_path / "none")], 5, lambda data, s: None, lambda s: None)


@pytest.mark.skipif(not guard(), reason="no setpriv of util-linux here, which ends the child")
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


@pytest.mark.parametrize(
    ("does", "state", "found"),
    [(None, "no", "not on the path"), ("exit 1", "no", "does not know --pdeathsig"), ("exit 0", "yes", "setpriv")],
)
def test_the_doctor_says_whether_there_is_one(does: str | None, state: str, found: str, tmp_path: Path) -> None:
    place = tmp_path / "setpriv"
    if does is not None:
        place.write_text(f"#!/bin/sh\n{does}\n")
        place.chmod(0o755)
    which = {"setpriv": None if does is None else str(place)}.get
    (told,) = (f for f in doctor.examine(tmp_path, tmp_path / "cache", which, try_kvm=False) if f.part == "setpriv")
    assert told.state == state
    assert found in told.found
