"""What depmod reads of a module is what `lab.symbols.bulk` says of it, question by question."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols import bulk
from lab.symbols.depmod.read import read_facts

ANY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.text("ab.\u00e9_", min_size=1, max_size=5) | st.text("ab", min_size=54, max_size=66)
# no section, plain ones, one whose lower byte is 0, absolute, and MIPS's common ones, whose lower byte is 0 too
SECTIONS = st.sampled_from([0, 0, 0, 1, 2, 0x100, 0x1FF, 0xFF00, 0xFFF1])


def naive(data: bytes) -> tuple[bytes, bytes]:
    """Names of exports as kmod takes them; names asked for, then those that only `__versions` has."""
    found = bulk.open_object(data, "m.ko")
    exports = [name for name, _ in bulk.crc_symbols(found) if name] or bulk.string_table(found)
    wants = [name for name, _ in bulk.undefined(found)]
    wants += dict.fromkeys(name for name, _ in bulk.versions(found, extended=False) if name not in wants)
    return b"".join(name + b"\0" for name in exports), b"".join(name + b"\0" for name in wants)


@ANY
@given(data=st.data())
def test_symbols_and_versions(data: st.DataObject, make_elf: Callable[..., Any], tmp_path: Path) -> None:
    bits, order = data.draw(st.sampled_from([32, 64])), data.draw(st.sampled_from("<>"))
    elf = make_elf(bits, order, 1)
    symbols = data.draw(st.lists(st.tuples(NAMES, SECTIONS), max_size=12))
    asked = [name.encode() for name, section in symbols if not section]
    listed = data.draw(st.lists(st.sampled_from([*asked, b"module_layout"]) | NAMES.map(str.encode), max_size=12))
    listed = data.draw(st.sampled_from([listed, asked, [*asked, b"module_layout"], [*asked[::-1], b"module_layout"]]))
    entry = struct.Struct(order + {32: "I60s", 64: "Q56s"}[bits])
    elf.add("__versions", b"".join(entry.pack(0x20202020, name) for name in listed))
    elf.add("__ksymtab_strings", b"\0one\0SPACE\0")
    crcs = data.draw(st.lists(NAMES, unique=True, max_size=3))
    local = [("__crc_" + name, 0, 1, 0) for name in crcs]
    elf.symbols([*local, *((n, 1, s, 0) for n, s in symbols)], first=1 + len(local))
    made = elf.bytes()
    path = tmp_path / "m.ko"
    path.write_bytes(made)
    facts = read_facts(str(path), compat=True)
    exports, wants = naive(made)
    assert facts.wants == wants
    assert sorted(facts.exports.split(b"\0")) == sorted(exports.split(b"\0"))


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
def test_two_sections_in_one_go(bits: int, order: str, make_module: Callable[..., bytes]) -> None:
    found = bulk.open_object(make_module(bits, order), "m.ko")
    count = len(found.kinds)
    beside = 0
    for one in range(1, count):
        for other in range(1, count):
            for skip in (0, 3, found.row(one)[5], found.row(one)[5] + 5):
                assert found.both(one, skip, other) == (found.part(one, skip), found.part(other))
            beside += found.row(one)[4] + found.row(one)[5] == found.row(other)[4]
    assert beside


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_name_outside_the_string_table(
    order: str, make_elf: Callable[..., Any], write: Callable[[str, bytes], Path]
) -> None:
    elf = make_elf(64, order, 1)
    elf.symbols([("kfree", 1, 0, 0)], first=1)
    made = bytearray(elf.bytes())
    found = bulk.open_object(bytes(made), "m.ko")
    struct.pack_into(order + "I", made, found.sections[".symtab"][3] + 24, 1 << 30)
    with pytest.raises(LabError, match="outside its string table"):
        read_facts(str(write("m.ko", bytes(made))), compat=True)
