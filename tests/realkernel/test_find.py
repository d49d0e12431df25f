"""Which kernels are found, which one is meant, and what is said where none is."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.realkernel.kernels import manifest
from lab.realkernel.kernels.find import age, find_kernel, find_kernels, known_kernels, unreadable_images
from lab.realkernel.kernels.layout import within
from tests.ordinary_user import NOBODY, ordinary_user
from tests.realkernel import kernel_trees as made

FETCH = "kernel-lab kernel fetch"


@pytest.fixture
def nothing(tmp_path: Path) -> Path:
    """A folder without fetched kernels."""
    return tmp_path / "no such cache"


def releases(root: Path) -> list[str]:
    return [k.release for k in find_kernels(root)]


def test_a_machine_s_kernels_come_newest_first(tmp_path: Path) -> None:
    for release in ("6.1.0-9-amd64", "6.1.0-56-amd64", "5.10.0-30-amd64"):
        made.kernel(tmp_path, release)
    assert releases(tmp_path) == ["6.1.0-56-amd64", "6.1.0-9-amd64", "5.10.0-30-amd64"]
    (first, *_) = find_kernels(tmp_path)
    assert first.image == tmp_path / "boot/vmlinuz-6.1.0-56-amd64"
    assert first.modules == tmp_path / "lib/modules/6.1.0-56-amd64"
    assert first.headers is None


def test_releases_sort_as_versions_do() -> None:
    told = "6.1.0-56-rt-amd64 6.1-rc1 6.1 6.1-1 6.1.0-9-amd64 6.1.0-56-amd64 6.1.5 6.9 6.10 6.12.107+deb12-amd64"
    assert sorted(set(told.split()), key=age) == told.split()


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=5), st.lists(st.integers(0, 10**9), min_size=1, max_size=5))
def test_numbers_sort_as_numbers(a: list[int], b: list[int]) -> None:
    def release(numbers: list[int]) -> str:
        return ".".join(map(str, numbers))

    assert (age(release(a)) < age(release(b))) == (a < b)


def test_half_a_kernel_is_none(tmp_path: Path) -> None:
    made.kernel(tmp_path, "6.1.0-1-amd64", drivers=0)  # no modules
    made.put(tmp_path / "lib/modules/6.1.0-2-amd64/kernel/a.ko")  # no image
    made.kernel(tmp_path, "6.1.0-3-amd64")
    made.put(tmp_path / "boot/vmlinuz-6.1.0-3-amd64", b"no kernel")
    made.kernel(tmp_path, "6.1.0-4-686")
    made.put(tmp_path / "boot/vmlinuz-6.1.0-4-686", made.image(sixty_four=False))
    made.kernel(tmp_path, "not-a-release")
    assert find_kernels(tmp_path) == ()
    assert find_kernels(tmp_path / "nowhere") == ()


def test_modules_in_usr_and_an_image_beside_them(tmp_path: Path) -> None:
    made.kernel(tmp_path, "6.12.9-amd64", modules="usr/lib/modules")
    place = tmp_path / "usr/lib/modules/6.9.1-300.fc40.x86_64"
    made.put(place / "vmlinuz", made.image())
    made.put(place / "kernel/a.ko.xz")
    made.put(tmp_path / "usr/src/kernels/6.9.1-300.fc40.x86_64/Makefile")
    made.put(tmp_path / "usr/src/kernels/6.9.1-300.fc40.x86_64/include/generated/autoconf.h")
    debian, fedora = find_kernels(tmp_path)
    assert debian.modules == tmp_path / "usr/lib/modules/6.12.9-amd64"
    assert (fedora.image, fedora.modules) == (place / "vmlinuz", place)
    assert fedora.headers == tmp_path / "usr/src/kernels/6.9.1-300.fc40.x86_64"


def test_headers_are_found_below_the_root_and_not_outside(tmp_path: Path) -> None:
    made.kernel(tmp_path, "6.1.0-56-amd64")
    made.headers(tmp_path, "6.1.0-56-amd64", "6.1.0-56")
    made.kernel(tmp_path, "6.1.0-57-amd64")
    (tmp_path / "lib/modules/6.1.0-57-amd64/build").symlink_to("/usr")  # of the machine, not of this root
    newer, older = find_kernels(tmp_path)
    assert newer.headers is None
    assert older.headers == tmp_path / "usr/src/linux-headers-6.1.0-56-amd64"


def test_links_stay_inside_and_loops_end(tmp_path: Path) -> None:
    made.put(tmp_path / "b/file")
    (tmp_path / "a").symlink_to("/b")
    (tmp_path / "up").symlink_to("../../../../b")
    assert within(tmp_path, "a/file") == tmp_path / "b/file"
    assert within(tmp_path, "up/file") == tmp_path / "b/file"
    assert within(tmp_path, "/../../b/./file") == tmp_path / "b/file"
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="too many links"):
        within(tmp_path, "loop/x")


def test_the_flavour_that_is_wanted(tmp_path: Path, nothing: Path) -> None:
    made.kernel(tmp_path, "6.1.0-56-amd64")
    assert find_kernel(None, "cloud", root=tmp_path, fetched=nothing).release == "6.1.0-56-amd64"
    made.kernel(tmp_path, "6.1.0-56-cloud-amd64")
    assert find_kernel(None, "cloud", root=tmp_path, fetched=nothing).release == "6.1.0-56-cloud-amd64"
    assert find_kernel(None, "full", root=tmp_path, fetched=nothing).release == "6.1.0-56-amd64"
    assert find_kernel("6.1.0-56-cloud-amd64", "full", root=tmp_path, fetched=nothing).flavour == "cloud"


def test_a_folder_and_a_release_can_be_asked_for(
    tmp_path: Path, nothing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.kernel(tmp_path / "own", "6.12.1-amd64")
    made.kernel(tmp_path / "root", "6.1.0-1-amd64")
    there = find_kernel(str(tmp_path / "own"), root=tmp_path / "root", fetched=nothing)
    assert there.release == "6.12.1-amd64"
    monkeypatch.chdir(tmp_path)
    assert find_kernel("own", root=tmp_path / "root", fetched=nothing) == there
    assert find_kernel("6.1.0-1-amd64", root=tmp_path / "root", fetched=nothing).release == "6.1.0-1-amd64"


def test_one_with_headers_is_preferred_only_where_they_are_wanted(tmp_path: Path, nothing: Path) -> None:
    made.kernel(tmp_path, "6.1.0-56-amd64")
    made.kernel(tmp_path, "6.1.0-55-amd64")
    made.headers(tmp_path, "6.1.0-55-amd64", "6.1.0-55")
    assert find_kernel(root=tmp_path, fetched=nothing).release == "6.1.0-56-amd64"
    assert find_kernel(root=tmp_path, fetched=nothing, headers=True).release == "6.1.0-55-amd64"


@pytest.mark.parametrize(
    ("have", "ask", "words"),
    [
        ([], {}, "there is no kernel that can be booted"),
        (["6.1.0-56-cloud-amd64"], {}, "there is only kernel 6.1.0-56-cloud-amd64, without the drivers"),
        (["6.1.0-56-amd64"], {"headers": True}, "there is kernel 6.1.0-56-amd64 but not its headers"),
        (["6.1.0-56-amd64"], {"asked": "6.1.0-56-amd64", "headers": True}, "6.1.0-56-amd64: its headers are not here"),
        (["6.1.0-56-amd64"], {"asked": "6.2"}, "'6.2' is not here, known are: 6.1.0-56-amd64"),
        ([], {"asked": "6.2"}, "known are: none"),
    ],
)
def test_what_is_missing_is_said_with_the_command(
    tmp_path: Path, nothing: Path, have: list[str], ask: dict[str, object], words: str
) -> None:
    for release in have:
        made.kernel(tmp_path, release)
    with pytest.raises(LabError, match=FETCH) as caught:
        find_kernel(root=tmp_path, fetched=nothing, **ask)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_a_path_that_leads_nowhere_and_one_without_kernels(tmp_path: Path, nothing: Path) -> None:
    with pytest.raises(LabError, match="no/such: is no folder"):
        find_kernel("no/such", root=tmp_path, fetched=nothing)
    with pytest.raises(LabError, match="holds no kernel that can be booted"):
        find_kernel(str(tmp_path), root=tmp_path, fetched=nothing)


def test_an_image_that_only_root_may_read_is_named(nothing: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        root = Path(name)
        root.chmod(0o755)
        made.kernel(root, "5.15.0-1-generic")
        (root / "boot/vmlinuz-5.15.0-1-generic").chmod(0)
        with ordinary_user():
            assert unreadable_images(root) == (root / "boot/vmlinuz-5.15.0-1-generic",)
            with pytest.raises(LabError, match=r"vmlinuz-5.15.0-1-generic may not be read by this user"):
                find_kernel(root=root, fetched=nothing)


def fetched(cache: Path, name: str, release: str) -> Path:
    made.kernel(cache / name, release)
    manifest.write(cache / name, [], [release], "a test", "2026-01-01")
    return cache / name


def test_fetched_kernels_count_and_are_preferred(tmp_path: Path) -> None:
    made.kernel(tmp_path / "root", "6.1.0-56-amd64")
    place = fetched(tmp_path / "cache", "6.1.192-2", "6.1.0-56-amd64")
    made.kernel(tmp_path / "cache/.new-x", "6.99.0-1-amd64")  # at work: without a manifest
    assert [k.release for k in known_kernels(tmp_path / "root", tmp_path / "cache")] == ["6.1.0-56-amd64"] * 2
    assert find_kernel(root=tmp_path / "root", fetched=tmp_path / "cache").image.is_relative_to(place)


@pytest.mark.parametrize("where", ["set", "cache"])
@pytest.mark.parametrize("why", ["everybody may write", "another user"])
def test_fetched_kernels_that_anybody_could_change_are_refused(
    tmp_path: Path, where: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their headers bring programs that are run; a folder that is named by --kernel is the user's own choice."""
    cache = tmp_path / "cache"
    place = fetched(cache, "6.1.192-2", "6.1.0-56-amd64")
    folder = place if where == "set" else cache
    assert find_kernel(root=tmp_path / "none", fetched=cache)
    if why == "everybody may write":
        folder.chmod(0o777)
    elif os.geteuid() == 0:
        os.chown(folder, NOBODY, -1)
    else:
        folder = place  # all of it is this user's, so let this be another one
        monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    with pytest.raises(LabError, match=f"^{folder}: .*{why}"):
        find_kernel(root=tmp_path / "none", fetched=cache)
    with pytest.raises(LabError, match=why):
        find_kernel("6.1.0-56-amd64", root=tmp_path / "none", fetched=cache)
    assert find_kernel(str(place), root=tmp_path / "none", fetched=cache).release == "6.1.0-56-amd64"


@pytest.mark.parametrize("damage", ["image", "modules", "gone", "manifest", "other"])
def test_a_fetched_kernel_that_was_changed_is_refused(tmp_path: Path, damage: str) -> None:
    place = fetched(tmp_path, "6.1.192-2", "6.1.0-56-amd64")
    if damage == "image":
        made.put(place / "boot/vmlinuz-6.1.0-56-amd64", made.image()[:-1] + b"x")
    elif damage == "modules":
        (place / "lib/modules/6.1.0-56-amd64/kernel/drivers/d1.ko").unlink()
    elif damage == "gone":
        made.kernel(place, "6.1.0-57-amd64")
        (place / "boot/vmlinuz-6.1.0-56-amd64").unlink()
    elif damage == "manifest":
        (place / manifest.NAME).write_text("{")
    else:
        made.kernel(place, "6.2.0-1-amd64")
    with pytest.raises(LabError, match=r"fetched|damaged|manifest") as caught:
        find_kernel(root=tmp_path / "none", fetched=tmp_path)
    assert "\n" not in str(caught.value)
