"""The bulk path answers as the slow path does, on whole and on damaged files."""

from __future__ import annotations

import contextlib
import gzip
import lzma
import os
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols import bulk
from lab.symbols.binary_file import parse
from lab.symbols.elf import read_elf
from lab.symbols.exports import read_exports
from lab.symbols.undefined import read_undefined, read_versions

Make = Callable[..., bytes]
Write = Callable[[str, bytes], Path]
Answer = tuple[Any, ...]


def text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def slow(data: bytes) -> Answer:
    elf = read_elf(data, "m.ko")
    return (
        [(e.name, e.address, e.section, e.crc, e.namespace or "", e.gpl) for e in read_exports(elf, "m")],
        [(u.name, u.weak) for u in read_undefined(elf)],
        list(read_versions(elf)),
        (elf.bits, elf.order),
    )


def fast(data: bytes | bulk.FileBytes | memoryview) -> Answer:
    found = bulk.open_object(data, "m.ko")
    return (
        [(text(e.name), e.offset, e.section, e.crc, text(e.namespace), e.gpl) for e in bulk.exports(found)],
        [(text(n), w) for n, w in bulk.undefined(found)],
        [(text(n), c) for n, c in bulk.versions(found)],
        (found.bits, found.order),
    )


def everything(data: bytes) -> None:
    """Ask all there is to ask."""
    found = bulk.open_object(data, "m.ko")
    for name in found.sections:
        found.index(name)
    for question in (bulk.undefined, bulk.crc_symbols, bulk.string_table, bulk.versions, bulk.modinfo, bulk.exports):
        question(found)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("style", ["prel32", "crc-absolute", "flags"])
def test_every_kind_of_module(bits: int, order: str, style: str, make_module: Make, wanted: Any, write: Write) -> None:
    data = make_module(bits, order, style)
    assert fast(data) == fast(memoryview(data)) == slow(data)
    assert sorted(fast(data)[0]) == sorted(
        (w.name, 16 * i, ".text", w.crc, w.namespace or "", w.gpl) for i, w in enumerate(wanted)
    )
    opened, form = bulk.module_bytes(write("m.ko", data))
    assert isinstance(opened, bulk.FileBytes)
    assert (fast(opened), form, len(opened)) == (slow(data), "", len(data))
    found = bulk.open_object(data, "m.ko")
    assert dict(bulk.crc_symbols(found)) == {w.name.encode(): w.crc for w in wanted}
    assert bulk.string_table(found) == [*(w.name.encode() for w in wanted), b"STORAGE"]
    assert bulk.modinfo(found)[0] == (b"license", b"GPL v2")
    assert (found.kind, found.machine) == (1, {(64, "<"): 62, (32, "<"): 3, (64, ">"): 22, (32, ">"): 8}[bits, order])
    assert found.sections["__ksymtab_strings"][4] == len(found.content("__ksymtab_strings"))
    assert found.content("nothing of this name") == b""


def test_what_gcc_makes(gcc_module: Path) -> None:
    data = gcc_module.read_bytes()
    assert fast(data) == slow(data)
    assert len(fast(data)[0]) == 4


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [("gz", gzip.compress), ("xz", lzma.compress), ("zst", zstandard.ZstdCompressor().compress)],
)
def test_compressed(suffix: str, pack: Callable[[bytes], bytes], make_module: Make, write: Write) -> None:
    data = make_module()
    found, form = bulk.module_bytes(write("any name", pack(data)))
    assert (found, form) == (data, suffix)


def test_signed(make_module: Make, write: Write) -> None:
    tail = b"\x30\x82junk~Module signature appended~\n"
    found, _ = bulk.module_bytes(write("s.ko", make_module() + tail))
    assert bulk.signed(found)
    assert bulk.signed(make_module() + tail)
    assert not bulk.signed(make_module())
    assert fast(found) == slow(make_module())


def test_a_file_is_sliced_as_bytes_are(write: Write) -> None:
    data = bytes(range(256)) * 40
    found, _ = bulk.module_bytes(write("b", data))
    source = random.Random(4)
    for _ in range(400):
        a, b = (source.randrange(-11000, 11000) for _ in range(2))
        assert found[a:b] == data[a:b]
    with pytest.raises(ValueError, match="step 1"):
        found[:20:2] if not isinstance(found, bytes) else pytest.fail("not a file")


def test_a_file_that_shrinks(make_module: Make, write: Write) -> None:
    path = write("m.ko", make_module())
    found, _ = bulk.module_bytes(path)
    os.truncate(path, 100)
    with pytest.raises(LabError, match="became shorter"):
        fast(found)


def test_descriptors_are_given_back(make_module: Make, write: Write) -> None:
    path = write("m.ko", make_module())
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        fast(bulk.module_bytes(path)[0])
    with pytest.raises(LabError):
        bulk.module_bytes(path.parent)
    assert len(os.listdir("/proc/self/fd")) == before


def test_extended_versions(make_elf: Callable[..., Any]) -> None:
    elf = make_elf(64, "<", 1)
    long = b"_R" + b"x" * 180
    elf.add("__version_ext_crcs", struct.pack("<2I", 7, 0xFFFFFFFF))
    elf.add("__version_ext_names", long + b"\0kfree\0")
    elf.add("__versions", struct.pack("<Q56s", 9, b"kfree"))
    found = bulk.open_object(elf.bytes(), "m.ko")
    assert bulk.versions(found) == [(long, 7), (b"kfree", 0xFFFFFFFF)]
    assert bulk.versions(found, extended=False) == [(b"kfree", 9)]


@pytest.mark.parametrize(("bits", "order"), [(32, ">")])
def test_section_numbers_beyond_16_bits(bits: int, order: str, make_elf: Callable[..., Any]) -> None:
    """More than 0xff00 sections: counts in section 0, section numbers of symbols in SHT_SYMTAB_SHNDX."""
    elf = make_elf(bits, order, 1)
    for _ in range(0xFFF0):
        elf.add("", b"")
    table = elf.add("__ksymtab", bytes(12))
    strings = elf.add("__ksymtab_strings", b"\0foo\0SPACE\0")
    text_at, crcs = elf.add(".text", bytes(16)), elf.add("__kcrctab", struct.pack(order + "I", 0xC0FFEE))
    assert table == 0xFFF1  # the number that means "absolute" in 16 bits
    elf.symbols([
        ("__ksymtab_foo", 0, table, 0), ("__kstrtabns_foo", 0, strings, 5), ("__crc_foo", 0, crcs, 0),
        ("foo", 1, text_at, 8), ("kfree", 1, 0, 0), ("__crc_bar", 0, -15, 0xABC),
    ])  # fmt: skip
    data = elf.bytes()
    if bits == 64:  # seconds
        assert fast(data) == slow(data)
    assert fast(data)[0] == [("foo", 8, ".text", 0xC0FFEE, "SPACE", False)]
    assert bulk.crc_symbols(bulk.open_object(data, "m")) == [(b"foo", 0xC0FFEE), (b"bar", 0xABC)]


# -- one bad input each ---------------------------------------------------------------------------


def refused(data: bytes, match: str, ask: Callable[[bytes], Any] = everything) -> None:
    with pytest.raises(LabError, match=match) as caught:
        ask(data)
    assert str(caught.value).startswith("m.ko: ")


def patched(data: bytes, offset: int, form: str, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(form, changed, offset, value)
    return bytes(changed)


def test_bad_headers(make_module: Make) -> None:
    good = make_module()
    (table,) = struct.unpack_from("<Q", good, 40)
    refused(b"", "no ELF file")
    refused(b"\x7fELF" + bytes(20), "damaged or cut off")
    refused(good[:60], "damaged or cut off")
    refused(good[:4] + b"\x07" + good[5:], "damaged or cut off")
    refused(patched(good, 60, "<H", 0xFEFF), "claims 65,279 sections")
    refused(patched(patched(good, 60, "<H", 0), table + 32, "<Q", 1 << 60), "no room for")
    refused(patched(good, 58, "<H", 1), "no room for")
    refused(patched(good, 62, "<H", 999), "section names are missing")
    refused(patched(good, 40, "<Q", 1 << 63), "no room for")
    refused(patched(good, table + 64, "<I", 1 << 30), "outside its string table")
    assert bulk.open_object(patched(good, 40, "<Q", 0), "m.ko").sections == {}


def header_of(data: bytes, name: str) -> int:
    """Where the 64-bit header of a section stands."""
    (table,) = struct.unpack_from("<Q", data, 40)
    return int(table) + 64 * bulk.open_object(data, "m").index(name)


def test_bad_tables(make_module: Make) -> None:
    good = make_module()
    symtab, strtab, crcs = (header_of(good, n) for n in (".symtab", ".strtab", "__kcrctab"))
    refused(patched(good, symtab + 24, "<Q", 1 << 62), "behind the end of the file")
    refused(patched(good, symtab + 40, "<I", 4000), "names no string table")
    refused(patched(good, symtab + 40, "<I", header_number(good, ".symtab")), "outside its string table|stripped")
    refused(patched(good, symtab + 44, "<I", 1 << 31), "before its first global symbol")
    refused(patched(good, symtab + 32, "<Q", 25), "no whole number of entries")
    refused(patched(good, strtab + 32, "<Q", 5), "outside its string table|stripped")
    refused(patched(good, strtab + 8, "<Q", 1 << 11), "is compressed")
    refused(patched(good, crcs + 32, "<Q", 0), "lies outside its section")
    refused(patched(good, header_of(good, "__versions") + 32, "<Q", 65), "no whole number of 64")
    refused(patched(good, symtab + 4, "<I", 1), "stripped")
    refused(patched(make_module(style="flags"), header_of(make_module(style="flags"), "__kflagstab") + 32, "<Q", 2),
            "2 flags in __kflagstab")  # fmt: skip


def header_number(data: bytes, name: str) -> int:
    return bulk.open_object(data, "m").index(name)


def test_not_a_module(make_kernel: Make) -> None:
    refused(make_kernel(), "kind 2, no module", lambda d: bulk.exports(bulk.open_object(d, "m.ko")))


def test_files_that_are_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("pipe", "dangling", "loop", "absent", "nul\0"):
        with pytest.raises(LabError):
            bulk.module_bytes(tmp_path / name)
    (tmp_path / "cut.ko.xz").write_bytes(lzma.compress(os.urandom(5000))[:3000])
    with pytest.raises(LabError, match="truncated"):
        bulk.module_bytes(tmp_path / "cut.ko.xz")


def agree(data: bytes) -> None:
    """What the slow path reads, the bulk path reads the same; whatever either refuses is one clear line.

    The slow path looks at every symbol, so it alone may refuse a file whose damage nobody asked about.
    """
    try:
        expected = slow(data)
    except LabError:
        for ask in (fast, everything):
            with contextlib.suppress(LabError):
                ask(data)
        return
    assert fast(data) == expected
    everything(data)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_modules(data: st.DataObject, make_module: Make) -> None:
    whole = bytearray(
        make_module(
            data.draw(st.sampled_from([32, 64])),
            data.draw(st.sampled_from("<>")),
            data.draw(st.sampled_from(["prel32", "crc-absolute", "flags"])),
        )
    )
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(st.one_of(st.integers(0, 63), st.integers(0, len(whole) - 1)))
        whole[place] = data.draw(st.sampled_from([0, 1, 2, 0x7F, 0x80, 0xFF, whole[place] ^ 1]))
    agree(bytes(whole[: data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))]))


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_module(data: st.DataObject, make_elf: Callable[..., Any]) -> None:
    order = data.draw(st.sampled_from("<>"))
    elf = make_elf(data.draw(st.sampled_from([32, 64])), order, 1)
    names = data.draw(st.lists(NAMES, unique=True, max_size=8))
    text_at, strings = elf.add(".text", bytes(64)), elf.add("__ksymtab_strings", b"\0NS\0")
    crcs = elf.add("__kcrctab", os.urandom(4 * len(names)))
    table = elf.add("__ksymtab", bytes(12 * len(names)))
    kinds = ("__ksymtab_", "__crc_", "__kstrtabns_", "")
    places = {"__ksymtab_": (table, 12), "__crc_": (crcs, 4), "__kstrtabns_": (strings, 0), "": (text_at, 1)}
    symbols = [
        (kind + name, 0 if kind else 1, places[kind][0], i * places[kind][1])
        for i, name in enumerate(names)
        for kind in kinds
        if kind in ("__ksymtab_", "") or data.draw(st.booleans())
    ]
    asked = data.draw(st.lists(st.tuples(NAMES, st.sampled_from([1, 2])), max_size=6))
    locals_ = data.draw(st.permutations([s for s in symbols if not s[1]]))
    shared = [(n, b, 0, 0) for n, b in asked] + [s for s in symbols if s[1]]
    elf.symbols([*locals_, *data.draw(st.permutations(shared))], first=1 + len(locals_))
    made = elf.bytes()
    expected = slow(made)
    assert fast(made) == expected
    assert sorted(expected[1]) == sorted((n, b == 2) for n, b in asked)
    assert [e[0] for e in expected[0]] == names


def test_the_whole_reader_agrees(make_module: Make) -> None:
    data = make_module(64, "<")
    found = parse(data, "dir/my-mod.ko")
    assert [(u.name, u.weak) for u in found.undefined] == fast(data)[1]
