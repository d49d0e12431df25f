"""The doctor on machines that a test makes up folder by folder, and on this one."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from lab import doctor
from lab.core import jsontext
from lab.doctor import Finding


def nothing(name: str) -> str | None:
    """No program is there."""
    return None


def anything(name: str) -> str | None:
    """Every program is there."""
    return f"/usr/bin/{name}"


def by_part(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {f.part: f for f in findings}


def test_an_empty_machine_lacks_what_a_package_can_bring(tmp_path: Path) -> None:
    found = doctor.examine(tmp_path, nothing)
    states = {f.part: f.state for f in found}
    for part in ("sysfs", "kernel files", "compiler", "udevadm", "kmod", "browser", "QEMU"):
        assert states[part] == "no"
    line = doctor.remedy(found, superuser=False, system="debian", which=anything)
    assert line.startswith("sudo apt-get update && sudo apt-get install --no-install-recommends chromium gcc kmod")
    assert "sudo" not in doctor.remedy(found, superuser=True, system="debian", which=anything)
    assert "chromium-browser" in doctor.remedy(found, superuser=True, system="ubuntu", which=anything)
    other = doctor.remedy(found, superuser=True, system="other", which=nothing)
    assert other.startswith("# with this system's package manager")


def test_a_full_machine_needs_nothing(tmp_path: Path) -> None:
    for folder in ("sys/class/net/eth0", "sys/bus/pci/devices/0000:00:03.0", "boot", "lib/modules/6.1.0", "dev"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("boot/vmlinuz-6.1.0", "lib/modules/6.1.0/modules.dep", "dev/kvm"):
        (tmp_path / file).touch()
    found = by_part(doctor.examine(tmp_path, anything))
    for part in ("sysfs", "kernel files", "compiler", "udevadm", "kmod", "browser", "QEMU"):
        assert found[part].state == "yes", part
    assert found["sysfs"].found == "1 interfaces, 1 PCI devices"
    assert doctor.remedy(tuple(found.values()), superuser=True, system="debian", which=anything) == ""


def test_a_library_that_is_missing_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor.LIBRARIES, "no_such_library", "no-such-library")
    found = by_part(doctor.examine())["libraries"]
    assert (found.state, found.found, found.needed) == ("no", "missing: no-such-library", True)
    line = doctor.remedy((found,), superuser=True, system="debian", which=nothing)
    assert line.endswith("install no-such-library")
    assert "pip" in line


def test_a_cache_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    found = by_part(doctor.examine())["compile cache"]
    assert found.state == "no"
    assert "XDG_CACHE_HOME" in found.found
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "new"))
    assert by_part(doctor.examine())["compile cache"].state == "yes"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_this_machine_works_and_is_told_so() -> None:
    """What `make test` sets up is enough: a failure here is a failure of the set-up."""
    broken = [f for f in doctor.examine() if f.needed and f.state != "yes"]
    assert broken == []


def test_figures_are_this_machines() -> None:
    """sysfs shows the network namespace it was mounted in, netlink and /proc that of this process."""
    found = by_part(doctor.examine())
    if Path("/sys/class/net").is_dir():
        count = len(list(Path("/sys/class/net").iterdir()))
        assert found["sysfs"].found.startswith(f"{count} interfaces")
    if found["netlink"].state == "yes":
        lines = Path("/proc/self/net/dev").read_text("ascii").splitlines()
        assert found["netlink"].found == f"{len(lines) - 2} interfaces"


def test_every_part_says_what_it_is_for() -> None:
    found = doctor.examine()
    assert len({f.part for f in found}) == len(found)
    for f in found:
        assert f.found
        assert f.use
        assert f.state in ("yes", "partly", "no")
    json.loads(jsontext.dumps(found))


SPY = """
import sys
def spy(event, args):
    if event == "socket.connect":
        print("connects", args[1])
    if event == "open" and args[2] & 3 and not str(args[0]).startswith("/dev/"):
        print("writes", args[0])
    if event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "subprocess.Popen"):
        print(event, args[0])
sys.addaudithook(spy)
from lab import doctor
print(len(doctor.examine()))
"""


def test_it_reads_only_and_asks_no_network() -> None:
    out = subprocess.run([sys.executable, "-B", "-c", SPY], check=True, capture_output=True, text=True).stdout
    assert out == f"{len(doctor.examine())}\n"


def test_it_takes_less_than_three_seconds() -> None:
    """Of processor time, start of Python included: what else runs here meanwhile is not the doctor's."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "lab", "doctor"], check=False, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3
