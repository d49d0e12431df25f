"""Every wrapping of a kernel is taken off; a truncated or damaged one is one clear line."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import struct
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols.image import elf_of_image, open_image
from lab.symbols.images import FORMATS
from tests.symbols.kallsyms_writer import arm64_image, memory

Make = Callable[..., bytes]
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "bzip2": bz2.compress,
    "lzma": lambda b: lzma.compress(b, lzma.FORMAT_ALONE),
}
IMAGE = arm64_image(memory(64, "<", "new", 0xFFFF800080000000)[0])
BARE = bytes(range(64)) * 200  # memory of some kernel


def sized(packed: bytes, size: int) -> bytes:
    return packed + struct.pack("<I", size)


def zboot(payload: bytes, name: bytes = b"gzip") -> bytes:
    head = b"MZ\0\0zimg" + struct.pack("<IIII", 0x200, len(payload), 0, 0) + name.ljust(32, b"\0")
    return head.ljust(0x200, b"\0") + payload + bytes(64)


def zimage(payload: bytes, order: str = "<", table: bool = True) -> bytes:
    start, table_at = 0x400, 0x100
    body = payload + struct.pack("<I", len(BARE))
    head = bytearray(start)
    total = start + len(body) + 16
    struct.pack_into(order + "6I", head, 0x24, 0x016F2818, 0, total, 0x04030201, 0x45454545 if table else 0, table_at)
    struct.pack_into(order + "5I", head, table_at, 4, 0x5A534C4B, start + len(payload), 4096, 0)
    head[0x200:0x206] = b"\xfd7zXZ\0"  # the decompressor carries the magic that it looks for
    return bytes(head) + body + bytes(16)


def s390(payload: bytes) -> bytes:
    head = bytearray(0x11000)
    head[:5] = b"\0\x08\0\0\x80"
    head[0x10008:0x1000E] = b"S390EP"
    head[0x10100:0x10104] = b"\x28\xb5\x2f\xfd"
    return bytes(head) + payload + bytes(100)


def uimage(payload: bytes, kind: int = 2, machine: int = 2) -> bytes:
    head = struct.pack(">7I4B32s", 0x27051956, 0, 0, len(payload), 0, 0, zlib.crc32(payload), 5, machine, kind, 1, b"x")
    return head + payload


def uki(payload: bytes, name: bytes = b".linux") -> bytes:
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    pe = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 2, 0, 0, 0, 16, 0) + bytes(16)
    sections = b"".join(struct.pack("<8sIIII16x", n, len(payload), 0, len(payload), 0x400) for n in (b".osrel", name))
    return (head + pe + sections).ljust(0x400, b"\0") + payload


def self_extracting(payload: bytes, order: str, machine: int, name: bytes) -> bytes:
    names = b"\0" + name + b"\0.shstrtab\0"
    at = 52
    body = payload + names
    rows = [
        (0,) * 10,
        (1, 1, 3, 0x81000000, at, len(payload), 0, 0, 1, 0),
        (2 + len(name), 3, 0, 0, at + len(payload), len(names), 0, 0, 1, 0),
    ]
    table = b"".join(struct.pack(order + "10I", *row) for row in rows)
    ident = b"\x7fELF" + bytes([1, 1 if order == "<" else 2, 1]) + bytes(9)
    head = struct.pack(order + "HHIIIIIHHHHHH", 2, machine, 1, 0, 0, at + len(body), 0, 52, 0, 0, 40, 3, 2)
    return ident + head + body + table


@pytest.mark.parametrize("name", COMPRESS)
def test_zboot(name: str) -> None:
    packed = COMPRESS[name](IMAGE)
    found = open_image(zboot(packed, name.encode()), "vmlinuz")
    assert (found.data, found.form, found.elf) == (IMAGE, f"EFI zboot, {name} payload, arm64 Image", False)
    assert (found.machine, found.bits, found.order) == (183, 64, "<")


def test_images_that_are_memory() -> None:
    found = open_image(gzip.compress(IMAGE), "Image.gz")
    assert (found.data, found.form) == (IMAGE, "gzip, arm64 Image")
    big = bytearray(IMAGE)
    big[0x18] |= 1
    assert open_image(bytes(big), "Image").order == ">"
    riscv = bytes(0x30) + b"RISCV\0\0\0RSC\x05" + bytes(64)
    found = open_image(riscv, "Image")
    assert (found.data, found.form, found.machine, found.bits) == (riscv, "RISC-V Image", 243, 0)
    with pytest.raises(LabError, match=r"arm64 Image and holds no ELF file.*symbols kallsyms"):
        elf_of_image(IMAGE, "Image")


@pytest.mark.parametrize("name", COMPRESS)
@pytest.mark.parametrize(("order", "table"), [("<", True), (">", True), ("<", False)])
def test_zimage(name: str, order: str, table: bool) -> None:
    found = open_image(zimage(COMPRESS[name](BARE), order, table), "vmlinuz")
    assert (found.data, found.form) == (BARE, f"ARM zImage, {name} payload")
    assert (found.machine, found.bits, found.order) == (40, 32, order)


@pytest.mark.parametrize("name", ["gzip", "zstd", "xz"])
def test_s390(name: str, make_kernel: Make) -> None:
    found = open_image(s390(COMPRESS[name](BARE)), "vmlinuz")
    assert (found.data, found.elf, found.machine, found.order) == (BARE, False, 22, ">")
    elf = make_kernel(64, ">") + bytes(4096)
    assert elf_of_image(s390(COMPRESS[name](elf)), "vmlinuz").data == elf


def test_uimage() -> None:
    found = open_image(uimage(gzip.compress(BARE)), "uImage")
    assert (found.data, found.form, found.machine) == (BARE, "U-Boot image, gzip payload", 40)
    found = open_image(uimage(BARE, machine=7), "uImage")
    assert (found.data, found.order, found.machine) == (BARE, ">", 20)
    several = struct.pack(">III", len(BARE), 8, 0) + BARE + bytes(8)
    assert open_image(uimage(several, kind=4), "uImage").data == BARE
    assert open_image(uimage(zimage(lzma.compress(BARE))), "uImage").form == "U-Boot image, ARM zImage, xz payload"
    with pytest.raises(LabError, match="checksum"):
        open_image(uimage(BARE)[:-1] + b"\xff", "uImage")
    with pytest.raises(LabError, match="type 3 and holds no kernel"):
        open_image(uimage(BARE, kind=3), "uImage")
    with pytest.raises(LabError, match="table of files"):
        open_image(uimage(struct.pack(">II", 1 << 30, 0), kind=4), "uImage")


def test_unified_kernel_image(make_kernel: Make, make_bzimage: Make) -> None:
    elf = make_kernel()
    inner = make_bzimage(gzip.compress(elf), len(elf))
    found = elf_of_image(uki(inner), "linux.efi")
    assert (found.data, found.form) == (elf, "unified kernel image, bzImage, gzip payload")
    with pytest.raises(LabError, match="neither a kernel image nor a module"):
        open_image(uki(inner, b".data"), "linux.efi")
    with pytest.raises(LabError, match="truncated"):
        open_image(uki(inner)[:0x500], "linux.efi")


@pytest.mark.parametrize(("machine", "section"), [(8, b".data"), (8, b".image"), (20, b".kernel:vmlinux.strip")])
@pytest.mark.parametrize("order", "<>")
def test_self_extracting_elf(machine: int, section: bytes, order: str) -> None:
    data = self_extracting(sized(lzma.compress(BARE), len(BARE)), order, machine, section)
    found = open_image(data, "vmlinuz")
    assert (found.data, found.form) == (BARE, "self-extracting ELF, xz payload")
    assert (found.machine, found.bits, found.order, found.elf) == (machine, 32, order, False)


def test_old_boot_protocol(make_kernel: Make, make_bzimage: Make) -> None:
    found = open_image(make_bzimage(gzip.compress(BARE), len(BARE), version=0x0204), "vmlinuz")
    assert (found.data, found.elf) == (BARE, False)
    elf = make_kernel() + bytes(4096)
    assert elf_of_image(make_bzimage(gzip.compress(elf), len(elf), version=0x0207), "vmlinuz").data == elf
    with pytest.raises(LabError, match=r"no compressed kernel was found in the bzImage of boot protocol 2\.04"):
        open_image(make_bzimage(b"nothing", 7, version=0x0204), "vmlinuz")


def test_wrapped_without_end() -> None:
    with pytest.raises(LabError, match="wrapped more than"):
        open_image(uki(uki(uki(uki(uki(IMAGE))))), "x")


@pytest.mark.parametrize(
    ("data", "what"), [(b"ANDROID!" + bytes(80), "Android"), (b"\xd0\x0d\xfe\xed" + bytes(80), "FIT")]
)
def test_known_but_not_read(data: bytes, what: str) -> None:
    with pytest.raises(LabError, match=what):
        open_image(data, "x")


WHOLE = {
    "zboot": zboot(gzip.compress(IMAGE)),
    "zImage": zimage(lzma.compress(BARE)),
    "s390": s390(zstandard.ZstdCompressor(write_checksum=True).compress(BARE)),
    "uImage": uimage(gzip.compress(BARE)),
    "self-extracting": self_extracting(lzma.compress(BARE), ">", 8, b".data"),
}


@pytest.mark.parametrize("form", WHOLE)
def test_every_truncation(form: str) -> None:
    data = WHOLE[form]
    end = len(data.rstrip(b"\0")) - (110 if form == "self-extracting" else 0)
    for size in (*range(1, 0x50), *range(0x50, end, max(end // 150, 1)), end - 1):
        if form == "self-extracting" and size >= 4:  # without its sections it is any ELF file
            assert open_image(data[:size], "x").elf
        else:
            with pytest.raises(LabError):
                open_image(data[:size], "x")


@pytest.mark.parametrize("form", WHOLE)
def test_bombs(form: str) -> None:
    bomb = bytes(3 << 20)
    packed = {"zboot": zboot(gzip.compress(bomb)), "zImage": zimage(lzma.compress(bomb), table=False),
              "s390": s390(gzip.compress(bomb)), "uImage": uimage(gzip.compress(bomb)),
              "self-extracting": self_extracting(lzma.compress(bomb), "<", 8, b".data")}[form]  # fmt: skip
    with pytest.raises(LabError, match="more than 1,048,576 bytes"):
        open_image(packed, "x", limit=1 << 20)


@settings(deadline=None, max_examples=120)
@given(st.sampled_from(sorted(WHOLE)), st.lists(st.tuples(st.integers(0, 1 << 17), st.integers(0, 255)), max_size=6))
def test_any_damage(form: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE[form])
    for place, value in changes:
        data[place % min(len(data), 0x600)] = value
    with contextlib.suppress(LabError):
        open_image(bytes(data), "x")


MAGICS = ((0x38, b"ARMd"), (0x38, b"RSC\x05"), (4, b"zimg"), (0x24, b"\x18\x28\x6f\x01"), (0, b"\x27\x05\x19\x56"),
          (0x10008, b"S390EP"), (0x202, b"HdrS"), (0, b"\x7fELF"), (0, b"MZ"))  # fmt: skip


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=300))
def test_any_bytes_with_a_magic(junk: bytes) -> None:
    for at, magic in MAGICS:
        for head in (b"MZ", junk):
            with contextlib.suppress(LabError):
                open_image(head.ljust(at, b"\0")[:at] + magic + junk, "x")


def test_table_of_formats() -> None:
    assert [name for name, (matches, _) in FORMATS.items() if matches(IMAGE)] == ["arm64 Image"]
