"""How `make test-kernel` runs its files: with stand-ins that sleep, in real processes, and no kernel."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.core.findings import Finding
from lab.realkernel import doctor
from tests import booted_budget as budget

RUN = """
import sys
from pathlib import Path
from tests import booted_budget as budget
budget.FOLDER, budget.GRACE = Path(sys.argv[1]), 5.0
budget.lacking = lambda: ""
budget.qemu.version = lambda: "0"
sys.exit(budget.main([]))
"""
SLEEPER = """
import os, subprocess
from pathlib import Path

def test_it_sleeps():
    guest = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    here = Path(__file__).with_suffix("")
    here.with_suffix(".pids.new").write_text(f"{os.getpid()} {guest.pid}")
    here.with_suffix(".pids.new").rename(here.with_suffix(".pids"))
    try:
        guest.wait()
    finally:
        guest.kill()
        guest.wait()
        here.with_suffix(".orderly").touch()
"""
STUBBORN = """
import os, signal, time
from pathlib import Path

def test_it_does_not_listen():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Path(__file__).with_suffix(".pids").write_text(f"{os.getpid()}")
    time.sleep(1000)
"""


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("LAB_BOOT_MINUTES", "5")


def put(folder: Path, **files: str) -> list[Path]:
    """Files of tests."""
    paths = [folder / f"test_{name}.py" for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text, "utf-8")
    return paths


def pids(path: Path) -> list[int]:
    """What a stand-in says that it runs, once it does."""
    end = time.monotonic() + 60
    place = path.with_suffix(".pids")
    while not place.exists() or not place.read_text("utf-8"):
        assert time.monotonic() < end
        time.sleep(0.02)
    return [int(word) for word in place.read_text("utf-8").split()]


def gone(numbers: list[int]) -> bool:
    """Whether those processes end within some seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        left = []
        for number in numbers:
            with contextlib.suppress(OSError):
                state = Path(f"/proc/{number}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
                left += [number] if state != "Z" else []
        if not left:
            return True
        time.sleep(0.05)
    return False


def test_every_file_has_its_place_in_the_order() -> None:
    assert [path.name for path in budget.ordered()] == [f"test_booted_{word}.py" for word in budget.ORDER]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_every_test_in_good_order(number: signal.Signals, tmp_path: Path) -> None:
    files = put(tmp_path, one=SLEEPER, two=SLEEPER)
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path)], cwd=budget.ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        running = [number for path in files for number in pids(path)]
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert said.endswith(f"ended by {number.name}\n")
    assert gone(running)
    assert all(path.with_suffix(".orderly").exists() for path in files)


@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv (util-linux) is not here")
def test_tests_end_in_good_order_when_it_is_killed(tmp_path: Path) -> None:
    files = put(tmp_path, one=SLEEPER)
    with subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path)], cwd=budget.ROOT) as process:
        running = pids(files[0])
        process.kill()
    assert gone(running)
    assert files[0].with_suffix(".orderly").exists()


def test_tests_listen_to_ctrl_c_though_a_shell_had_it_ignored(tmp_path: Path) -> None:
    files = put(tmp_path, one=SLEEPER)
    words = ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", RUN, str(tmp_path)]
    with subprocess.Popen(words, cwd=budget.ROOT) as process:
        running = pids(files[0])
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 128 + signal.SIGTERM
    assert gone(running)
    assert files[0].with_suffix(".orderly").exists()


def test_the_budget_s_end_ends_what_runs_and_names_what_did_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "HANDS", 1)
    files = put(tmp_path, one=SLEEPER, two=SLEEPER)
    assert budget.run_all(files, time.monotonic() + 4) == ["test_one.py", "test_two.py"]
    said = capsys.readouterr().out
    assert "test_one.py: the budget was spent; ended" in said
    assert "== test_two.py: the budget was spent before it began" in said
    assert gone(pids(files[0]))
    assert files[0].with_suffix(".orderly").exists()


def test_what_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "GRACE", 0.3)
    (path,) = put(tmp_path, one=STUBBORN)
    file = budget._started(path, tmp_path)
    running = pids(path)
    start = time.monotonic()
    budget.stop([file])
    file.said.close()
    assert time.monotonic() - start < 10
    assert file.process.returncode == -signal.SIGKILL
    assert gone(running)


def test_a_file_of_which_nothing_ran_is_not_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    skipped = "import pytest\ndef test_a():\n    pytest.skip('no kernel is here')\n"
    files = put(
        tmp_path, skips=skipped, fails="def test_a():\n    assert 0\n", mixed=f"{skipped}def test_b():\n    pass\n",
        good="def test_a():\n    import os\n    assert os.environ['LAB_BOOT']\n", empty="",
    )  # fmt: skip
    assert budget.run_all(files, time.monotonic() + 60) == ["test_empty.py", "test_fails.py", "test_skips.py"]
    said = capsys.readouterr().out
    assert "test_skips.py: nothing of it ran: every test was skipped" in said
    assert "test_fails.py: pytest ended with status 1" in said
    assert "test_empty.py: pytest ended with status 5" in said


HERE = tuple(Finding(part, "yes", "here", "") for part in (*doctor.NEEDS, "fetching"))


def found(**gone: str) -> tuple[Finding, ...]:
    return tuple(Finding(f.part, "no", gone[key], "") if (key := f.part.replace(" ", "_")) in gone else f for f in HERE)


def test_what_the_doctor_misses_is_why_nothing_is_booted() -> None:
    assert budget._told(HERE, []) == ""
    assert budget._told(found(static_libc="no libc.a", udev="no udevd"), []) == "udev: no udevd; static libc: no libc.a"
    for part in doctor.NEEDS:
        assert budget._told(found(**{part.replace(" ", "_"): "gone"}), []).startswith(f"{part}: gone")
    assert budget._told(HERE, ["there is no cloud kernel's headers"]) == "there is no cloud kernel's headers"
    assert re.search("\nto add what is missing: kernel-lab kernel fetch$", budget._told(found(kernel="none"), ["none"]))


def test_make_test_kernel_ends_well_where_something_is_missing(tmp_path: Path) -> None:
    """Without QEMU on the path: a reason is printed, and nothing is run."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("busybox", "gcc", "make", "setpriv", "apt-get", "dpkg-deb"):
        if place := shutil.which(name):
            (tools / name).symlink_to(place)
    environment = {**os.environ, "PATH": str(tools), "LAB_KERNEL": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.booted_budget"],
        cwd=budget.ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("skipped: no real kernel is booted here: QEMU: qemu-system-x86_64 is not on the path")
    assert f"{tmp_path}: holds no kernel that can be booted" in done.stdout
