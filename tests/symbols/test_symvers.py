"""Module.symvers in each of its forms; what is none is one clear line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols.symvers import KINDS, SymversRow, is_symvers, parse_symvers, read_symvers

WORD = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=20)
PATH = st.lists(WORD.filter(lambda w: "/" not in w and w not in KINDS), min_size=1, max_size=3).map("/".join)
ROW = st.tuples(st.integers(0, 0xFFFFFFFF), WORD, PATH, st.sampled_from(list(KINDS)), st.one_of(st.just(""), PATH))


@given(st.lists(ROW, min_size=1, max_size=8), st.sampled_from([3, 4, 5, "5.4"]), st.booleans())
def test_every_form_comes_back(rows: list[tuple[int, str, str, str, str]], form: object, returns: bool) -> None:
    lines = []
    for crc, name, path, kind, space in rows:
        columns = {
            3: (name, path),
            4: (name, path, kind),
            5: (name, path, kind, space),
            "5.4": (name, space, path, kind),
        }[form]
        lines.append("\t".join((f"0x{crc:08x}", *columns)))
    data = (("\r\n" if returns else "\n").join(lines) + "\n").encode()
    known = any(r[0] for r in rows)
    assert parse_symvers(data, "f") == tuple(
        SymversRow(
            crc if known else None, name, path,
            form != 3 and KINDS[kind], None if form in (3, 4) else space or None,
        )
        for crc, name, path, kind, space in rows
    )  # fmt: skip
    assert is_symvers(data)


@given(st.binary(max_size=200) | st.text("0x1a\tEXPORT_SYMBOL\n", max_size=80).map(str.encode))
def test_anything_else_is_one_line(data: bytes) -> None:
    try:
        parse_symvers(data, "f")
    except LabError as error:
        told = str(error)
    else:
        return
    assert told.startswith("f: line ")
    assert "\n" not in told


def test_owner_is_the_modules_name() -> None:
    (row,) = parse_symvers(b"0x1\tx\tdrivers/snd/snd-hda-codec\tEXPORT_SYMBOL_GPL\t\n", "f")
    assert (row.owner, row.path, row.gpl) == ("snd_hda_codec", "drivers/snd/snd-hda-codec", True)


@pytest.mark.parametrize(
    "line",
    [
        b"0x1\tx", b"1\tx\tvmlinux", b"0x1ffffffff\tx\tvmlinux\tEXPORT_SYMBOL", b"0x1\t\tvmlinux\tEXPORT_SYMBOL",
        b"0x1\tx\tvmlinux\tEXPORT_SOMETHING", b"0x1\tx\tvmlinux\tEXPORT_SYMBOL\tNS\tmore", b"0x1 x vmlinux",
    ],
)  # fmt: skip
def test_a_bad_line_is_told(line: bytes) -> None:
    with pytest.raises(LabError, match=r"^f: line 2 "):
        parse_symvers(b"0x1\tgood\tvmlinux\tEXPORT_SYMBOL\t\n" + line + b"\n", "f")


def test_no_file(write: Callable[[str, bytes], Path]) -> None:
    with pytest.raises(LabError, match="cannot be read"):
        read_symvers("/nowhere/Module.symvers")
    assert read_symvers(write("empty", b"")) == ()
