"""Structures in files: lookups on the mapped bytes are those in memory; damaged and forged files are refused."""

from __future__ import annotations

import platform
import shutil
import subprocess
import zlib
from array import array
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols.corpus import bundled
from lab.symbols.ksymtab import Ksymtab, ksymtab
from lab.symbols.lookup import build_index
from lab.symbols.structures import STRUCTURES
from lab.symbols.structures.file import HEAD, open_structure, save_structure

SMALL = ksymtab([(b"a", 0), (b"abc", 1), (b"b\x80", 2)], [(b"ab", 3), (b"zz" * 90, 4)])


def saved(path: Path, method: str, table: Ksymtab) -> bytes:
    save_structure(path, method, table, STRUCTURES[method].build(table))
    return path.read_bytes()


@pytest.mark.parametrize("method", STRUCTURES)
def test_what_was_saved_is_found(method: str, tmp_path: Path) -> None:
    exports = bundled().exports
    index = build_index(method, exports.table(range(0, exports.kernel, 25), "split"))
    path = tmp_path / "index"
    save_structure(path, method, index.table, index.slots)
    wanted = [k if i % 3 else k + b"~" for i, k in enumerate(index.table.keys[::5])]
    with open_structure(path) as opened:
        assert opened.structure.id == method
        assert len(opened) == len(index.table)
        assert opened.name(7) == index.table.keys[7]
        assert list(opened.rows) == list(index.table.rows)
        assert bytes(opened.slots.cast("B")) == index.slots.tobytes()
        assert opened.lookup_many(wanted) == index.lookup_many(wanted)
        assert [opened.lookup(key) for key in wanted[:9]] == [index.lookup(key) for key in wanted[:9]]
    with pytest.raises(ValueError, match="released"):
        opened.lookup(b"a")


@pytest.mark.parametrize("method", ["binary", "gnu-hash", "fingerprint", "trie"])
def test_compiled_lookups_run_on_the_mapped_bytes(method: str, tmp_path: Path) -> None:
    exports = bundled().exports
    index = build_index(method, exports.table(range(0, exports.kernel, 25), "merged"))
    save_structure(tmp_path / "index", method, index.table, index.slots)
    opened = open_structure(tmp_path / "index")
    wanted = [*index.table.keys, b"", b"~"]
    assert opened.lookup_many(wanted, compiled=True) == index.lookup_many(wanted)


@pytest.mark.parametrize("method", STRUCTURES)
def test_an_empty_table_can_be_saved(method: str, tmp_path: Path) -> None:
    saved(tmp_path / "index", method, ksymtab([], []))
    with open_structure(tmp_path / "index") as opened:
        assert len(opened) == 0
        assert opened.lookup(b"a")[0] == -1


def test_saving_again_replaces_and_an_open_one_keeps_its_own(tmp_path: Path) -> None:
    saved(tmp_path / "index", "hash", SMALL)
    with open_structure(tmp_path / "index") as before:
        saved(tmp_path / "index", "binary", ksymtab([(b"other", 0)], []))
        assert before.lookup(b"abc")[0] == 1
    with open_structure(tmp_path / "index") as after:
        assert after.lookup(b"other") == (0, 1)
    with pytest.raises(LabError, match="nothing was changed"):
        saved(tmp_path / "no" / "folder", "hash", SMALL)


def test_no_file_of_ours(tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"LABINDEX")
    (tmp_path / "other").write_bytes(b"\x7fELF" + bytes(500))
    for name in ("short", "other", "."):
        with pytest.raises(LabError, match="is no index structure of ours"):
            open_structure(tmp_path / name)
    with pytest.raises(LabError, match="cannot be read"):
        open_structure(tmp_path / "missing")
    with pytest.raises(LabError, match="no path"):
        open_structure("a\0b")


@pytest.mark.parametrize("method", STRUCTURES)
def test_a_file_cut_off_anywhere(method: str, tmp_path: Path) -> None:
    data = saved(tmp_path / "index", method, SMALL)
    for size in sorted({0, 7, HEAD.size - 1, HEAD.size, HEAD.size + 1, len(data) // 2, len(data) - 1}):
        (tmp_path / "cut").write_bytes(data[:size])
        with pytest.raises(LabError, match=r"checksum|no index structure"):
            open_structure(tmp_path / "cut")


def forged(data: bytes, **changes: object) -> bytes:
    """The file with fields of its head replaced, and a checksum that fits."""
    fields = [
        "magic",
        "version",
        "order",
        "id",
        "width",
        *(f"{n}{k}" for n in SECTIONS for k in ("_at", "_size")),
        "crc",
    ]
    values = dict(zip(fields, HEAD.unpack_from(data), strict=True)) | {"crc": zlib.crc32(data[HEAD.size :])} | changes
    return HEAD.pack(*values.values()) + data[HEAD.size :]


SECTIONS = ("names", "offsets", "parts", "rows", "slots")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"version": 2}, "version 2 is not known here"),
        ({"order": 0x04030201}, "another byte order"),
        ({"id": b"guess"}, "not known here"),
        ({"id": b"\xff"}, "not known here"),
        ({"width": 3}, "not known here"),
        ({"crc": 1}, "checksum"),
        ({"names_at": 1 << 63}, "sections"),
        ({"names_size": (1 << 64) - 1}, "sections"),
        ({"offsets_size": 3}, "sections"),
        ({"offsets_size": 4}, "offsets do not fit"),
        ({"slots_at": 192}, "sections"),
        ({"parts_size": 4}, "bounds"),
        ({"rows_size": 0}, "bounds"),
        ({"slots_size": 8}, "every entry once"),
    ],
)
def test_a_forged_head(changes: dict[str, object], match: str, tmp_path: Path) -> None:
    data = saved(tmp_path / "index", "hash", SMALL)
    (tmp_path / "forged").write_bytes(forged(data, **changes))
    with pytest.raises(LabError, match=match):
        open_structure(tmp_path / "forged")


@pytest.mark.parametrize("method", [m for m in STRUCTURES if len(STRUCTURES[m].build(SMALL))])
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_forged_contents_never_lead_out_of_the_table(method: str, data: st.DataObject, tmp_path: Path) -> None:
    """Any change of what a structure keeps is refused, or every lookup ends inside the table."""
    good = STRUCTURES[method].build(SMALL)
    slots = array(good.typecode, good)
    top = {"B": 255, "i": (1 << 31) - 1, "q": (1 << 63) - 1}[slots.typecode]
    number = st.integers(-8, 8) | st.integers(-top - 1, top)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(slots) - 1))
        slots[place] = data.draw(number) % (top + 1) if slots.typecode == "B" else data.draw(number)
    if data.draw(st.booleans()):
        slots = slots[: data.draw(st.integers(0, len(slots)))]
    save_structure(tmp_path / "index", method, SMALL, slots)
    try:
        opened = open_structure(tmp_path / "index")
    except LabError:
        return
    with opened:
        for key in (*SMALL.keys, b"", b"q", b"\xff", b"abcd"):
            buffers = [Strict(b) for b in opened.buffers]
            entry, made = opened.structure.lookup(key, 0, len(key), *buffers, None)
            assert -1 <= entry < len(SMALL)
            assert 0 <= made <= 40


class Strict:
    """A buffer as compiled code must see it: no index below 0 or beyond the end."""

    def __init__(self, values: memoryview) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, place: int) -> int:
        assert 0 <= place < len(self.values)
        return int(self.values[place])


@pytest.mark.parametrize(
    ("keys", "parts"),
    [((b"b", b"a"), (0, 2)), ((b"a", b"a"), (0, 1, 2)), ((b"a", b"b"), (0, 3)), ((b"a", b"b"), (0, 2, 1, 2))],
)
def test_tables_that_are_not_sorted(keys: tuple[bytes, ...], parts: tuple[int, ...], tmp_path: Path) -> None:
    good = ksymtab([(b"a", 0), (b"b", 1)], [])
    names = b"".join(key + b"\0" for key in keys)
    table = Ksymtab(keys, names, good.offsets, array("i", parts), good.rows, {})
    save_structure(tmp_path / "index", "binary", table, array("i"))
    with pytest.raises(LabError, match=r"sorted|bounds"):
        open_structure(tmp_path / "index")


@pytest.mark.skipif(
    not shutil.which("gcc") or platform.machine() != "x86_64", reason="no gcc for x86-64, so no linker to compare with"
)
@pytest.mark.parametrize("count", [1, 2, 5, 20, 1000])
def test_the_hash_sections_are_the_linkers(count: int, tmp_path: Path) -> None:
    """`.hash` and `.gnu.hash` of a library made by the linker: header, filter, buckets; chains but for their order."""
    from elftools.elf.elffile import ELFFile

    names = [b"symbol_%d_%d" % (i * 7919 % 1009, i) for i in range(count)]
    source, library = tmp_path / "a.c", tmp_path / "a.so"
    source.write_bytes(b"".join(b"int %s;\n" % name for name in names))
    flags = ["-shared", "-fPIC", "-nostdlib", "-Wl,--hash-style=both"]
    subprocess.run(["gcc", *flags, "-o", library, source], check=True)
    with library.open("rb") as file:
        elf = ELFFile(file)
        found = {s.name: s.data() for s in elf.iter_sections() if s.name in (".hash", ".gnu.hash")}
    sysv, gnu = array("i", found[".hash"]), array("i", found[".gnu.hash"])
    table = ksymtab([(name, i) for i, name in enumerate(names)], [])
    ours = STRUCTURES["gnu-hash"].build(table)
    chains = len(ours) - 2 * count
    assert ours[:chains] == gnu[:chains]
    assert sorted(v | 1 for v in ours[chains : chains + count]) == sorted(v | 1 for v in gnu[chains:])
    made = STRUCTURES["sysv-hash"].build(table)
    assert (made[:2], len(made)) == (sysv[:2], len(sysv))
    assert [s > 0 for s in made[2 : 2 + made[0]]] == [s > 0 for s in sysv[2 : 2 + made[0]]]
