"""System.map and /proc/kallsyms as text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols.systemmap import parse_system_map, read_system_map

NAME = st.binary(min_size=1, max_size=20).filter(lambda b: not set(b) & set(b" \t\n"))
MODULE = st.one_of(st.just(b""), st.sampled_from([b"ext4", b"bpf", b"snd_hda"]))
LINE = st.tuples(st.integers(0, (1 << 64) - 1), st.sampled_from(list(b"TtDdBbRrAWwV?")), NAME, MODULE)


@given(st.lists(LINE, min_size=1, max_size=12), st.sampled_from([8, 16]))
def test_what_is_written_comes_back(lines: list[tuple[int, int, bytes, bytes]], width: int) -> None:
    data = b"".join(
        b"%0*x %c %s%s\n" % (width, address, kind, name, b"\t[" + module + b"]" if module else b"")
        for address, kind, name, module in lines
    )
    found = parse_system_map(data, "f")
    assert list(found.addresses) == [line[0] for line in lines]
    assert found.types == bytes(line[1] for line in lines)
    assert found.names == tuple(line[2] for line in lines)
    assert [found.modules[i].encode() for i in found.owners] == [line[3] for line in lines]
    assert found.hidden == (not any(line[0] for line in lines))
    assert len(found) == len(lines)


@given(st.binary(max_size=200) | st.text("0f T_x[]\t\n", max_size=60).map(str.encode))
def test_anything_else_is_one_line(data: bytes) -> None:
    try:
        parse_system_map(data, "f")
    except LabError as error:
        told = str(error)
    else:
        return
    assert told.startswith("f: ")
    assert "\n" not in told


def test_exports_are_those_of_the_kernel() -> None:
    data = b"ffffffff81000000 T a\nffffffff82000000 r __ksymtab_a\n                 U b\n0 r __ksymtab_c\t[mod]\n"
    found = parse_system_map(data, "f")
    assert found.exports() == (b"a",)
    assert list(found.addresses) == [0xFFFFFFFF81000000, 0xFFFFFFFF82000000, 0, 0]
    assert found.modules == ("", "mod")


def test_hidden_addresses() -> None:
    assert parse_system_map(b"0000000000000000 T _stext\n0000000000000000 t x\t[ext4]\n", "f").hidden


def test_bad_files(write: Callable[[str, bytes], Path]) -> None:
    debian = b"ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n"
    for data, match in (
        (b"", "is empty"), (b"\n\n", "is empty"), (b"0 T x\nhello\n", "line 2 is none"), (debian, "-dbg package"),
        (b"12345678123456781 T x\n", "line 1"),
    ):  # fmt: skip
        with pytest.raises(LabError, match=match):
            read_system_map(write("map", data))
    with pytest.raises(LabError, match="more than 65,535 modules"):
        parse_system_map(b"".join(b"0 t x\t[m%d]\n" % i for i in range(65537)), "f")


def test_this_machines(write: Callable[[str, bytes], Path]) -> None:
    path = Path("/proc/kallsyms")
    if not path.exists() or not path.read_bytes():
        pytest.skip("no /proc/kallsyms here")
    assert len(read_system_map(path)) == path.read_bytes().count(b"\n")
