"""Fetching with the real apt-get and dpkg-deb from an archive on the disk: wholly or not at all."""

import contextlib
import dataclasses
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import cli
from lab.core.errors import LabError
from lab.core.progress import Cancelled
from lab.realkernel.build.module_build import compile_module
from lab.realkernel.kernels import apt, fetch, manifest
from lab.realkernel.kernels.find import find_kernel, find_kernels
from lab.realkernel.kernels.kernel_packages import plan
from tests.realkernel import kernel_trees as made
from tests.realkernel.apt_archive import Archive, debian

FULL, CLOUD = "6.1.0-56-amd64", "6.1.0-56-cloud-amd64"


def has_apt() -> bool:
    return all(map(shutil.which, apt.PROGRAMS)) and apt.architecture() == "amd64"


pytestmark = pytest.mark.skipif(not has_apt(), reason="no apt-get for amd64 is here")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Debian in small; nobody changes it."""
    archive = Archive(tmp_path_factory.mktemp("archive"))
    archive.set_up()
    debian(archive, tmp_path_factory.mktemp("trees"))
    return archive


@pytest.fixture
def kernels(filled: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache's folder of kernels, and an apt that knows `filled`."""
    monkeypatch.setenv("APT_CONFIG", filled.environment["APT_CONFIG"])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/kernel-feature-lab/kernels"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """An empty archive, to be filled by one test."""
    archive = Archive(tmp_path / "own")
    archive.set_up()
    monkeypatch.setenv("APT_CONFIG", archive.environment["APT_CONFIG"])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return archive


@contextlib.contextmanager
def refused(kernels: Path, words: str) -> Iterator[None]:
    """One line with these words, and nothing is left but the lock."""
    with pytest.raises(LabError) as caught:
        yield
    assert words in str(caught.value)
    assert [p.name for p in kernels.iterdir()] == [".lock"]


def test_the_newest_is_fetched_with_all_that_modules_need(kernels: Path) -> None:
    wanted = plan()
    assert wanted.releases == (FULL, CLOUD)
    assert {p.name for p in wanted.packages} == {
        f"linux-image-{FULL}", f"linux-image-{CLOUD}", f"linux-headers-{FULL}", f"linux-headers-{CLOUD}",
        "linux-headers-6.1.0-56-common", "linux-kbuild-6.1.0-56",
    }  # fmt: skip
    assert wanted.unpacked == 6 * 40 * 1024
    told: list[tuple[int, int, str]] = []
    done = fetch.fetch(wanted, lambda *step: told.append(step))
    assert (done.folder, done.fresh, done.older) == (kernels / "6.1.192-2", True, ())
    assert sorted(p.name for p in done.folder.iterdir()) == ["boot", "lib", "manifest.json", "usr"]
    assert sorted(p.name for p in kernels.iterdir()) == [".lock", "6.1.192-2"]
    assert list(done.folder.rglob("*.deb")) == []
    assert told == sorted(told, key=lambda step: step[0])
    assert told[-1][:2] == (2 * wanted.size, 2 * wanted.size)
    for release, flavour in ((FULL, "full"), (CLOUD, "cloud")):
        kernel = find_kernel(None, flavour, headers=True, root="/nowhere")
        assert (kernel.release, kernel.image.parent) == (release, done.folder / "boot")
    assert fetch.fetch(plan()) == dataclasses.replace(done, fresh=False)


def test_what_was_fetched_can_be_moved_and_built_with(kernels: Path, tmp_path: Path) -> None:
    fetch.fetch(plan())
    moved = tmp_path / "elsewhere"
    (kernels / "6.1.192-2").rename(moved)
    links = [p for p in moved.rglob("*") if p.is_symlink()]
    assert links
    for link in links:
        assert not os.path.isabs(os.readlink(link))
        assert link.resolve(strict=True).is_relative_to(moved)
    assert not (moved / f"lib/modules/{FULL}/source").is_symlink()  # led to nothing that was fetched
    kernel = find_kernel(str(moved), headers=True)
    made.put(tmp_path / "thing/thing.c", "int answer(void);\nint answer(void)\n{\n\treturn 42;\n}\n")
    assert b"answer" in compile_module(tmp_path / "thing", kernel).data


def test_a_series_its_newest_and_what_it_has(kernels: Path) -> None:
    assert plan("6.1").releases == (FULL, CLOUD)
    wanted = plan("6.12", headers=False)
    assert wanted.releases == ("6.12.9+deb12-amd64",)
    assert [p.name for p in wanted.packages] == ["linux-image-6.12.9+deb12-amd64"]
    assert wanted.name == "6.12.9-1_deb12u1-image"
    fetch.fetch(plan(headers=False))
    done = fetch.fetch(wanted)
    assert done.older == (kernels / "6.1.192-2-image",)
    (found,) = find_kernels(done.folder)
    assert (found.release, found.headers) == ("6.12.9+deb12-amd64", None)
    assert not (found.modules / "build").is_symlink()
    for series, words in (("6.2", "knows no kernel 6.2"), ("new", "is no series"), ("6.1.0", "is no series")):
        with pytest.raises(LabError, match=words):
            plan(series)


def test_ubuntu_has_its_drivers_in_packages_beside(own: Archive, tmp_path: Path) -> None:
    release = "6.8.0-40-generic"
    made.kernel(tmp_path / "t", release)
    (tmp_path / "image").mkdir()
    (tmp_path / "t/boot").rename(tmp_path / "image/boot")
    own.add(f"linux-image-{release}", "6.8.0-40.40", tmp_path / "image", f"kmod, linux-modules-{release}")
    own.add(f"linux-modules-{release}", "6.8.0-40.40", tmp_path / "t")
    own.add(f"linux-modules-extra-{release}", "6.8.0-40.40", tmp_path / "extra", f"linux-modules-{release}")
    meta = f"linux-image-{release}, linux-modules-extra-{release}, linux-firmware, intel-microcode"
    own.add("linux-image-generic", "6.8.0-40.40", tmp_path / "meta", meta)
    own.list_packages({})
    for wanted in (plan(headers=False), plan("6.8", headers=False)):
        assert {p.name for p in wanted.packages} == {
            f"linux-image-{release}", f"linux-modules-{release}", f"linux-modules-extra-{release}"
        }  # fmt: skip
    assert [k.release for k in find_kernels(fetch.fetch(wanted).folder)] == [release]
    with pytest.raises(LabError, match=f"cannot download linux-headers-{release}: .* run: apt-get update"):
        plan()


def test_without_lists_the_command_is_named(own: Archive) -> None:
    with pytest.raises(LabError, match=r"knows none of linux-image-amd64, .* run: apt-get update"):
        plan()
    with pytest.raises(LabError, match=r"knows no kernel 6.1; .* run: apt-get update"):
        plan("6.1")


def test_other_systems_are_told_what_to_do_by_hand() -> None:
    with pytest.raises(LabError, match=r"'dnf download' get kernel-core.* give it with --kernel FOLDER"):
        apt.require({"dnf": "/usr/bin/dnf"}.get)
    with pytest.raises(LabError, match=r"'pacman -Sw' get linux and"):
        apt.require({"pacman": "/usr/bin/pacman"}.get)
    with pytest.raises(LabError, match=r"apt-get is not here: get a kernel, its modules"):
        apt.require(lambda name: None)


def test_a_file_that_is_not_the_one_of_the_list(kernels: Path) -> None:
    wanted = plan(headers=False)
    other = dataclasses.replace(wanted.packages[0], sha256="0" * 64)
    with refused(kernels, "is not the one that apt's lists name (SHA-256 differs)"):
        fetch.fetch(dataclasses.replace(wanted, packages=(other, *wanted.packages[1:])))


def image_alone(own: Archive, tmp_path: Path) -> Path:
    made.kernel(tmp_path / "i", FULL)
    own.add("linux-image-amd64", "6.1.192-2", tmp_path / "m", f"linux-image-{FULL} (= 6.1.192-2)")
    return own.add(f"linux-image-{FULL}", "6.1.192-2", tmp_path / "i")


def test_a_file_that_changed_in_the_archive_is_refused_by_apt(own: Archive, tmp_path: Path) -> None:
    file = image_alone(own, tmp_path)
    own.list_packages({})
    wanted = plan(headers=False)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with refused(tmp_path / "cache/kernel-feature-lab/kernels", "apt-get download: E: "):
        fetch.fetch(wanted)
    file.unlink()
    with refused(tmp_path / "cache/kernel-feature-lab/kernels", "Old lists are renewed by: apt-get update"):
        fetch.fetch(wanted)


def test_a_package_that_cannot_be_unpacked(own: Archive, tmp_path: Path) -> None:
    file = image_alone(own, tmp_path)
    good = file.read_bytes()
    file.write_bytes(good[: len(good) * 2 // 3])  # its description is there, its files are not
    own.list_packages({})
    with refused(tmp_path / "cache/kernel-feature-lab/kernels", "cannot be unpacked"):
        fetch.fetch(plan(headers=False))


@pytest.mark.parametrize("at", ["fetch", "unpack"])
def test_a_fetch_that_is_stopped_leaves_nothing(kernels: Path, at: str) -> None:
    def stop(done: int, total: int, label: str) -> None:
        if label.startswith(at):
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch.fetch(plan(headers=False), stop)
    assert [p.name for p in kernels.iterdir()] == [".lock"]


def test_what_a_killed_fetch_left_goes_with_the_next(kernels: Path) -> None:
    made.put(kernels / ".new-abc/root/boot/vmlinuz-1", b"half")
    done = fetch.fetch(plan(headers=False))
    assert sorted(p.name for p in kernels.iterdir()) == [".lock", done.folder.name]


def test_a_damaged_set_is_fetched_anew(kernels: Path) -> None:
    done = fetch.fetch(plan())
    made.put(done.folder / f"boot/vmlinuz-{FULL}", made.image() + b"x")
    with pytest.raises(LabError, match="differ from what was fetched; remove that folder and run: kernel-lab"):
        find_kernel(FULL, root="/nowhere")
    assert fetch.fetch(plan()).fresh
    assert find_kernel(FULL, root="/nowhere").release == FULL
    assert sorted(p.name for p in kernels.iterdir()) == [".lock", "6.1.192-2"]
    (done.folder / manifest.NAME).unlink()
    assert fetch.fetch(plan()).fresh


def test_two_fetches_at_once_are_refused(kernels: Path) -> None:
    kernels.mkdir(parents=True)
    with open(kernels / ".lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with refused(kernels, "another kernel-lab kernel fetch is at work"):
            fetch.fetch(plan(headers=False))
    assert fetch.fetch(plan(headers=False)).fresh


def test_no_room_and_no_folder_are_said_before(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = plan(headers=False)
    with refused(kernels, "MB are free there, "):
        fetch.fetch(dataclasses.replace(wanted, packages=(dataclasses.replace(wanted.packages[0], size=10**18),)))
    shutil.rmtree(kernels)
    made.put(kernels, "a file")
    with pytest.raises(LabError, match=r"kernels: cannot be written .*; set XDG_CACHE_HOME"):
        fetch.fetch(wanted)


def test_the_command(kernels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["kernel", "fetch", "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["releases"] == [FULL, CLOUD]
    assert told["fetched"] is False
    assert not kernels.exists()
    assert cli.main(["kernel", "fetch", "--no-headers"]) == 0
    assert "fetched, checked and unpacked" in capsys.readouterr().out
    assert cli.main(["kernel", "fetch", "--no-headers", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["fetched"], told["older"]) == (False, [])
    assert told["folder"] == str(kernels / "6.1.192-2-image")
    assert cli.main(["kernel", "fetch", "--series", "9.9"]) == 2
    assert capsys.readouterr().err.startswith("kernel-lab: --series: apt-get knows no kernel 9.9")


def test_nothing_but_apt_asks_a_network(filled: Archive, offline: list[str], tmp_path: Path) -> None:
    """In a network namespace of its own, in which there is nothing but a loopback that is down."""
    words = [*offline, sys.executable, "-m", "lab", "kernel", "fetch", "--no-headers"]
    environment = {**os.environ, **filled.environment, "XDG_CACHE_HOME": str(tmp_path / "c")}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stderr, done.returncode) == ("", 0)


@pytest.fixture
def offline() -> list[str]:
    """Words that take the network away; skipped where this user may not do that."""
    words = ["unshare", "--user", "--map-root-user", "--net"] if os.geteuid() else ["unshare", "--net"]
    if not shutil.which("unshare") or subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network namespace can be made here")
    return words
