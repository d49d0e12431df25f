"""A command that is told to end by a signal in the middle of a boot: nothing of it stays."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# A command of its own, so that no kernel is needed: it boots in a QEMU that only sleeps.
CODE = """
import sys, types
from pathlib import Path
from lab import cli
from lab.core.report import Report
from lab.realkernel.boot import boot
from lab.realkernel.guest import Guest
from lab.realkernel.kernel import Kernel
from lab.realkernel.root import initramfs

here = Path(sys.argv[1])

def run(options):
    initramfs.busybox = lambda: here / "busybox"
    return boot(Guest("try", Kernel("6.1", here / "vmlinuz", here), "true"), limit=50)

def add_commands(groups):
    groups.add_parser("try").set_defaults(run=run, json=False)

sys.modules["trying"] = types.ModuleType("trying")
sys.modules["trying"].add_commands = add_commands
cli.COMMANDS["try"] = "trying"
sys.exit(cli.main(["try"]))
"""
QEMU = """#!/bin/sh
case $* in *-monitor*) exit 1 ;; esac
echo $$ >%s/new
mv %s/new %s/pid
exec sleep 60
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "busybox").touch()
    (tmp_path / "vmlinuz").write_bytes(b"no bzImage")
    for name in ("bin", "temporary"):
        (tmp_path / name).mkdir()
    qemu = tmp_path / "bin/qemu-system-x86_64"
    qemu.write_text(QEMU.replace("%s", str(tmp_path)))
    qemu.chmod(0o755)
    return tmp_path


def started(place: Path, *before: str) -> tuple[subprocess.Popen[bytes], int]:
    """The command once its QEMU runs, and that one's number."""
    environment = {**os.environ, "PATH": f"{place / 'bin'}:{os.environ['PATH']}", "TMPDIR": str(place / "temporary")}
    environment["XDG_CACHE_HOME"] = str(place / "cache")
    process = subprocess.Popen([*before, sys.executable, "-c", CODE, str(place)], env=environment)
    end = time.monotonic() + 60
    while not (place / "pid").exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    assert len(list((place / "temporary").iterdir())) == 1
    return process, int((place / "pid").read_text())


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_in_order(place: Path, number: signal.Signals) -> None:
    process, child = started(place)
    process.send_signal(number)
    assert process.wait(30) == 128 + number
    assert not alive(child)
    assert list((place / "temporary").iterdir()) == []


@pytest.mark.skipif(shutil.which("nohup") is None, reason="no nohup (coreutils) here")
def test_what_is_to_be_ignored_is_ignored(place: Path) -> None:
    process, child = started(place, "nohup")
    process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert process.poll() is None
    assert alive(child)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM
    assert list((place / "temporary").iterdir()) == []


def test_the_signals_are_given_back(capsys: pytest.CaptureFixture[str]) -> None:
    from lab import cli

    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before
    assert "kernel-lab" in capsys.readouterr().out
