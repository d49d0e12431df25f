"""Kernels and modules of every form read right; everything else is one clear line."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols import payload
from lab.symbols.binary_file import module_name, open_elf, parse, read

Make = Callable[..., bytes]
Write = Callable[[str, bytes], Path]

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "xz": lambda b: lzma.compress(b, check=lzma.CHECK_CRC32),
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}
PAYLOADS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "zstd": lambda b: zstandard.ZstdCompressor(write_content_size=False).compress(b),
    "bzip2": bz2.compress,
    "lzma": lambda b: lzma.compress(b, format=lzma.FORMAT_ALONE),
}


def facts(exports: Any) -> list[tuple[Any, ...]]:
    return sorted((e.name, e.crc, e.namespace, e.gpl) for e in exports)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("style", ["prel32", "absolute", "flags", "old"])
def test_every_table_of_a_kernel(bits: int, order: str, style: str, make_kernel: Make, wanted: Any) -> None:
    found = parse(make_kernel(bits, order, style), "vmlinux")
    expected = facts(wanted)
    if style == "old":
        expected = [(n, c, None, g) for n, c, _, g in expected]
    assert (found.kind, found.owner, facts(found.exports)) == ("kernel", "vmlinux", expected)
    base = 0xFFFFFFFF82000000 if bits == 64 else 0xC2000000
    assert {e.address for e in found.exports} <= {base - 0x1000 + 16 * i for i in range(4)}


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("style", ["prel32", "crc-absolute", "flags"])
def test_every_table_of_a_module(bits: int, order: str, style: str, make_module: Make, wanted: Any) -> None:
    found = parse(make_module(bits, order, style), "dir/my-mod.ko")
    assert (found.kind, found.owner, facts(found.exports)) == ("module", "my_mod", facts(wanted))
    assert {(e.section, e.address) for e in found.exports} == {(".text", 16 * i) for i in range(4)}
    assert [(u.name, u.crc, u.weak) for u in found.undefined] == [
        ("kfree", 0xA0, False),
        ("_printk", 0xA1, False),
        ("optional_symbol", None, True),
    ]
    assert (found.licence, found.vermagic, found.imports) == ("GPL v2", "6.1.0 SMP", ("STORAGE", "NET"))
    assert not found.signed


def test_what_gcc_and_ld_make(gcc_module: Path, gcc_kernel: Path, wanted: Any) -> None:
    module, kernel = read(gcc_module), read(gcc_kernel)
    assert facts(module.exports) == facts(kernel.exports) == facts(wanted)
    assert sorted(u.name for u in module.undefined) == ["_printk", "kfree"]
    listed = subprocess.run(["nm", gcc_kernel], check=True, capture_output=True, text=True).stdout
    addresses = {line.split()[2]: int(line.split()[0], 16) for line in listed.splitlines()}
    assert {e.name: e.address for e in kernel.exports} == {e.name: addresses[e.name] for e in kernel.exports}


def test_symbols_are_those_of_pyelftools(gcc_module: Path) -> None:
    elf, _ = open_elf(gcc_module)
    with gcc_module.open("rb") as source:
        table = next(s for s in ELFFile(source).iter_sections() if isinstance(s, SymbolTableSection))
        expected = [(s.name, s["st_value"]) for s in table.iter_symbols() if s["st_name"]]
    assert [(s.name, s.value) for s in elf.symbols()] == expected


@pytest.mark.parametrize("suffix", COMPRESS)
def test_compressed_modules(suffix: str, make_module: Make, write: Write, wanted: Any) -> None:
    path = write(f"drv.ko.{suffix}", COMPRESS[suffix](make_module()))
    assert facts(read(path).exports) == facts(wanted)
    assert read(path).owner == "drv"


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("sectors", [0, 4, 39])
def test_bzimages(name: str, sectors: int, make_kernel: Make, make_bzimage: Make, wanted: Any) -> None:
    elf = make_kernel()
    image = bytearray(make_bzimage(PAYLOADS[name](elf), len(elf), sectors=sectors or 4))
    image[0x1F1] = sectors
    found = parse(bytes(image), "vmlinuz")
    assert facts(found.exports) == facts(wanted)
    assert found.form.startswith(f"bzImage, {name} payload, ELF 64-bit little-endian")


def test_signed_module(make_module: Make) -> None:
    assert parse(make_module() + b"junk~Module signature appended~\n", "a.ko").signed


def test_extended_versions(make_module: Make) -> None:
    long = "x" * 80
    data = make_module(undefined=("kfree", long[:40]))
    found = parse(data, "a.ko")
    assert {u.name: u.crc for u in found.undefined}["kfree"] == 0xA0


def test_module_name() -> None:
    assert module_name("a/b/snd-hda-intel.ko.xz") == "snd_hda_intel"


# -- one bad input each ---------------------------------------------------------------------------


def refused(data: bytes, match: str, name: str = "f") -> None:
    with pytest.raises(LabError, match=match) as caught:
        parse(data, name)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(name)


def test_bad_kernel_images(make_kernel: Make, make_bzimage: Make) -> None:
    elf = make_kernel()
    good = make_bzimage(gzip.compress(elf), len(elf))
    refused(b"", "is empty")
    refused(b"# Kernel notes\nnothing here\n" * 9, "text file")
    refused(b"\x00\x01\x02\x03" * 99, "begins with 00 01 02 03")
    refused(good[:0x230], "ends inside its setup header")
    refused(good[:-200], "truncated")
    refused(make_bzimage(gzip.compress(elf), len(elf), version=0x0204), "boot protocol 2.04")
    refused(make_bzimage(gzip.compress(elf), len(elf) + 1), "unpacks to no ELF file")
    refused(make_bzimage(b"\x99" * 64, 64), "unknown kind .99 99 99 99.")
    refused(make_bzimage(gzip.compress(elf)[:-30], len(elf)), "ends early|damaged")
    damaged = bytearray(good)
    damaged[-len(gzip.compress(elf)) // 2] ^= 0xFF
    refused(bytes(damaged), "damaged|ends early|no ELF")
    refused(make_bzimage(b"\x02\x21\x4c\x18" + bytes(99), 9), "lz4 data is damaged|lz4 data ends early")
    refused(b"\x89LZO\x00\x0d\x0a\x1a\x0a" + bytes(99), "lzo data is damaged")
    refused(b"MZ\0\0zimg" + bytes(99), "EFI zboot")
    refused(bytes(0x38) + b"ARMd" + bytes(99), "no kallsyms tables")
    refused(gzip.compress(bytes(0x38) + b"ARMd" + bytes(99)), "no kallsyms tables")
    refused(gzip.compress(gzip.compress(elf)), "compressed twice")
    refused(b"!<arch>\ndebian-binary", "dpkg -x")


@pytest.mark.parametrize("suffix", COMPRESS)
def test_bad_compression(suffix: str, make_module: Make) -> None:
    packed = COMPRESS[suffix](make_module())
    refused(packed[: len(packed) // 2], "ends early|damaged", f"a.ko.{suffix}")
    broken = bytearray(packed)
    broken[len(packed) // 2] ^= 0x55
    broken[len(packed) // 2 + 1] ^= 0x55
    refused(bytes(broken), "damaged|ends early|ELF", f"a.ko.{suffix}")


@pytest.mark.parametrize("name", PAYLOADS)
def test_decompression_bombs(name: str) -> None:
    bomb = PAYLOADS[name](bytes(3_000_000))
    assert len(payload.unpack(bomb, "f", 3_000_000)) == 3_000_000
    with pytest.raises(LabError, match="unpacks to more than 2,999,999 bytes"):
        payload.unpack(bomb, "f", 2_999_999)


def test_several_streams_and_a_bomb_of_many() -> None:
    two = gzip.compress(b"one") + gzip.compress(b"two")
    assert payload.unpack(two, "f") == b"onetwo"
    with pytest.raises(LabError, match="more than 5 bytes"):
        payload.unpack(two, "f", 5)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="Is a directory"):
        read(tmp_path)
    with pytest.raises(LabError, match="No such file"):
        read(tmp_path / "nothing")
    link = tmp_path / "dangling.ko"
    link.symlink_to(tmp_path / "gone")
    with pytest.raises(LabError, match="No such file"):
        read(link)
    if os.getuid():
        (tmp_path / "shut").touch(0)
        with pytest.raises(LabError, match="Permission denied"):
            read(tmp_path / "shut")


def patched(data: bytes, offset: int, form: str, *values: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(form, changed, offset, *values)
    return bytes(changed)


def test_bad_elf_headers(make_module: Make) -> None:
    good = make_module()
    refused(good[:40], "damaged or cut off")
    refused(good[:-100], "sections that the file has no room for")
    refused(patched(good, 0x3C, "<H", 0xFEFF), "65,279 sections")
    # e_shnum 0: the count stands in section 0, and may claim anything
    shoff = struct.unpack_from("<Q", good, 0x28)[0]
    many = patched(patched(good, 0x3C, "<H", 0), shoff + 32, "<Q", 1 << 40)
    refused(many, "1,099,511,627,776 sections")
    refused(patched(good, 0x28, "<Q", 1 << 63), "no room")
    refused(patched(good, 0x3E, "<H", 0xFF00), "section names")
    refused(patched(good, 0x10, "<H", 4), "of kind CORE")
    refused(patched(good, 0x10, "<H", 2), "laid out in a way not known")
    refused(patched(good, 4, "B", 7), "damaged|cut off")


def section_header(data: bytes, name: str) -> int:
    elf = ELFFile(io.BytesIO(data))
    index = next(i for i, s in enumerate(elf.iter_sections()) if s.name == name)
    return int(elf["e_shoff"] + index * elf["e_shentsize"])


def test_bad_elf_contents(make_module: Make, make_kernel: Make) -> None:
    good = make_module()
    symtab = section_header(good, ".symtab")
    refused(patched(good, symtab + 32, "<Q", 1 << 50), "behind the end of the file")
    refused(patched(good, symtab + 32, "<Q", 25), "no whole number of entries")
    refused(patched(good, symtab + 40, "<I", 999), "no string table")
    versions = section_header(good, "__versions")
    refused(patched(good, versions + 32, "<Q", 63), "no whole number of 64")
    refused(patched(good, versions + 8, "<Q", 1 << 11), "is compressed")
    start = struct.unpack_from("<Q", good, symtab + 24)[0]
    refused(patched(good, start + 24, "<I", 1 << 30), "outside its string table")
    kernel = make_kernel()
    table = section_header(kernel, "__ksymtab")
    refused(patched(kernel, table + 32, "<Q", 23), "laid out in a way not known")
    at = struct.unpack_from("<Q", kernel, table + 24)[0]
    refused(patched(kernel, at + 4, "<i", 7), "laid out in a way not known")
    refused(patched(kernel, section_header(kernel, "__kcrctab") + 32, "<Q", 3), "checksums")
    flags = make_kernel(style="flags")
    refused(patched(flags, section_header(flags, "__kflagstab") + 32, "<Q", 3), "flags in __kflagstab")


def test_object_file_that_is_no_module(tmp_path: Path, gcc_module: Path) -> None:
    source = tmp_path / "a.s"
    source.write_text(".text\nnop\n")
    subprocess.run(["gcc", "-c", source, "-o", tmp_path / "a.o"], check=True)
    with pytest.raises(LabError, match="object file, but no kernel module"):
        read(tmp_path / "a.o")
    stripped = tmp_path / "s.ko"
    subprocess.run(["strip", "-o", stripped, gcc_module], check=True)
    with pytest.raises(LabError, match="stripped"):
        read(stripped)


# -- any damage whatever gives a LabError or an answer ---------------------------------------------

damage = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=8)
SLOW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def damaged(data: bytes, changes: list[tuple[int, int]], cut: int) -> bytes:
    changed = bytearray(data)
    for place, value in changes:
        changed[place % len(changed)] = value
    return bytes(changed[: len(changed) - cut % len(changed)] if cut else changed)


def survives(data: bytes) -> None:
    with contextlib.suppress(LabError):
        assert parse(data, "f").kind in ("kernel", "module")


@SLOW
@given(damage, st.one_of(st.just(0), st.integers(0, 1 << 20)), st.sampled_from([32, 64]), st.sampled_from("<>"))
def test_any_damaged_module(make_module: Make, changes: Any, cut: int, bits: int, order: str) -> None:
    survives(damaged(make_module(bits, order), changes, cut))


@SLOW
@given(damage, st.one_of(st.just(0), st.integers(0, 1 << 20)), st.sampled_from(["prel32", "absolute", "flags", "old"]))
def test_any_damaged_kernel(make_kernel: Make, changes: Any, cut: int, style: str) -> None:
    survives(damaged(make_kernel(style=style), changes, cut))


@SLOW
@given(st.integers(0, 63), st.binary(max_size=12))
def test_any_elf_header(make_module: Make, place: int, junk: bytes) -> None:
    good = make_module()
    survives(good[:place] + junk + good[place + len(junk) :])


@SLOW
@given(st.integers(0, 12), st.integers(0, 9), st.integers(0, (1 << 64) - 1))
def test_any_section_header(make_module: Make, section: int, field: int, value: int) -> None:
    good = make_module()
    shoff = struct.unpack_from("<Q", good, 0x28)[0]
    form, offset = [
        ("I", 0),
        ("I", 4),
        ("Q", 8),
        ("Q", 16),
        ("Q", 24),
        ("Q", 32),
        ("I", 40),
        ("I", 44),
        ("Q", 48),
        ("Q", 56),
    ][field]
    at = shoff + 64 * section + offset
    survives(
        patched(good, at, "<" + form, value & 0xFFFFFFFF if form == "I" else value) if at + 8 <= len(good) else good
    )


@SLOW
@given(damage, st.integers(0, 1 << 20), st.sampled_from(sorted(PAYLOADS)))
def test_any_damaged_image(make_kernel: Make, make_bzimage: Make, changes: Any, cut: int, name: str) -> None:
    elf = make_kernel()
    survives(damaged(make_bzimage(PAYLOADS[name](elf), len(elf)), [(p % 0x400, v) for p, v in changes], cut))


@SLOW
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    survives(data)
    survives(b"\x7fELF" + data)
    survives(bytes(0x202) + b"HdrS" + data)
