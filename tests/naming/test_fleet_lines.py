"""Lines in blocks, and what makes two lines one shape."""

import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.naming.fleet.lines import Block, blocks, blocks_of
from lab.naming.fleet.sample import sample_lines
from lab.naming.fleet.shape import host_name, marked, split
from lab.naming.fleet.work import scan
from lab.naming.sources.snapshot import decode

LINE = next(sample_lines(1, 1, 1))


def kept(found: list[Block]) -> list[tuple[int, bytes]]:
    """Number and text of every line in these blocks."""
    return [(b.first + i, line) for b in found if not b.too_long for i, line in enumerate(b.data.split(b"\n"))]


@given(
    lines=st.lists(st.binary(max_size=40).map(lambda data: data.replace(b"\n", b"")), max_size=30),
    size=st.integers(1, 60),
    ended=st.booleans(),
)
def test_blocks_hold_every_line_once_with_its_number(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], size: int, ended: bool
) -> None:
    path = tmp_path_factory.mktemp("lines") / "file"
    path.write_bytes(b"\n".join(lines) + b"\n" * ended)
    expected = [(i, line) for i, line in enumerate(lines, 1) if line]
    if not path.read_bytes().startswith(b"\x1f\x8b"):
        assert [pair for pair in kept(list(blocks(str(path), size))) if pair[1]] == expected
    path.write_bytes(gzip.compress(b"\n".join(lines)))
    assert [pair for pair in kept(list(blocks(str(path), size))) if pair[1]] == expected
    assert [pair for pair in kept(list(blocks_of(lines, size))) if pair[1]] == expected


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_a_line_that_is_too_long_is_one_bad_line_wherever_it_is_cut(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one\n" + b"x" * 200 + b"\nthree\n")
    found = list(blocks(str(path), size, longest=50))
    assert [pair for pair in kept(found) if pair[1]] == [(1, b"one"), (3, b"three")]
    assert [b.first for b in found if b.too_long] == [2]


def test_standard_input_may_be_packed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (b"a\nb\n", gzip.compress(b"a\nb\n")):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
        assert [line for _, line in kept(list(blocks("-"))) if line] == [b"a", b"b"]


def test_damaged_gzip_is_said_in_one_line(tmp_path: Path) -> None:
    whole = gzip.compress(os.urandom(3000))
    for number, data in enumerate((whole[:-20], whole[:40] + bytes(40) + whole[80:])):
        path = tmp_path / str(number)
        path.write_bytes(data)
        with pytest.raises(LabError, match="damaged gzip"):
            list(blocks(str(path)))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, why in (("nothing", "cannot be read"), ("pipe", "is no file"), (".", "is no file"), ("a\0b", "no path")):
        with pytest.raises(LabError, match=why):
            list(blocks(f"{tmp_path}/{name}"))


def replaced(change: Callable[[bytes], bytes]) -> bytes:
    """The key of the line after a change."""
    line = change(LINE)
    assert line != LINE
    json.loads(line)
    return split(line)[0]


def test_what_is_the_hosts_own_is_no_part_of_its_shape() -> None:
    key, name, macs = split(LINE)
    assert name == b"m000-host000000"
    assert host_name(LINE) == name.decode()
    assert len(macs) == 8 * 6
    assert replaced(lambda line: line.replace(name, b"another")) == key
    assert replaced(lambda line: line.replace(b"0c:42:00:00:00:03", b"0c:11:22:33:44:55")) == key
    assert replaced(lambda line: line.replace(b"SN100000000", b"other")) == key
    assert replaced(lambda line: line.replace(b"2026-01-01", b"")) == key


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"0c:42:00:00:00:03", b"00:00:00:00:00:00"),  # no address at all
        (b"0c:42:00:00:00:03", b"0e:42:00:00:00:03"),  # a local one
        (b"0c:42:00:00:00:03", b"0c:42:00:00:00:04"),  # that of another card
        (b"0c:42:00:00:00:03", b"0C:42:00:00:00:03"),
        (b'"addr_assign_type":"0', b'"addr_assign_type":"3'),
        (b'"ifindex":"3', b'"ifindex":"33'),
        (b'"sys_vendor":"', b'"sys_vendor":"x'),
        (b'"type":"1', b'"type":"32'),
        (b'"version":1', b'"version":2'),
        (b"m000-host000000", b"m\\u00e9"),  # escaped: such a name stays, and so makes a shape of its own
    ],
)
def test_what_a_rule_could_read_is_part_of_the_shape(old: bytes, new: bytes) -> None:
    assert replaced(lambda line: line.replace(old, new, 1)) != split(LINE)[0]


def test_marks_stand_for_addresses_and_for_nothing_else() -> None:
    text, marks = marked(LINE)
    assert split(text)[0] == split(LINE)[0]
    assert len(set(marks)) == 8
    machine, plain = decode(text, "marked"), decode(LINE, "plain")
    assert [i.mac for i in machine.interfaces] != [i.mac for i in plain.interfaces]
    assert {i.mac for i in machine.interfaces} == {mark.decode() for mark in marks}
    same = {p: d for p, d in machine.tree.files.items() if not p.endswith("/address") or "/net/" not in p}
    assert same == {p: d for p, d in plain.tree.files.items() if not p.endswith("/address") or "/net/" not in p}
    again, others = marked(LINE.replace(b"NIC1", b"c75ea9").replace(b"m000", b"c7:5e:a9"))
    assert not set(marks) & set(others)
    assert split(again)[2] != split(text)[2]


def test_equal_addresses_keep_equal_marks() -> None:
    line = LINE.replace(b"0c:42:00:00:00:03", b"0c:42:00:00:00:01").replace(b"0c:42:00:00:00:05", b"00:00:00:00:00:00")
    _, marks = marked(line)
    assert len(set(marks)) == 7
    assert b"00:00:00:00:00:00" in marks


def test_a_block_as_columns() -> None:
    lines = list(sample_lines(1, 30, 2))
    found = scan(b"\n".join([b"", *lines[:10], b"  ", *lines[10:], b""]))
    assert list(found.line) == [*range(1, 11), *range(12, 32)]
    assert [found.keys[i] for i in found.shape] == [split(line)[0] for line in lines]
    assert found.names.split(b"\n") == [split(line)[1] for line in lines]
    assert found.macs == b"".join(split(line)[2] for line in lines)
    data = b"\n".join([b"", *lines[:10], b"  ", *lines[10:], b""])
    assert [split(data[a:b])[0] for a, b in found.examples] == list(found.keys)
