"""`read_kernel`: what a kernel exports, whether it comes as an ELF file or as bare memory."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols import kernel
from lab.symbols.binary_file import parse
from lab.symbols.image import KernelImage
from lab.symbols.kernel import Kernel, parse_kernel, read_kernel
from tests.symbols.kallsyms_writer import BANNER, EXPORTS, LAYOUTS, arm64_image, elf_around, memory

BASES = {64: 0xFFFF800080000000, 32: 0xC0008000}
Make = Callable[..., bytes]
# what tells where the exports are, and how they are laid out
TOLD = [("prel32", True), ("flags", True), ("words", True), ("words", False)]


def rows(found: Kernel) -> list[tuple[str, int | None, str | None, bool]]:
    return [(e.name, e.crc, e.namespace, e.gpl) for e in found.exports]


WANTED = [(e.name, e.crc, e.namespace, e.gpl) for e in EXPORTS]


@pytest.mark.parametrize(("style", "bounds"), TOLD)
@pytest.mark.parametrize(("layout", "bits", "order"), [*itertools.product(LAYOUTS, (64, 32), "<>")])
def test_exports_of_bare_memory(
    style: str, bounds: bool, layout: str, bits: int, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = BASES[bits]
    content, known = memory(bits, order, layout, base, style, bounds)
    image = KernelImage(content, "bare", False, 0, bits, order)
    monkeypatch.setattr(kernel, "open_image", lambda data, source: image)
    if layout == "place" and not bounds:
        with pytest.raises(LabError):  # addresses in the tables, and nothing tells where offset 0 is
            parse_kernel(content, "x")
        return
    found = parse_kernel(content, "x")
    assert sorted(rows(found)) == sorted(WANTED)
    assert (found.banner, found.release) == (BANNER[:-2].decode(), "6.12.9-lab")
    at = {s[1:]: a for a, s in known}
    assert [e.address for e in found.exports] == [
        None if layout == "place" and style != "words" else at[e.name] for e in found.exports
    ]


MAGIC = b"\x016.12.9-lab SMP preempt mod_unload modversions aarch64 \0"


@pytest.mark.parametrize(
    ("texts", "magic", "forced"),
    [
        (MAGIC, "6.12.9-lab SMP preempt mod_unload modversions aarch64", False),
        (MAGIC * 2, "6.12.9-lab SMP preempt mod_unload modversions aarch64", False),
        (MAGIC + b"\x014%s: %s: kernel tainted.\n\0", "6.12.9-lab SMP preempt mod_unload modversions aarch64", True),
        (b"6.12.9-lab \0", "6.12.9-lab", False),
        (MAGIC + b"6.12.9-lab other \0", "", None),  # which of them?
        (b"6x12.9-lab SMP \0" + b"6.12.9-lab2 SMP \0" + b"6.12.9-lab SMP \n\0", "", None),
        (b"6.12.9-lab " + b"x" * 121 + b"\0", "", None),
        (b"", "", None),
    ],
)
def test_vermagic_and_force_load(texts: bytes, magic: str, forced: bool | None) -> None:
    found = parse_kernel(arm64_image(memory(64, "<", "new", BASES[64])[0] + texts), "Image")
    assert (found.release, found.vermagic, found.force_load) == ("6.12.9-lab", magic, forced)
    read = parse(arm64_image(memory(64, "<", "new", BASES[64])[0] + texts), "Image")
    assert (read.kind, read.owner, read.vermagic, read.undefined) == ("kernel", "vmlinux", magic, ())
    assert read.form == "arm64 Image, 64-bit little-endian memory"
    assert read.exports == tuple(found.exports)


def test_arm64_image_and_what_wraps_it() -> None:
    data = arm64_image(memory(64, "<", "new", BASES[64])[0])
    for image in (data, gzip.compress(data)):
        found = parse_kernel(image, "Image")
        assert rows(found) == WANTED
        assert (found.machine, found.bits, found.order) == (183, 64, "<")


@pytest.mark.parametrize("bits", [64, 32])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("style", ["prel32", "absolute", "flags"])
def test_elf(bits: int, order: str, style: str, make_kernel: Make, wanted: Any, tmp_path: Path) -> None:
    path = tmp_path / "vmlinux"
    path.write_bytes(make_kernel(bits, order, style))
    found = read_kernel(path)
    assert [(e.name, e.crc, e.namespace, e.gpl) for e in found.exports] == [
        (e.name, e.crc, e.namespace, e.gpl) for e in wanted
    ]
    assert (found.path, found.form, found.bits, found.order) == (str(path), "", bits, order)
    assert (found.banner, found.release) == ("", "")


def test_elf_stripped_of_its_sections() -> None:
    found = parse_kernel(elf_around(memory(64, "<", "new", BASES[64])[0], 64, "<", BASES[64]), "vmlinux")
    assert rows(found) == WANTED


def test_what_is_no_kernel(make_module: Make, gcc_module: Path) -> None:
    with pytest.raises(LabError, match="kind REL, no kernel"):
        parse_kernel(make_module(), "a.ko")
    with pytest.raises(LabError, match="exports nothing"):
        parse_kernel(Path("/bin/true").read_bytes(), "true")
    with pytest.raises(LabError, match="no kallsyms tables"):
        parse_kernel(arm64_image(bytes(4096)), "Image")


def test_tables_that_nothing_bounds() -> None:
    data = arm64_image(memory(64, "<", "new", BASES[64], "prel32", bounds=False)[0])
    with pytest.raises(LabError, match="give the vmlinux"):
        parse_kernel(data, "Image")


def test_bounds_outside_the_image() -> None:
    content, known = memory(64, "<", "words", BASES[64])
    stop = next(a for a, s in known if s == "R__stop___ksymtab_gpl")
    far = content.replace(struct.pack("<Q", stop), struct.pack("<Q", stop + (1 << 32)))
    with pytest.raises(LabError):
        parse_kernel(arm64_image(far), "Image")


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([(layout, *told) for layout in LAYOUTS for told in TOLD]),
    st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=5),
)
def test_any_damage(form: tuple[str, str, bool], changes: list[tuple[int, int]]) -> None:
    layout, style, bounds = form
    data = bytearray(arm64_image(memory(64, "<", layout, BASES[64], style, bounds)[0]))
    for place, value in changes:
        data[0x1000 + place % (len(data) - 0x1000)] = value
    with contextlib.suppress(LabError):
        parse_kernel(bytes(data), "Image")
