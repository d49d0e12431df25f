"""The doctor of real kernels on machines made up folder by folder, and on this one."""

import json
import shutil
from pathlib import Path

import pytest

from lab import cli
from lab.core import jsontext
from lab.core.findings import Finding
from lab.realkernel import doctor
from lab.realkernel.kernels import apt
from lab.realkernel.machine import qemu
from tests.realkernel import kernel_trees as made

FULL = "6.1.0-56-amd64"


def nothing(name: str) -> str | None:
    """No program is there."""
    return None


def anything(name: str) -> str | None:
    """Every program is there."""
    return f"/usr/bin/{name}"


def by_part(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {f.part: f for f in findings}


def test_an_empty_machine_lacks_all_and_is_told_one_command(tmp_path: Path) -> None:
    found = doctor.examine(tmp_path, tmp_path / "cache", nothing)
    assert {f.part for f in found if f.state != "no"} <= {"space", "KVM"}
    lacking = doctor.missing(found)
    assert lacking == {run: tuple(part for part in doctor.NEEDS if run in doctor.NEEDS[part]) for run in doctor.RUNS}
    line = doctor.advice(found, superuser=False, system="debian", which=anything)
    packages = "busybox-static gcc libc6-dev make qemu-system-x86 udev"
    assert line == f"sudo apt-get update && sudo apt-get install --no-install-recommends {packages}"
    other = doctor.advice(found, superuser=True, system="fedora", which=nothing)
    assert other.startswith("# with this system's package manager, what Debian calls: busybox-static")
    assert "with --kernel FOLDER" in by_part(found)["fetching"].found


def test_what_is_missing_is_told_for_each_run(tmp_path: Path) -> None:
    """A kernel without headers is enough for naming and asyncpf."""
    made.kernel(tmp_path, FULL)
    found = doctor.examine(tmp_path, tmp_path / "cache", anything, try_kvm=False)
    parts = by_part(found)
    assert parts["kernel"].found == f"{FULL}, in {tmp_path}/boot"
    assert (parts["cloud kernel"].state, parts["headers"].state) == ("partly", "no")
    lacking = doctor.missing(found)
    assert "kernel" not in lacking["naming"]
    assert "cloud kernel" not in lacking["asyncpf"]
    assert "headers" in lacking["netnode"]
    assert "headers" in lacking["symbols"]
    made.headers(tmp_path, FULL, "6.1.0-56")
    made.kernel(tmp_path, "6.1.0-56-cloud-amd64")
    parts = by_part(doctor.examine(tmp_path, tmp_path / "cache", anything, try_kvm=False))
    assert parts["headers"].found == f"{FULL}, in {tmp_path}/usr/src/linux-headers-{FULL}"
    assert parts["cloud kernel"].state == "yes"
    assert parts["KVM"].state in ("partly", "no")  # nothing was started


@pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc is here")
def test_the_kernel_s_compiler_is_compared_with_ours(tmp_path: Path) -> None:
    made.kernel(tmp_path, FULL)
    made.headers(tmp_path, FULL, "6.1.0-56", "gcc (made up) 4.9.1")
    found = by_part(doctor.examine(tmp_path, tmp_path / "cache", {"gcc": "/usr/bin/gcc"}.get, try_kvm=False))
    assert found["compiler"].state == "yes"
    assert found["compiler"].found.endswith("; the kernel was built with gcc (made up) 4.9.1")
    made.headers(tmp_path / "b", FULL, "6.1.0-56", "clang version 16.0.6")
    made.kernel(tmp_path / "b", FULL)
    found = by_part(doctor.examine(tmp_path / "b", tmp_path / "cache", {"gcc": "/usr/bin/gcc"}.get, try_kvm=False))
    assert (found["compiler"].state, "clang version 16.0.6" in found["compiler"].found) == ("no", True)


def listed(parts: dict[str, str]) -> tuple[Finding, ...]:
    return tuple(Finding(part, state, "", "") for part, state in parts.items())


@pytest.mark.parametrize(
    ("kernel", "fetching", "superuser", "line"),
    [
        ("no", "yes", True, "kernel-lab kernel fetch"),
        ("no", "partly", True, "apt-get update && kernel-lab kernel fetch"),
        ("no", "partly", False, "sudo apt-get update && kernel-lab kernel fetch"),
        ("no", "no", True, ""),
        ("yes", "partly", True, ""),
    ],
)
def test_kernels_are_fetched_and_not_installed(kernel: str, fetching: str, superuser: bool, line: str) -> None:
    found = listed({"kernel": kernel, "headers": kernel, "fetching": fetching})
    assert doctor.advice(found, superuser=superuser, system="debian", which=anything) == line


def test_packages_are_installed_before_kernels_are_fetched() -> None:
    found = (*listed({"kernel": "no", "fetching": "partly"}), Finding("make", "no", "", "", debian=("make",)))
    line = doctor.advice(found, superuser=True, system="debian", which=anything)
    assert line == ("apt-get update && apt-get install --no-install-recommends make && kernel-lab kernel fetch")


def test_lists_of_packages_are_looked_for(tmp_path: Path) -> None:
    assert not apt.has_lists(tmp_path)
    made.put(tmp_path / "var/lib/apt/lists/deb.example.org_debian_dists_bookworm_main_binary-amd64_Packages.lz4")
    assert apt.has_lists(tmp_path)
    found = by_part(doctor.examine(tmp_path, tmp_path / "cache", anything, try_kvm=False))
    assert found["fetching"].state == "yes"


def test_every_part_says_which_runs_need_it() -> None:
    found = doctor.examine(try_kvm=False)
    assert set(doctor.NEEDS) <= {f.part for f in found}
    for f in found:
        assert f.found
        assert f.state in ("yes", "partly", "no")
        runs = doctor.NEEDS.get(f.part, ())
        named = doctor.RUNS if f.use.startswith("all: ") else tuple(r for r in doctor.RUNS if r in f.use.split(":")[0])
        if runs:
            assert named == tuple(r for r in doctor.RUNS if r in runs), f.part
    json.loads(jsontext.dumps(found))


def test_the_command_here(capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(["kernel", "doctor", "--no-kvm", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"works", "missing", "findings", "remedy"}
    assert told["works"] == (not any(told["missing"].values())) == (status == 0)
    parts = {f["part"]: f for f in told["findings"]}
    assert (parts["QEMU"]["state"] == "yes") == bool(shutil.which(qemu.PROGRAM))
    assert cli.main(["kernel", "doctor", "--no-kvm"]) == status
    text = capsys.readouterr().out
    for run in doctor.RUNS:
        assert f"kernel {run}: {'needs' if told['missing'][run] else 'works'}" in text
