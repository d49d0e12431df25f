"""The kernel without its packing: made once, only where it can be started so."""

import dataclasses
import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.realkernel.kernel import Kernel
from lab.realkernel.kernels.unpacked import boot_image, has_pvh_entry
from tests.realkernel.elf_files import elf_file

PVH = struct.pack("<III", 4, 4, 18) + b"Xen\0" + bytes(4)
OTHER = struct.pack("<III", 4, 6, 6) + b"Xen\0" + b"linux\0\0\0"
GNU = struct.pack("<III", 4, 4, 18) + b"GNU\0" + bytes(4)


def vmlinux(notes: bytes) -> bytes:
    return elf_file([(".notes", 7, 0, notes)])


def bzimage(payload: bytes) -> bytes:
    """Boot protocol 2.15 with one setup sector; the payload is followed by its unpacked size."""
    data = bytearray(1024)
    data[0x1F1] = 1
    data[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", data, 0x206, 0x20F)
    packed = gzip.compress(payload, mtime=0) + struct.pack("<I", len(payload))
    struct.pack_into("<II", data, 0x248, 0, len(packed))
    return bytes(data) + packed


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "vmlinuz"


def kernel(image: Path, data: bytes) -> Kernel:
    image.write_bytes(data)
    return Kernel("6.1", image, image.parent)


def test_a_kernel_with_a_pvh_entry_is_unpacked_once(image: Path) -> None:
    whole = vmlinux(OTHER + PVH)
    place = boot_image(kernel(image, bzimage(whole)))
    assert place.read_bytes() == whole
    assert place.is_relative_to(image.parent / "cache")
    written = place.stat().st_ino
    assert boot_image(kernel(image, bzimage(whole))).stat().st_ino == written
    assert boot_image(kernel(image, bzimage(vmlinux(PVH)))) != place  # another kernel, another file
    assert not place.exists()  # a release has one


@pytest.mark.parametrize("change", [lambda d: d[:-9], lambda d: d[:-1] + b"\xff", lambda d: b""])
def test_what_was_damaged_in_the_cache_is_made_anew(image: Path, change: Callable[[bytes], bytes]) -> None:
    whole = vmlinux(OTHER + PVH)
    place = boot_image(kernel(image, bzimage(whole)))
    place.write_bytes(change(whole))
    assert boot_image(kernel(image, bzimage(whole))) == place
    assert place.read_bytes() == whole
    place.with_name(f"{place.name}.sha256").unlink()
    assert boot_image(kernel(image, bzimage(whole))).read_bytes() == whole


def test_two_releases_stand_side_by_side(image: Path) -> None:
    one = kernel(image, bzimage(vmlinux(PVH)))
    place = boot_image(one)
    other = boot_image(dataclasses.replace(one, release="6.12"))
    assert other != place
    assert place.exists()


@pytest.mark.parametrize(
    "data",
    [bzimage(vmlinux(OTHER)), bzimage(vmlinux(GNU)), bzimage(b"no ELF"), bzimage(vmlinux(PVH))[:-40], b"what", b""],
    ids=["no entry", "another owner", "no ELF", "cut off", "no bzImage", "empty"],
)
def test_any_other_is_left_to_qemu_as_it_is(image: Path, data: bytes) -> None:
    assert boot_image(kernel(image, data)) == image
    assert not (image.parent / "cache").exists()


def test_a_cache_that_cannot_be_written_costs_time_only(image: Path) -> None:
    (image.parent / "cache").write_text("a file")
    assert boot_image(kernel(image, bzimage(vmlinux(PVH)))) == image


def test_an_image_that_is_not_there_is_one_line(image: Path) -> None:
    with pytest.raises(LabError, match="cannot be read"):
        boot_image(Kernel("6.1", image, image.parent))


@given(st.binary(max_size=60))
def test_any_notes_are_read_to_their_end(notes: bytes) -> None:
    assert has_pvh_entry(vmlinux(notes), "x") in (True, False)
    assert has_pvh_entry(vmlinux(OTHER + PVH + notes), "x")
