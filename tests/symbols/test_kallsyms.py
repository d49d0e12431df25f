"""kallsyms written in every layout, byte order and word size is read back as it was."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.cli import main
from lab.core.errors import LabError
from lab.symbols.image import KernelImage
from lab.symbols.kallsyms import names
from lab.symbols.kallsyms.recover import parse_kallsyms, recover
from tests.symbols.kallsyms_writer import LAYOUTS, TOKENS, arm64_image, elf_around, kallsyms, memory

Write = Callable[[str, bytes], Path]
BASES = {64: 0xFFFF800080000000, 32: 0xC0008000}
FORMS = [*itertools.product(LAYOUTS, (64, 32), "<>")]
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$"


def some_names(count: int, seed: int, longest: int = 40) -> list[str]:
    draw = random.Random(seed)
    return [
        draw.choice("TtDdRrBbWV") + "".join(draw.choices(LETTERS, k=draw.randint(1, longest))) for _ in range(count)
    ]


def bare(data: bytes, bits: int, order: str) -> KernelImage:
    return KernelImage(data, "", False, 0, bits, order)


@pytest.mark.parametrize(("layout", "bits", "order"), FORMS)
def test_every_layout(layout: str, bits: int, order: str) -> None:
    base = BASES[bits]
    content, known = memory(bits, order, layout, base, extra=some_names(700, 1))
    found = recover(bare(content, bits, order), "x")
    shift = 0 if found.known else base
    assert found.known == (layout != "place")
    assert [a + shift for a in found.kallsyms.addresses] == [a for a, _ in known]
    assert [s.decode() for s in found.kallsyms.symbols] == [s for _, s in known]
    assert (found.kallsyms.bits, found.kallsyms.order) == (bits, order)
    whole = parse_kallsyms(elf_around(content, bits, order, base), "vmlinux")
    assert whole.addresses == [a for a, _ in known]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(FORMS), st.integers(0, 1200), st.integers(0, 1 << 30), st.sampled_from([1, 20, 120, 300]),
    st.booleans(),
)  # fmt: skip
def test_what_was_written_is_read(form: tuple[str, int, str], count: int, seed: int, longest: int, told: bool) -> None:
    layout, bits, order = form
    base = BASES[bits]
    content, known = memory(bits, order, layout, base, extra=some_names(count, seed, longest))
    found = parse_kallsyms(elf_around(content, bits, order, base), "vmlinux")
    assert found.addresses == [a for a, _ in known]
    assert [s.decode() for s in found.symbols] == [s for _, s in known]
    if layout != "place":  # RISC-V and old x86 images do not tell the word size: it is found
        image = bare(content, bits if told or order == ">" else 0, order)
        assert recover(image, "x").kallsyms.addresses == [a for a, _ in known]


@pytest.mark.parametrize("layout", ["old", "seqs", "new"])
def test_absolute_per_cpu_symbols(layout: str) -> None:
    base = 0xFFFFFFFF81000000
    content, known = memory(64, "<", layout, base, extra=some_names(300, 2), percpu=True)
    found = parse_kallsyms(elf_around(content, 64, "<", base), "vmlinux")
    assert found.addresses == [a for a, _ in known]
    assert found.layout.endswith("per-CPU ones absolute")


def test_lines_are_those_of_proc_kallsyms() -> None:
    content, known = memory(64, "<", "new", BASES[64])
    assert parse_kallsyms(arm64_image(content), "Image").text().splitlines() == [
        f"{a:016x} {s[0]} {s[1:]}" for a, s in known
    ]
    content, known = memory(32, ">", "old", BASES[32])
    whole = parse_kallsyms(elf_around(content, 32, ">", BASES[32]), "vmlinux")
    assert whole.text().splitlines()[0] == f"{BASES[32]:08x} T _text"


def test_command(capsys: pytest.CaptureFixture[str], write: Write) -> None:
    content, known = memory(64, "<", "new", BASES[64], extra=some_names(400, 3))
    path = write("Image", arm64_image(content))
    assert main(["symbols", "kallsyms", str(path)]) == 0
    text = capsys.readouterr().out
    assert text.splitlines() == [f"{a:016x} {s[0]} {s[1:]}" for a, s in known]
    assert main(["symbols", "kallsyms", str(path), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows == [{"address": f"0x{a:x}", "type": s[0], "name": s[1:]} for a, s in known]
    assert main(["symbols", "kallsyms", str(write("System.map", text.encode()))]) == 0
    assert capsys.readouterr().out == text


def test_an_address_that_cannot_be_known_is_refused() -> None:
    content, _ = memory(64, "<", "place", BASES[64])
    with pytest.raises(LabError, match=r"^Image: .*give the vmlinux"):
        parse_kallsyms(arm64_image(content), "Image")


def test_base_filled_in_at_boot() -> None:
    """An arm64 Image without applied relocations: the base is 0 in the file, a relocation holds it."""
    base = BASES[64]
    content, known = memory(64, "<", "new", base)
    slot = content.index(struct.pack("<Q", base))
    empty = arm64_image(content[:slot] + bytes(8) + content[slot + 8 :])
    empty += bytes(-len(empty) % 8)
    with pytest.raises(LabError, match="before it is relocated"):
        parse_kallsyms(empty, "Image")
    relocation = struct.pack("<QQQ", base + slot, 1027, base)
    assert parse_kallsyms(empty + relocation, "Image").addresses == [a for a, _ in known]
    other = struct.pack("<QQQ", base + slot + 0x1000, 1027, base + 0x1000)
    with pytest.raises(LabError, match="before it is relocated"):  # two bases that contradict each other
        parse_kallsyms(empty + relocation + other, "Image")
    whole = elf_around(content[:slot] + bytes(8) + content[slot + 8 :], 64, "<", base, machine=183)
    with pytest.raises(LabError, match="no relocation fills it in"):
        parse_kallsyms(whole, "vmlinux")
    whole += bytes(-len(whole) % 8)
    assert parse_kallsyms(whole + relocation, "vmlinux").addresses == [a for a, _ in known]


def test_no_tables() -> None:
    with pytest.raises(LabError, match="no kallsyms tables were found"):
        parse_kallsyms(arm64_image(bytes(8192)), "Image")
    data = b"".join(t + b"\0" for t in TOKENS)
    with pytest.raises(LabError, match="no kallsyms tables were found"):
        parse_kallsyms(arm64_image(bytes(4096) + data + bytes(4096)), "Image")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_pieces_that_contradict_each_other(layout: str) -> None:
    content, _ = memory(64, "<", layout, BASES[64], extra=some_names(600, 4))
    found = recover(bare(content, 64, "<"), "x").kallsyms
    at = found.places["markers"]
    for place, junk in (
        (at + 4, b"\xff\xff\xff\x7f"),
        (found.places["names"], b"\x7f\x7f"),
        (found.places["index"] + 2, b"\xff"),
    ):
        bad = content[:place] + junk + content[place + len(junk) :]
        with pytest.raises(LabError, match="kallsyms"):
            recover(bare(bad, 64, "<"), "x")


def test_lookup_by_name_as_the_kernel_does_it() -> None:
    content, known = memory(64, "<", "new", BASES[64], extra=some_names(900, 5, 12))
    found = recover(bare(content, 64, "<"), "x").kallsyms
    place = found.places
    count = len(found)
    index = struct.unpack_from("<256H", content, place["index"])
    buffers = (content[place["names"] :], found.markers, content[place["tokens"] :], index)
    seqs = content[place["seqs"] : place["seqs"] + 3 * count]
    first = {s[1:]: i for i, (_, s) in reversed(list(enumerate(known)))}
    out = bytearray(64)
    for text, position in list(first.items())[::4]:
        key = text.encode()
        at, comparisons = names.lookup(key, 0, len(key), *buffers, seqs)
        assert at == position
        assert 1 <= comparisons <= count.bit_length()
        size = names.expand(buffers[0], names.place(buffers[0], found.markers, at), *buffers[2:], out)
        assert out[:size].decode() == known[at][1]
    for text in ("", "zzzz_not_there", "_tex", "_text_"):
        assert text in first or names.lookup(text.encode(), 0, len(text), *buffers, seqs)[0] == -1
    assert names.lookup(b"", 0, 0, b"", (), b"", (), b"") == (-1, 0)
    assert names.expand(buffers[0], 0, *buffers[2:], bytearray(1)) == len(known[0][1])


def test_find() -> None:
    content, _ = memory(64, "<", "new", BASES[64])
    found = recover(bare(content, 64, "<"), "x").kallsyms
    assert found.find("_text") == BASES[64]
    assert found.find("text") is None


damage = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=6)


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(FORMS), damage, st.integers(0, 1 << 20))
def test_any_damage_is_one_line_or_none(form: tuple[str, int, str], changes: list[tuple[int, int]], cut: int) -> None:
    layout, bits, order = form
    content, _ = memory(bits, order, layout, BASES[bits], extra=some_names(280, 6, 8))
    data = bytearray(elf_around(content, bits, order, BASES[bits]))
    for place, value in changes:
        data[place % len(data)] = value
    data = data[: len(data) - cut % len(data)] if cut % 3 else data
    with contextlib.suppress(LabError):
        parse_kallsyms(bytes(data), "x")


def test_every_truncation_of_an_image() -> None:
    content, _ = memory(64, "<", "old", BASES[64])
    data = arm64_image(content)
    end = len(data) - 28
    for size in (*range(1, 80), *range(0x1000, end, 37), end - 1):
        with pytest.raises(LabError):
            parse_kallsyms(data[:size], "Image")


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=600), st.integers(0, 9))
def test_any_bytes_around_the_mark(junk: bytes, repeat: int) -> None:
    table = b"".join(t + b"\0" for t in TOKENS)
    head = kallsyms([(4096, "T_text")], "old", 64, "<", 0)[:64]
    for data in (
        junk,
        junk + table + junk,
        head * repeat + table + junk,
        arm64_image(bytes(0x40)) + table * repeat + junk,
    ):
        with contextlib.suppress(LabError):
            parse_kallsyms(data, "x")
